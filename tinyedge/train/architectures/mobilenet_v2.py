"""MobileNetV2 (Sandler et al., 2018) for microcontrollers: narrow, and no wide last layer."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from tinyedge import config
from tinyedge.train.architectures.layers import Shape, conv, depthwise, head, require_size
from tinyedge.train.architectures.scale import Axis, Scale

SCALE = Scale(
    Axis("width", default=0.35, least=0.05, most=2.0, step=0.05),
    Axis("stages", default=7, least=2, most=7, step=1),
)
# expansion, filters at width 1, blocks, stride of the first block
_STAGES = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
    (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
)  # fmt: skip


class Parameters(config.Table, frozen=True, kw_only=True):
    """``width`` multiplies the filters, in steps of 8; the first ``stages`` of 7 are kept.

    ``last`` are the filters of a 1 x 1 convolution before the mean (0: none; the paper has 1280).
    """

    width: Annotated[float, Meta(gt=0.0, le=2.0)] = 0.35
    stages: Annotated[int, Meta(ge=1, le=7)] = 7
    last: Annotated[int, Meta(ge=0)] = 0


def check(parameters: Parameters, shape: Shape) -> None:  # noqa: ARG001 - every network has it
    """Raise ValueError if a stride would find nothing to step over."""
    require_size(shape, 4)


def build(keras: Any, parameters: Parameters, shape: Shape, classes: int) -> Any:
    """Return the uncompiled model."""
    width = parameters.width
    inputs = keras.layers.Input(shape, name="input")
    x = conv(keras, inputs, _filters(32, width), 3, "stem", stride=2, activation="relu6")
    number = 0
    for expansion, filters, blocks, stride in _STAGES[: parameters.stages]:
        for block in range(blocks):
            number += 1
            step = stride if block == 0 else 1
            x = _bottleneck(keras, x, (expansion, _filters(filters, width), step), f"b{number}")
    if parameters.last:
        x = conv(keras, x, parameters.last, 1, "last", activation="relu6")
    return keras.Model(inputs, head(keras, x, classes), name="mobilenet_v2")


def _bottleneck(keras: Any, x: Any, size: tuple[int, int, int], name: str) -> Any:
    """Expand, convolve, project; add the input where the shape stays."""
    expansion, filters, stride = size
    before, channels = x, x.shape[-1]
    if expansion > 1:
        x = conv(keras, x, channels * expansion, 1, f"{name}_expand", activation="relu6")
    x = depthwise(keras, x, 3, name, stride=stride, activation="relu6")
    x = conv(keras, x, filters, 1, f"{name}_project", activation=None)
    if stride == 1 and channels == filters:
        x = keras.layers.Add(name=f"{name}_add")([before, x])
    return x


def _filters(filters: int, width: float) -> int:
    """The nearest multiple of 8 that is at most 10 % below, as the paper's authors have it."""
    wanted = filters * width
    made = max(8, int(wanted + 4) // 8 * 8)
    return made if made >= 0.9 * wanted else made + 8
