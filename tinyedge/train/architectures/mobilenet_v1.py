"""MobileNetV1 (Howard et al., 2017); width 0.25 at 96 x 96 is MLPerf Tiny's person detection."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from tinyedge import config
from tinyedge.train.architectures.layers import Shape, conv, depthwise, head, require_size
from tinyedge.train.architectures.scale import Axis, Scale

SCALE = Scale(
    Axis("width", default=0.25, least=1 / 16, most=2.0, step=1 / 16),
    Axis("blocks", default=13, least=3, most=13, step=2),
)
# filters at width 1 and stride of each block
_BLOCKS = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1),
    (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1),
)  # fmt: skip


class Parameters(config.Table, frozen=True, kw_only=True):
    """``width`` multiplies the filters; the first ``blocks`` of 13 are kept."""

    width: Annotated[float, Meta(gt=0.0, le=2.0)] = 0.25
    blocks: Annotated[int, Meta(ge=1, le=13)] = 13


def check(parameters: Parameters, shape: Shape) -> None:  # noqa: ARG001 - every network has it
    """Raise ValueError if a stride would find nothing to step over."""
    require_size(shape, 4)


def build(keras: Any, parameters: Parameters, shape: Shape, classes: int) -> Any:
    """Return the uncompiled model."""
    inputs = keras.layers.Input(shape, name="input")
    x = conv(keras, inputs, _filters(32, parameters.width), 3, "stem", stride=2)
    for number, (filters, stride) in enumerate(_BLOCKS[: parameters.blocks], 1):
        x = depthwise(keras, x, 3, f"block{number}", stride=stride)
        x = conv(keras, x, _filters(filters, parameters.width), 1, f"block{number}_point")
    return keras.Model(inputs, head(keras, x, classes), name="mobilenet_v1")


def _filters(filters: int, width: float) -> int:
    return max(1, int(filters * width))
