"""A plain convolutional network: (convolution, ReLU, max pooling) blocks, then dense layers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from tinyedge import config
from tinyedge.recipe import Count
from tinyedge.train.architectures.scale import MULTIPLIER, Axis, Scale, times

SCALE = Scale(MULTIPLIER, Axis("convs", default=1, least=1, most=3, step=1))


class Parameters(config.Table, frozen=True, kw_only=True):
    """``filters`` has one entry a block, ``dense`` one a hidden layer; sizes in pixels.

    ``width`` multiplies both; a block has ``convs`` convolutions before its pool.
    """

    filters: tuple[Count, ...]
    kernel: Count = 3
    padding: Literal["valid", "same"] = "valid"
    pool: Count = 2
    dense: tuple[Count, ...] = ()
    width: Annotated[float, Meta(gt=0.0, le=16.0)] = 1.0
    convs: Count = 1


def check(parameters: Parameters, shape: tuple[int, int, int]) -> None:
    """Raise ValueError where a kernel or pool is larger than the picture that reaches it."""
    height, width, _ = shape
    shrinks = parameters.kernel - 1 if parameters.padding == "valid" else 0
    for number in range(1, len(parameters.filters) + 1):
        for _ in range(parameters.convs):
            _require("kernel", parameters.kernel if shrinks else 1, number, (height, width))
            height, width = height - shrinks, width - shrinks
        _require("pool", parameters.pool, number, (height, width))
        height, width = height // parameters.pool, width // parameters.pool


def _require(what: str, size: int, block: int, left: tuple[int, int]) -> None:
    if size > min(left):
        raise ValueError(f"{what} {size} of block {block} gets {left[0]} x {left[1]}")


def build(keras: Any, parameters: Parameters, shape: tuple[int, int, int], classes: int) -> Any:
    """Return the uncompiled model: ``shape`` in, softmax over ``classes`` out."""
    layers = keras.layers
    model = keras.Sequential([layers.Input(shape, name="input")], name="cnn")
    for number, filters in enumerate(parameters.filters, 1):
        for again in range(parameters.convs):
            model.add(
                layers.Conv2D(
                    times(filters, parameters.width),
                    parameters.kernel,
                    padding=parameters.padding,
                    activation="relu",
                    name=f"conv{number}_{again + 1}" if again else f"conv{number}",
                )
            )
        model.add(layers.MaxPool2D(parameters.pool, name=f"pool{number}"))
    model.add(layers.Flatten(name="flatten"))
    for number, listed in enumerate(parameters.dense, 1):
        units = times(listed, parameters.width)
        model.add(layers.Dense(units, activation="relu", name=f"dense{number}"))
    model.add(layers.Dense(classes, activation="softmax", name="scores"))
    return model
