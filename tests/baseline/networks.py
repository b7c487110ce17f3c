"""Small networks with the layers of well-known ones: what the project can count without them.

Weights are random but the same on every machine; scales are chosen so that outputs fill their
range.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tests.support.tflite_writer import Handle, ModelWriter

_WEIGHT, _INPUT = 40.0, 60.0  # typical sizes of weights and of an input's distance to zero
_SPREAD = 40.0  # typical distance of an output to zero
_RELU = -128


class Network:
    """A model being written, a layer a call."""

    def __init__(self, seed: int) -> None:
        self.model = ModelWriter()
        self._random = np.random.default_rng(seed)

    def input(self, *shape: int) -> Handle:
        return self.model.input((1, *shape), scale=1 / 128, zero_point=3)

    def conv(
        self, x: Handle, outputs: int, kernel: tuple[int, int], stride: int = 1, relu: bool = True
    ) -> Handle:
        weights = self._weights(outputs, *kernel, x.shape[3])
        return self.model.conv2d(
            x,
            weights,
            self._scales(outputs),
            self._bias(outputs),
            stride=(stride, stride),
            padding="SAME",
            **self._output(x, weights[0].size, relu),
        )

    def depthwise(
        self, x: Handle, kernel: tuple[int, int], stride: int = 1, padding: str = "SAME"
    ) -> Handle:
        channels = x.shape[3]
        weights = self._weights(1, *kernel, channels)
        return self.model.depthwise_conv2d(
            x,
            weights,
            self._scales(channels),
            self._bias(channels),
            stride=(stride, stride),
            padding=padding,
            **self._output(x, kernel[0] * kernel[1], relu=True),
        )

    def dense(self, x: Handle, outputs: int, relu: bool = False) -> Handle:
        weights = self._weights(outputs, math.prod(x.shape))
        return self.model.fully_connected(
            x,
            weights,
            0.01,
            self._bias(outputs),
            **self._output(x, weights[0].size, relu),
        )

    def add(self, a: Handle, b: Handle) -> Handle:
        scale = max(a.scale or 0, b.scale or 0)
        return self.model.add(a, b, scale=scale, zero_point=_RELU, activation="RELU")

    def pool(self, x: Handle) -> Handle:
        window = (x.shape[1], x.shape[2])
        return self.model.average_pool2d(x, window=window, stride=window)

    def classify(self, x: Handle, classes: int) -> bytes:
        flat = self.model.reshape(x, (1, math.prod(x.shape)))
        return self.model.finish(self.model.softmax(self.dense(flat, classes)))

    def _weights(self, *shape: int) -> NDArray[np.int8]:
        drawn = self._random.integers(-70, 71, shape)  # of the size _WEIGHT
        return drawn.astype(np.int8)

    def _bias(self, count: int) -> NDArray[np.int32]:
        return self._random.integers(-500, 501, count).astype(np.int32)

    def _scales(self, count: int) -> list[float]:
        return [0.01 + 0.0001 * int(step) for step in self._random.integers(0, 50, count)]

    def _output(self, x: Handle, depth: int, relu: bool) -> dict[str, object]:
        """Quantization of the output of a layer that adds up ``depth`` products."""
        assert x.scale is not None
        size = math.sqrt(depth) * _WEIGHT * _INPUT * 0.0125 * x.scale
        activation = "RELU" if relu else "NONE"
        return {
            "scale": size / _SPREAD,
            "zero_point": _RELU if relu else -5,
            "activation": activation,
        }


def like_ds_cnn() -> bytes:
    """Keyword spotting: a tall first filter, depthwise 3x3 and 1x1 on 64 channels."""
    net = Network(1)
    x = net.conv(net.input(49, 10, 1), 64, (10, 4), stride=2)
    x = net.conv(net.depthwise(x, (3, 3)), 64, (1, 1))
    return net.classify(net.pool(x), 12)


def like_resnet() -> bytes:
    """Image classification: 3x3 convolutions on 16 and 32 channels around additions."""
    net = Network(2)
    x = net.conv(net.input(16, 16, 3), 16, (3, 3))
    x = net.add(x, net.conv(net.conv(x, 16, (3, 3)), 16, (3, 3), relu=False))
    y = net.conv(net.conv(x, 32, (3, 3), stride=2), 32, (3, 3), relu=False)
    x = net.add(net.conv(x, 32, (1, 1), stride=2, relu=False), y)
    y = net.conv(net.conv(x, 64, (3, 3), stride=2), 64, (3, 3), relu=False)
    x = net.add(net.conv(x, 64, (1, 1), stride=2, relu=False), y)
    return net.classify(net.pool(x), 10)


def like_mobilenet() -> bytes:
    """Visual wake words: a strided first layer, depthwise and 1x1 from 8 to 128 channels."""
    net = Network(3)
    x = net.conv(net.input(48, 48, 3), 8, (3, 3), stride=2)
    for outputs, stride in ((16, 1), (32, 2), (32, 1), (64, 2), (128, 2)):
        x = net.conv(net.depthwise(x, (3, 3), stride), outputs, (1, 1))
    return net.classify(net.pool(x), 2)


def like_wake_word() -> bytes:
    """A stream of spectra: depthwise filters along time, and 1x1 on 40 to 128 channels."""
    net = Network(4)
    x = net.input(20, 1, 40)
    for height, outputs in ((3, 128), (5, 128), (14, 32)):
        x = net.conv(net.depthwise(x, (height, 1), padding="VALID"), outputs, (1, 1))
    return net.classify(x, 3)


def like_autoencoder() -> bytes:
    """Anomaly detection: fully connected layers with a narrow one in the middle."""
    net = Network(5)
    x = net.input(320)
    for outputs in (128, 128, 8, 128):
        x = net.dense(x, outputs, relu=True)
    return net.model.finish(net.dense(x, 320))


NETWORKS: dict[str, Callable[[], bytes]] = {
    "like-ds-cnn": like_ds_cnn,
    "like-resnet": like_resnet,
    "like-mobilenet": like_mobilenet,
    "like-wake-word": like_wake_word,
    "like-autoencoder": like_autoencoder,
}
