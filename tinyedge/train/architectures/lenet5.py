"""LeNet-5 (LeCun et al., 1998) with ReLU and max pooling, as it is commonly trained today."""

from __future__ import annotations

from typing import Any

from tinyedge import config
from tinyedge.train.architectures.layers import Shape, require_size


class Parameters(config.Table, frozen=True, kw_only=True):
    """None."""


def check(parameters: Parameters, shape: Shape) -> None:  # noqa: ARG001 - every network has it
    """Raise ValueError if the second pooling would have nothing left."""
    require_size(shape, 12)


def build(keras: Any, parameters: Parameters, shape: Shape, classes: int) -> Any:  # noqa: ARG001
    """Return the uncompiled model."""
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input(shape, name="input"),
            layers.Conv2D(6, 5, padding="same", activation="relu", name="c1"),
            layers.MaxPool2D(2, name="s2"),
            layers.Conv2D(16, 5, activation="relu", name="c3"),
            layers.MaxPool2D(2, name="s4"),
            layers.Flatten(name="flatten"),
            layers.Dense(120, activation="relu", name="c5"),
            layers.Dense(84, activation="relu", name="f6"),
            layers.Dense(classes, activation="softmax", name="scores"),
        ],
        name="lenet5",
    )
