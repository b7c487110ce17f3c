"""A plain convolutional network: (convolution, ReLU, max pooling) blocks, then dense layers."""

from __future__ import annotations

from typing import Any, Literal

from tinyedge import config
from tinyedge.recipe import Count


class Parameters(config.Table, frozen=True, kw_only=True):
    """``filters`` has one entry a block, ``dense`` one a hidden layer; sizes in pixels."""

    filters: tuple[Count, ...]
    kernel: Count = 3
    padding: Literal["valid", "same"] = "valid"
    pool: Count = 2
    dense: tuple[Count, ...] = ()


def check(parameters: Parameters, shape: tuple[int, int, int]) -> None:
    """Raise ValueError where a kernel or pool is larger than the picture that reaches it."""
    height, width, _ = shape
    shrinks = parameters.kernel - 1 if parameters.padding == "valid" else 0
    for number in range(1, len(parameters.filters) + 1):
        for what, size, left in (
            ("kernel", parameters.kernel if shrinks else 1, (height, width)),
            ("pool", parameters.pool, (height - shrinks, width - shrinks)),
        ):
            if size > min(left):
                raise ValueError(f"{what} {size} of block {number} gets {left[0]} x {left[1]}")
        height = (height - shrinks) // parameters.pool
        width = (width - shrinks) // parameters.pool


def build(keras: Any, parameters: Parameters, shape: tuple[int, int, int], classes: int) -> Any:
    """Return the uncompiled model: ``shape`` in, softmax over ``classes`` out."""
    layers = keras.layers
    model = keras.Sequential([layers.Input(shape, name="input")], name="cnn")
    for number, filters in enumerate(parameters.filters, 1):
        model.add(
            layers.Conv2D(
                filters,
                parameters.kernel,
                padding=parameters.padding,
                activation="relu",
                name=f"conv{number}",
            )
        )
        model.add(layers.MaxPool2D(parameters.pool, name=f"pool{number}"))
    model.add(layers.Flatten(name="flatten"))
    for number, units in enumerate(parameters.dense, 1):
        model.add(layers.Dense(units, activation="relu", name=f"dense{number}"))
    model.add(layers.Dense(classes, activation="softmax", name="scores"))
    return model
