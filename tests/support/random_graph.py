"""Random int8 graphs: any layer after any other, with the parameters that models rarely have."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from tests.support.tflite_writer import Handle, ModelWriter
from tinyedge.graph.geometry import window_output
from tinyedge.graph.types import Graph, Padding, Tensor

MAX_MACS = 60_000  # a layer: hundreds of graphs a minute, also on an emulated core
RESIDUAL_MACS = 250_000  # a layer of a residual block
MAX_ELEMENTS = 6_000  # a tensor
TYPICAL = 50.0  # standard deviation that a tensor's integers are aimed at
ACTIVATIONS = ("NONE", "NONE", "RELU", "RELU", "RELU", "RELU6", "RELU_N1_TO_1")
PADDINGS = ("SAME", "VALID")

Shape = tuple[int, ...]
T = TypeVar("T")


def random_model(seed: int, layers: int = 6) -> bytes:
    """Return the .tflite of ``seed``: 1 to ``layers`` layers behind one input, 1 or 2 outputs."""
    return _Author(np.random.default_rng(seed)).model(layers)


def random_inputs(graph: Graph, seed: int, count: int = 3) -> list[list[NDArray[np.int8]]]:
    """Return ``count`` input sets: one at the ends of the range, the others ever calmer noise."""
    rng = np.random.default_rng(seed)
    return [[_noise(rng, tensor, number) for tensor in graph.inputs] for number in range(count)]


def _noise(rng: Generator, tensor: Tensor, number: int) -> NDArray[np.int8]:
    if number == 0:
        return rng.choice(np.array([-128, 127], np.int8), tensor.shape)
    noise = rng.normal(rng.integers(-128, 128), 160 / number, tensor.shape)
    return np.clip(noise, -128, 127).astype(np.int8)


class _Author:
    """Draws one graph."""

    def __init__(self, rng: Generator) -> None:
        self._rng = rng
        self._write = ModelWriter()

    def model(self, layers: int) -> bytes:
        live = [self._write.input(self._input_shape(), **self._quant(0.05))]
        for _ in range(self._int(1, layers)):
            source = live[-1] if self._chance(0.8) else self._pick(live)
            live.append(self._layer(source, live))
        if self._chance(0.3):
            live.append(self._end(live[-1]))
        outputs = [live[-1]]
        if len(live) > 3 and self._chance(0.1):
            outputs.append(live[-2])
        return self._write.finish(*outputs)

    # Layers. Each returns the new tensor; where one does not fit, another is drawn.

    def _layer(self, x: Handle, live: list[Handle]) -> Handle:
        spatial = (*["separable"] * 6, *["usual"] * 2, *["conv"] * 4, *["depthwise"] * 3)
        spatial = (*spatial, *["residual"] * 3)
        spatial = (*spatial, *["pool"] * 2, "pad", "mean", "dense")
        common = (*["dense"] * 3, "add", "mul", "concatenation", "reshape", "relu", "logistic")
        flat = (*common, "mean")
        while True:
            name = self._pick((*spatial, *common[3:]) if len(x.shape) == 4 else flat)
            result = self._attempt(name, x, live)
            if result is not None:
                return result

    def _attempt(self, name: str, x: Handle, live: list[Handle]) -> Handle | None:
        draw: dict[str, Callable[[], Handle | None]] = {
            "conv": lambda: self._convolution(x, depthwise=False),
            "depthwise": lambda: self._convolution(x, depthwise=True),
            "separable": lambda: self._separable(x),
            "usual": lambda: self._convolution(x, depthwise=False, size=3),
            "residual": lambda: self._residual(x),
            "pool": lambda: self._pool(x),
            "pad": lambda: self._pad(x),
            "mean": lambda: self._mean(x),
            "dense": lambda: self._dense(x),
            "reshape": lambda: self._reshape(x),
            "add": lambda: self._sum(x, self._operand(x, live)),
            "mul": lambda: self._product(x, self._operand(x, live)),
            "concatenation": lambda: self._concatenation(x, live),
            "relu": lambda: self._relu(x),
            "logistic": lambda: self._write.logistic(x) if self._chance(0.3) else None,
        }
        return draw[name]()

    def _relu(self, x: Handle) -> Handle:
        quant = self._quant(_scale(x) * self._factor())
        draw = self._rng.random()
        if draw < 0.4:
            return self._write.quantize(x, **quant)
        return self._write.relu(x, **quant) if draw < 0.8 else self._write.relu6(x)

    def _end(self, x: Handle) -> Handle:
        # TFLM aborts where the exponentials of a row add up to 512 or more.
        if self._chance(0.3) or x.shape[-1] > 500:
            return self._write.logistic(x)
        return self._write.softmax(x, self._pick((1.0, 1.0, 0.5, 2.0)))

    def _separable(self, x: Handle) -> Handle | None:
        """What most models are made of: 1x1, then depthwise 3x3 of stride 1 or 2."""
        mixed = self._convolution(x, depthwise=False, size=1)
        return mixed and (self._convolution(mixed, depthwise=True, size=3) or mixed)

    def _residual(self, x: Handle) -> Handle | None:
        """A plain 3x3 convolution, often with its input added to its output."""
        _, height, width, channels = x.shape
        if min(height, width) < 2 or height * width * channels**2 * 9 > RESIDUAL_MACS:
            return None
        layer = self._weights(x, (channels, 3, 3, channels), 0)
        padding = self._pick(PADDINGS) if min(height, width) > 3 else "SAME"
        y = self._write.conv2d(x, **layer, padding=padding)
        return self._sum(x, y) if y.shape == x.shape and self._chance(0.5) else y

    def _convolution(self, x: Handle, depthwise: bool, size: int | None = None) -> Handle | None:
        _, height, width, channels = x.shape
        kernel = (self._window(height), self._window(width))
        stride = (self._int(1, 3), self._int(1, 3)) if self._chance(0.4) else (1, 1)
        dilation = (self._int(1, 3), self._int(1, 3)) if self._chance(0.15) else (1, 1)
        padding = self._pick(PADDINGS)
        if size is not None:
            steps = self._int(1, 2) if size > 1 else 1
            kernel, stride, dilation = (size, size), (steps, steps), (1, 1)
        sizes = zip((height, width), kernel, stride, dilation, strict=True)
        positions = [window_output(*axis, Padding(padding.lower())) for axis in sizes]
        multiplier = self._pick((1, 1, 1, 2, 3)) if depthwise and size is None else 1
        outputs = channels * multiplier if depthwise else self._channel_count()
        depth = 1 if depthwise else channels
        elements = math.prod(positions) * outputs
        if min(positions) < 1 or elements > MAX_ELEMENTS:
            return None
        if elements * math.prod(kernel) * depth > MAX_MACS:
            return None
        shape = (1, *kernel, outputs) if depthwise else (outputs, *kernel, depth)
        layer = self._weights(x, shape, 3 if depthwise else 0)
        layer |= {"stride": stride, "dilation": dilation, "padding": padding}
        method = self._write.depthwise_conv2d if depthwise else self._write.conv2d
        return method(x, **layer)

    def _dense(self, x: Handle) -> Handle | None:
        rows = x.shape[0] if len(x.shape) == 2 else 1
        outputs = self._channel_count()
        elements = math.prod(x.shape)
        if elements * outputs > MAX_MACS:
            return None
        layer = self._weights(x, (outputs, elements // rows), 0)
        return self._write.fully_connected(x, **layer)

    def _pool(self, x: Handle) -> Handle | None:
        window = (self._window(x.shape[1]), self._window(x.shape[2]))
        padding = self._pick(PADDINGS)
        if padding == "VALID" and (window[0] > x.shape[1] or window[1] > x.shape[2]):
            return None
        method = self._pick((self._write.max_pool2d, self._write.average_pool2d))
        stride = (self._int(1, 3), self._int(1, 3))
        activation = self._pick(ACTIVATIONS)
        return method(x, window=window, stride=stride, padding=padding, activation=activation)

    def _pad(self, x: Handle) -> Handle | None:
        reach = (0, 2, 2, int(self._chance(0.2)))
        paddings = [(self._int(0, most), self._int(0, most)) for most in reach]
        padded = [size + sum(pair) for size, pair in zip(x.shape, paddings, strict=True)]
        value = self._pick((None, None, self._int(-128, 127)))
        return self._write.pad(x, paddings, value) if math.prod(padded) <= MAX_ELEMENTS else None

    def _mean(self, x: Handle) -> Handle | None:
        axes = self._pick(((1, 2), (1, 2), (1,), (2,), (3,))) if len(x.shape) == 4 else (1,)
        quant = self._quant(_scale(x) * self._factor() / 2)
        if self._chance(0.4):
            quant = {"scale": _scale(x), "zero_point": x.zero_point}
        return self._write.mean(x, axes, **quant, keep_dims=len(x.shape) == 2 or self._chance(0.5))

    def _sum(self, x: Handle, other: Handle) -> Handle:
        quant = self._quant(math.hypot(_scale(x), _scale(other)) * self._factor())
        return self._write.add(x, other, **quant, activation=self._pick(ACTIVATIONS))

    def _product(self, x: Handle, other: Handle) -> Handle:
        quant = self._quant(TYPICAL * _scale(x) * _scale(other) * self._factor())
        return self._write.mul(x, other, **quant, activation=self._pick(ACTIVATIONS))

    def _operand(self, x: Handle, live: list[Handle]) -> Handle:
        """Another tensor of the shape where there is one, or a constant that may be broadcast."""
        if self._chance(0.6):
            return self._pick([tensor for tensor in live if tensor.shape == x.shape])
        shape = self._pick((x.shape, x.shape[-1:], (1,)))
        quant = self._quant(_scale(x) * self._factor())
        return self._write.constant(self._int8(shape), **quant)

    def _concatenation(self, x: Handle, live: list[Handle]) -> Handle | None:
        axis = self._int(1, len(x.shape) - 1)

        def matches(tensor: Handle) -> bool:
            same = [a == b for a, b in zip(tensor.shape, x.shape, strict=False)]
            return len(tensor.shape) == len(x.shape) and all(same[:axis] + same[axis + 1 :])

        fitting = [tensor for tensor in live if matches(tensor)]
        parts = [x, *(self._pick(fitting) for _ in range(self._int(1, 2)))]
        if sum(math.prod(part.shape) for part in parts) > MAX_ELEMENTS:
            return None
        return self._write.concatenation([self._rescaled(part, x) for part in parts], axis)

    def _rescaled(self, part: Handle, like: Handle) -> Handle:
        """All parts of a concatenation have one scale: QUANTIZE brings them there."""
        if (part.scale, part.zero_point) == (like.scale, like.zero_point):
            return part
        return self._write.quantize(part, scale=_scale(like), zero_point=like.zero_point)

    def _reshape(self, x: Handle) -> Handle | None:
        elements = math.prod(x.shape)
        if len(x.shape) == 4:
            rows = (x.shape[1], x.shape[2] * x.shape[3])
            return self._write.reshape(x, self._pick(((1, elements), (1, elements), rows)))
        factors = [n for n in range(1, 17) if elements % n == 0]
        depth = self._pick(factors)
        height = self._pick([n for n in factors if (elements // depth) % n == 0])
        return self._write.reshape(x, (1, height, elements // depth // height, depth))

    # What layers are made of.

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
        scale = _scale(x) * float(np.mean(scales)) * deviation / TYPICAL
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


def _scale(tensor: Handle) -> float:
    assert tensor.scale is not None
    return tensor.scale
