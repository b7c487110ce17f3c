"""The dense autoencoder of MLPerf Tiny's anomaly detection: it learns to repeat what is normal."""

from __future__ import annotations

import math
from typing import Any

from tinyedge import config
from tinyedge.recipe import Count
from tinyedge.train.architectures.layers import Shape
from tinyedge.train.architectures.scale import Axis, Scale

TASK = "reconstruct"
SCALE = Scale(
    Axis("units", default=128, least=4, most=1024, step=4),
    Axis("layers", default=4, least=1, most=6, step=1),
)


class Parameters(config.Table, frozen=True, kw_only=True):
    """``units`` of each of the ``layers`` before and after the narrow one of ``code`` units."""

    units: Count = 128
    layers: Count = 4
    code: Count = 8


def check(parameters: Parameters, shape: Shape) -> None:
    """Raise ValueError if the code is no narrower than the input."""
    if parameters.code >= math.prod(shape):
        raise ValueError(f"code = {parameters.code} is no narrower than {math.prod(shape)} values")


def build(keras: Any, parameters: Parameters, shape: Shape, classes: int) -> Any:  # noqa: ARG001
    """Return the uncompiled model: as many values out as in, flat."""
    layers = keras.layers
    inputs = x = layers.Input(shape, name="input")
    x = layers.Flatten(name="flatten")(x)
    side = [parameters.units] * parameters.layers
    for number, units in enumerate([*side, parameters.code, *side], 1):
        x = layers.Dense(units, use_bias=False, name=f"dense{number}")(x)
        x = layers.BatchNormalization(name=f"norm{number}")(x)
        x = layers.Activation("relu", name=f"relu{number}")(x)
    x = layers.Dense(math.prod(shape), name="output")(x)
    return keras.Model(inputs, x, name="autoencoder")
