"""What random graphs are drawn from: numbers, constants and parameters that fit a tensor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from tests.support.tflite_writer import Handle, ModelWriter

MAX_MACS = 60_000  # a layer: hundreds of graphs a minute, also on an emulated core
RESIDUAL_MACS = 250_000  # a layer of a residual block
MAX_ELEMENTS = 6_000  # a tensor
TYPICAL = 50.0  # standard deviation that a tensor's integers are aimed at
ACTIVATIONS = ("NONE", "NONE", "RELU", "RELU", "RELU", "RELU6", "RELU_N1_TO_1")
PADDINGS = ("SAME", "VALID")

Shape = tuple[int, ...]
T = TypeVar("T")


class Draws:
    """A model being written, and the draws that all its layers need."""

    def __init__(self, rng: Generator) -> None:
        self._rng = rng
        self._write = ModelWriter()

    def _weights(self, x: Handle, shape: Shape, axis: int) -> dict[str, Any]:
        """Filter, bias, activation, and an output scale that the sums neither fill nor miss."""
        outputs = shape[axis]
        spread = np.exp(self._rng.normal(0, 0.4, outputs if self._chance(0.7) else 1))
        scales = [float(scale) for scale in np.float32(0.01) * spread.astype(np.float32)]
        weights = self._int8(shape)
        if self._chance(0.25):  # outputs that cannot change
            index = [slice(None)] * len(shape)
            index[axis] = self._rng.random(outputs) < 0.4
            weights[tuple(index)] = 0
        deviation = math.sqrt(weights.size / outputs) * TYPICAL * max(float(np.std(weights)), 0.5)
        scale = scale_of(x) * float(np.mean(scales)) * deviation / TYPICAL
        return {
            "weights": weights,
            "weight_scales": scales if len(scales) > 1 else scales[0],
            "bias": self._bias(outputs, deviation) if self._chance(0.85) else None,
            "activation": self._pick(ACTIVATIONS),
            **self._quant(scale * self._factor()),
        }

    def _bias(self, outputs: int, deviation: float) -> NDArray[np.int32]:
        bias = self._rng.normal(0, deviation, outputs)
        if self._chance(0.3):  # drowns the sum: channels that a clamp makes constant
            drowned = self._rng.random(outputs) < 0.5
            bias[drowned] -= self._pick((-1, 1, 1)) * deviation * 60
        return np.round(bias).astype(np.int32)

    def _int8(self, shape: Shape) -> NDArray[np.int8]:
        """Weights: mostly a bell, sometimes the ends of the range, sometimes hardly anything."""
        draw = self._rng.random()
        if draw < 0.15:
            return self._rng.choice(np.array([-128, -127, 127], np.int8), shape)
        if draw < 0.3:
            return self._rng.integers(-1, 2, shape, np.int8)
        bell = self._rng.normal(0, self._pick((10, 40, 80)), shape)
        return np.clip(np.round(bell), -128, 127).astype(np.int8)

    def _quant(self, scale: float) -> dict[str, Any]:
        zero_point = self._pick((-128, -128, 0, 127, self._int(-128, 127)))
        # Below, RELU6's 6 has no place in the integers that TFLM computes it in.
        return {"scale": float(np.float32(max(scale, 1e-6))), "zero_point": zero_point}

    def _factor(self) -> float:
        return float(np.exp(self._rng.uniform(math.log(0.4), math.log(2.5))))

    def _input_shape(self) -> Shape:
        if self._chance(0.1):
            return (1, self._int(1, 70))
        sizes = (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16)
        return (1, self._pick(sizes), self._pick(sizes), min(self._channel_count(), 16))

    def _channel_count(self) -> int:
        return self._pick((1, 2, 3, 4, 4, 8, 8, 8, 12, 16, 16, 24, 32, self._int(1, 40)))

    def _window(self, size: int) -> int:
        return self._pick((1, 1, 2, 3, 3, 3, 4, 5, min(size, 8)))

    def _int(self, low: int, high: int) -> int:
        return int(self._rng.integers(low, high + 1))

    def _chance(self, probability: float) -> bool:
        return bool(self._rng.random() < probability)

    def _pick(self, options: Sequence[T]) -> T:
        return options[self._int(0, len(options) - 1)]


def scale_of(tensor: Handle) -> float:
    assert tensor.scale is not None
    return tensor.scale
