"""What several networks are made of; every layer has a name of its own."""

from __future__ import annotations

from typing import Any

Shape = tuple[int, int, int]  # height, width, channels


def conv(
    keras: Any,
    x: Any,
    filters: int,
    kernel: int | tuple[int, int],
    name: str,
    *,
    stride: int | tuple[int, int] = 1,
    activation: str | None = "relu",
) -> Any:
    """Convolution, batch normalization and, if any, activation; padding "same"."""
    x = keras.layers.Conv2D(
        filters, kernel, stride, padding="same", use_bias=False, name=f"{name}_conv"
    )(x)
    return _normalized(keras, x, name, activation)


def depthwise(
    keras: Any, x: Any, kernel: int, name: str, *, stride: int = 1, activation: str = "relu"
) -> Any:
    """Depthwise convolution, batch normalization, activation; padding "same"."""
    x = keras.layers.DepthwiseConv2D(
        kernel, stride, padding="same", use_bias=False, name=f"{name}_depthwise"
    )(x)
    return _normalized(keras, x, name, activation)


def head(keras: Any, x: Any, classes: int) -> Any:
    """The mean of each channel, then softmax over the classes."""
    layers = keras.layers
    # GlobalAveragePooling2D would become MEAN, which is slower
    x = layers.AveragePooling2D(x.shape[1:3], name="pool")(x)
    x = layers.Flatten(name="flatten")(x)
    return layers.Dense(classes, activation="softmax", name="scores")(x)


def require_size(shape: Shape, least: int) -> None:
    """Raise ValueError if a side is shorter than ``least`` pixels."""
    if min(shape[:2]) < least:
        raise ValueError(f"the network needs {least} x {least} or more")


def _normalized(keras: Any, x: Any, name: str, activation: str | None) -> Any:
    x = keras.layers.BatchNormalization(name=f"{name}_norm")(x)
    if activation is None:
        return x
    if activation == "relu6":
        return keras.layers.ReLU(6.0, name=f"{name}_relu")(x)
    return keras.layers.Activation(activation, name=f"{name}_{activation}")(x)
