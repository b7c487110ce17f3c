"""ResNet-8, MLPerf Tiny's image classification: three stacks with shortcuts (He et al., 2016)."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from tinyedge import config
from tinyedge.recipe import Count
from tinyedge.train.architectures.layers import Shape, conv, head, require_size
from tinyedge.train.architectures.scale import MULTIPLIER, Axis, Scale, times

SCALE = Scale(MULTIPLIER, Axis("blocks", default=1, least=1, most=3, step=1))


class Parameters(config.Table, frozen=True, kw_only=True):
    """``filters`` of each stack, ``blocks`` of two convolutions in each; ``width`` multiplies them.

    The second and all further stacks halve the picture. Three blocks make it ResNet-20.
    """

    filters: tuple[Count, ...] = (16, 32, 64)
    width: Annotated[float, Meta(gt=0.0, le=16.0)] = 1.0
    blocks: Count = 1


def check(parameters: Parameters, shape: Shape) -> None:
    """Raise ValueError if there is no stack or a stride would find nothing to step over."""
    if not parameters.filters:
        raise ValueError("filters is empty")
    require_size(shape, 1 << (len(parameters.filters) - 1))


def build(keras: Any, parameters: Parameters, shape: Shape, classes: int) -> Any:
    """Return the uncompiled model."""
    inputs = keras.layers.Input(shape, name="input")
    stacks = [times(filters, parameters.width) for filters in parameters.filters]
    x = conv(keras, inputs, stacks[0], 3, "stem")
    for number, filters in enumerate(stacks, 1):
        for block in range(1, parameters.blocks + 1):
            name = f"stack{number}" if block == 1 else f"stack{number}_{block}"
            x = _block(keras, x, filters, 2 if number > 1 and block == 1 else 1, name)
    return keras.Model(inputs, head(keras, x, classes), name="resnet8")


def _block(keras: Any, x: Any, filters: int, stride: int, name: str) -> Any:
    """Two convolutions; the input, brought to their shape, is added."""
    shortcut = x
    x = conv(keras, x, filters, 3, f"{name}_a", stride=stride)
    x = conv(keras, x, filters, 3, f"{name}_b", activation=None)
    if stride == 2:
        shortcut = keras.layers.Conv2D(filters, 1, stride, padding="same", name=f"{name}_shortcut")(
            shortcut
        )
    x = keras.layers.Add(name=f"{name}_add")([shortcut, x])
    return keras.layers.Activation("relu", name=f"{name}_relu")(x)
