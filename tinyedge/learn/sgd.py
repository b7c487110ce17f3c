"""The arithmetic of ``runtime/aot/kernels/trainable`` in numpy: the same float32 operations.

Stochastic gradient descent with momentum and L2 on softmax and cross-entropy, over dense layers
whose first reads int8 features. Every sum is taken one term after the other, and no product is
fused with it, so that the device's weights are these, bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.graph.fixedpoint import quantize_multiplier
from tinyedge.learn.head import Head, Layer, Quantized

Floats = NDArray[np.float32]
_F = np.float32

BIAS_LIMIT = 1 << 30
_EXP_LEAST = _F(-87.0)
_EXP_TERMS = (1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)


@dataclass(frozen=True)
class Settings:
    """``l2`` is the weights' share in the gradient (biases have none); ``batch`` in samples."""

    learning_rate: float = 0.02
    momentum: float = 0.9
    l2: float = 0.0
    batch: int = 8


@dataclass(frozen=True)
class Outcome:
    """Of one sample: the right class's ``probability`` (the loss is -log of it)."""

    probability: float
    predicted: int


def exp(x: Floats) -> Floats:
    """Float32 [n], at most 0 -> float32 [n]: te_exp of te_exp.h (after Cephes' expf)."""
    inside = x > _EXP_LEAST
    safe = np.where(inside, x, _F(0))
    k = np.trunc(safe * _F(1.44269504088896341) - _F(0.5)).astype(np.int32)
    turns = k.astype(_F)
    r = safe - turns * _F(0.693359375)
    r = r - turns * _F(-2.12194440e-4)
    y = np.full_like(r, _F(1.9875691500e-4))
    for term in _EXP_TERMS:
        y = y * r + _F(term)
    y = y * (r * r)
    y = y + r
    y = y + _F(1)
    power = ((k + 127).astype(np.uint32) << np.uint32(23)).view(_F)
    return np.where(inside, y * power, _F(0)).astype(_F)


class Trainer:
    """te_learn.c's state: begin, a sample at a time, apply. ``head`` is where it starts."""

    def __init__(self, head: Head, settings: Settings) -> None:
        self.head = head
        self._momentum, self._l2 = _F(settings.momentum), _F(settings.l2)
        self._batch = settings.batch
        self._pending = 0
        self.rate(settings.learning_rate)
        self.weights = [_real(layer) for layer in head.layers]
        self._velocity = [np.zeros_like(weights) for weights in self.weights]

    def rate(self, learning_rate: float) -> None:
        """Go on with another learning rate."""
        rate = _F(learning_rate)
        self._pull: np.float32 = rate * self._l2
        self._step: np.float32 = rate / _F(self._batch)

    def sample(self, features: NDArray[np.int8], label: int) -> Outcome:
        """Train on one sample: ``features`` int8 as the first layer reads them."""
        first = self.head.layers[0]
        if self._pending == 0:
            self._begin_batch()
        read = [(features.astype(np.int32) - first.input_zero_point).astype(_F) * first.input_scale]
        for layer, weights in zip(self.head.layers[:-1], self.weights, strict=False):
            read.append(np.clip(_sums(weights, read[-1]), layer.low, layer.high))
        outcome, errors = _judge(_sums(self.weights[-1], read[-1]), label)
        for index in reversed(range(len(self.weights))):
            earlier = self._backward(index, errors, read[index]) if index else errors
            self._accumulate(index, errors, read[index])
            errors = earlier
        self._pending += 1
        if self._pending >= self._batch:
            self._end_batch()
        return outcome

    def apply(self) -> Head:
        """Quantize what was learned; an incomplete batch counts as a step."""
        self._end_batch()
        made = tuple(
            quantized(layer, weights)
            for layer, weights in zip(self.head.layers, self.weights, strict=True)
        )
        return self.head.having(made)

    def _begin_batch(self) -> None:
        for weights, velocity in zip(self.weights, self._velocity, strict=True):
            pulled = self._pull * weights
            pulled[:, -1] = 0
            velocity[:] = self._momentum * velocity - pulled

    def _backward(self, index: int, errors: Floats, values: Floats) -> Floats:
        weights, before = self.weights[index], self.head.layers[index - 1]
        total = np.zeros(weights.shape[1] - 1, _F)
        for row, error in zip(weights, errors, strict=True):
            total = total + row[:-1] * error
        passes = (values > before.low) & (values < before.high)
        return np.where(passes, total, _F(0)).astype(_F)

    def _accumulate(self, index: int, errors: Floats, values: Floats) -> None:
        steps = (self._step * errors)[:, None]
        velocity = self._velocity[index]
        velocity[:, :-1] -= steps * values
        velocity[:, -1:] -= steps

    def _end_batch(self) -> None:
        if self._pending == 0:
            return
        for weights, velocity in zip(self.weights, self._velocity, strict=True):
            np.add(weights, velocity, out=weights)
        self._pending = 0


def _real(layer: Layer) -> Floats:
    """Float32 [outputs, inputs + 1]: the weights of ``layer``, the bias in the last column."""
    now = layer.quantized
    weights = now.weights.astype(_F) * now.scales[:, None]
    bias = now.bias.astype(_F) * (layer.input_scale * now.scales)
    return np.concatenate([weights, bias[:, None]], axis=1)


def _sums(weights: Floats, values: Floats) -> Floats:
    """[outputs]: bias plus products, added from left to right."""
    terms = np.concatenate([weights[:, -1:], weights[:, :-1] * values], axis=1)
    sums: Floats = np.add.accumulate(terms, axis=1, dtype=_F)[:, -1]
    return sums


def _judge(logits: Floats, label: int) -> tuple[Outcome, Floats]:
    best = int(np.argmax(logits))
    raised = exp(logits - logits[best])
    errors: Floats = raised / np.add.accumulate(raised, dtype=_F)[-1]
    outcome = Outcome(float(errors[label]), best)
    errors[label] -= _F(1)
    return outcome, errors


def quantized(layer: Layer, weights: Floats) -> Quantized:
    """Float32 [outputs, inputs + 1] -> int8 weights as TensorFlow Lite quantizes them."""
    most = np.abs(weights[:, :-1]).max(axis=1)
    if not layer.per_channel:
        most = np.full_like(most, most.max())
    scales = np.where(most > 0, most / _F(127), layer.compiled_scales).astype(_F)
    bias = weights[:, -1] / (layer.input_scale * scales)
    return Quantized(
        weights=_rounded(weights[:, :-1] / scales[:, None], 127).astype(np.int8),
        bias=_rounded(bias, BIAS_LIMIT).astype(np.int32),
        scales=scales,
    )


def multipliers(layer: Layer, scales: Floats) -> list[tuple[int, int]]:
    """(multiplier, shift) of each channel, in float64 as TensorFlow Lite Micro's Prepare."""
    source, target = float(layer.input_scale), float(layer.output_scale)
    return [quantize_multiplier(source * float(scale) / target) for scale in scales]


def _rounded(values: Floats, limit: int) -> NDArray[np.int64]:
    """Nearest integers, halves away from zero."""
    bounded = np.clip(values.astype(np.float64), -limit, limit)
    return (np.sign(bounded) * np.floor(np.abs(bounded) + 0.5)).astype(np.int64)
