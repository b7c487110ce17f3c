"""Figures of other runtimes to stand beside ours, with where they come from."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tinyedge import config
from tinyedge.graph.ops import Conv2D, DepthwiseConv2D, FullyConnected
from tinyedge.graph.types import Op

_FILE = Path(__file__).parent / "cmsis_nn.toml"


class Whole(config.Table, frozen=True, kw_only=True):
    """One inference of the model with this SHA-256; sizes in bytes.

    ``operators``: instructions of each, by its place in the file.
    """

    name: str
    sha256: str
    instructions: int
    arena: int
    flash_code: int
    operators: tuple[int, ...]


class Layer(config.Table, frozen=True, kw_only=True):
    """Instructions a multiply-accumulate, least and most, of layers of this form."""

    op: str
    per_mac: tuple[float, float]
    kernel: tuple[int, int] | None = None
    width: int | None = None
    inputs: int | None = None
    outputs: int | None = None
    stride: int | None = None


class Figures(config.Table, frozen=True, kw_only=True):
    """Everything known of one runtime; ``source`` says how it was measured."""

    schema: int
    source: str
    model: tuple[Whole, ...]
    layer: tuple[Layer, ...]

    def of_model(self, sha256: str) -> Whole | None:
        """The model's figures, if it is known."""
        return next((whole for whole in self.model if whole.sha256 == sha256), None)

    def of_layer(self, op: Op) -> tuple[float, float] | None:
        """Instructions a multiply-accumulate of such a layer, if they are known."""
        return next((layer.per_mac for layer in self.layer if _fits(layer, op)), None)


@cache
def cmsis_nn() -> Figures:
    """TFLM + CMSIS-NN on the Cortex-M4."""
    return config.convert(config.read(_FILE, 1, "reinstall tinyedge"), Figures, _FILE)


def _fits(layer: Layer, op: Op) -> bool:
    if layer.op != op.kind or not isinstance(op, Conv2D | DepthwiseConv2D | FullyConnected):
        return False
    if isinstance(op, FullyConnected):
        return True
    _, height, width, inputs = op.filter.shape
    pairs = (
        (layer.kernel, (height, width)),
        (layer.width, width),
        (layer.inputs, inputs),
        (layer.outputs, op.outputs[0].shape[-1]),
        (layer.stride, op.stride[0]),
    )
    return all(wanted in (None, value) for wanted, value in pairs)
