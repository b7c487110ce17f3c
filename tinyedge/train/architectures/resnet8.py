"""ResNet-8, MLPerf Tiny's image classification: three stacks with shortcuts (He et al., 2016)."""

from __future__ import annotations

from typing import Any

from tinyedge import config
from tinyedge.recipe import Count
from tinyedge.train.architectures.layers import Shape, conv, head, require_size


class Parameters(config.Table, frozen=True, kw_only=True):
    """``filters`` of each stack; the second and all further stacks halve the picture."""

    filters: tuple[Count, ...] = (16, 32, 64)


def check(parameters: Parameters, shape: Shape) -> None:
    """Raise ValueError if there is no stack or a stride would find nothing to step over."""
    if not parameters.filters:
        raise ValueError("filters is empty")
    require_size(shape, 1 << (len(parameters.filters) - 1))


def build(keras: Any, parameters: Parameters, shape: Shape, classes: int) -> Any:
    """Return the uncompiled model."""
    inputs = keras.layers.Input(shape, name="input")
    x = conv(keras, inputs, parameters.filters[0], 3, "stem")
    for number, filters in enumerate(parameters.filters, 1):
        name, stride = f"stack{number}", 1 if number == 1 else 2
        shortcut = x
        x = conv(keras, x, filters, 3, f"{name}_a", stride=stride)
        x = conv(keras, x, filters, 3, f"{name}_b", activation=None)
        if stride == 2:
            shortcut = keras.layers.Conv2D(
                filters, 1, stride, padding="same", name=f"{name}_shortcut"
            )(shortcut)
        x = keras.layers.Add(name=f"{name}_add")([shortcut, x])
        x = keras.layers.Activation("relu", name=f"{name}_relu")(x)
    return keras.Model(inputs, head(keras, x, classes), name="resnet8")
