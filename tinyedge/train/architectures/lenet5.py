"""LeNet-5 (LeCun et al., 1998) with ReLU and max pooling, as it is commonly trained today."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from tinyedge import config
from tinyedge.train.architectures.layers import Shape, require_size
from tinyedge.train.architectures.scale import MULTIPLIER, Scale, times

SCALE = Scale(MULTIPLIER)


class Parameters(config.Table, frozen=True, kw_only=True):
    """``width`` multiplies filters and units."""

    width: Annotated[float, Meta(gt=0.0, le=16.0)] = 1.0


def check(parameters: Parameters, shape: Shape) -> None:  # noqa: ARG001 - every network has it
    """Raise ValueError if the second pooling would have nothing left."""
    require_size(shape, 12)


def build(keras: Any, parameters: Parameters, shape: Shape, classes: int) -> Any:
    """Return the uncompiled model."""
    layers, width = keras.layers, parameters.width
    return keras.Sequential(
        [
            layers.Input(shape, name="input"),
            layers.Conv2D(times(6, width), 5, padding="same", activation="relu", name="c1"),
            layers.MaxPool2D(2, name="s2"),
            layers.Conv2D(times(16, width), 5, activation="relu", name="c3"),
            layers.MaxPool2D(2, name="s4"),
            layers.Flatten(name="flatten"),
            layers.Dense(times(120, width), activation="relu", name="c5"),
            layers.Dense(times(84, width), activation="relu", name="f6"),
            layers.Dense(classes, activation="softmax", name="scores"),
        ],
        name="lenet5",
    )
