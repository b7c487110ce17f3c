"""Random int8 graphs: any layer after any other, with the parameters that models rarely have."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from tests.support.random_moves import Moves
from tests.support.random_parts import (
    ACTIVATIONS,
    MAX_ELEMENTS,
    MAX_MACS,
    PADDINGS,
    RESIDUAL_MACS,
    TYPICAL,
    scale_of,
)
from tests.support.tflite_writer import Handle
from tinyedge.graph.geometry import window_output
from tinyedge.graph.types import Array, DType, Graph, Padding, Tensor


def random_model(seed: int, layers: int = 6) -> bytes:
    """Return the .tflite of ``seed``: 1 to ``layers`` layers, 1 to 4 inputs, 1 to 3 outputs."""
    return _Author(np.random.default_rng(seed)).model(layers)


def random_inputs(graph: Graph, seed: int, count: int = 3) -> list[list[Array]]:
    """Return ``count`` input sets: one at the ends of the range, the others ever calmer noise."""
    rng = np.random.default_rng(seed)
    return [[_noise(rng, tensor, number) for tensor in graph.inputs] for number in range(count)]


def _noise(rng: Generator, tensor: Tensor, number: int) -> Array:
    if tensor.dtype is DType.FLOAT32:
        return np.asarray(rng.normal(0, 3 * 4.0**-number, tensor.shape), np.float32)
    if number == 0:
        return rng.choice(np.array([-128, 127], np.int8), tensor.shape)
    noise = rng.normal(rng.integers(-128, 128), 160 / number, tensor.shape)
    return np.clip(noise, -128, 127).astype(np.int8)


class _Author(Moves):
    """Draws one graph."""

    def model(self, layers: int) -> bytes:
        live = [self._input() for _ in range(self._pick((1, 1, 1, 1, 2, 3)))]
        if self._chance(0.5):  # inputs of one shape meet in additions
            first = live[-1]
            live += [self._write.input(first.shape, **self._quant(0.05))]
        inputs = len(live)
        for _ in range(self._int(1, layers)):
            source = live[-1] if self._chance(0.8) else self._pick(live)
            live.append(self._layer(source, live))
        if self._chance(0.4):
            live.append(self._end(live[-1]))
        others = [tensor for tensor in live[inputs:-1] if self._chance(0.1)]
        return self._write.finish(live[-1], *others[:2])

    def _input(self) -> Handle:
        shape = self._input_shape()
        if self._chance(0.05):
            real = self._write.input(shape, dtype="float32")
            return self._write.quantize(real, **self._quant(0.05))
        return self._write.input(shape, **self._quant(0.05))

    # Layers. Each returns the new tensor; where one does not fit, another is drawn.

    def _layer(self, x: Handle, live: list[Handle]) -> Handle:
        spatial = (*["separable"] * 6, *["usual"] * 2, *["conv"] * 4, *["depthwise"] * 3)
        spatial = (*spatial, *["residual"] * 3)
        spatial = (*spatial, *["pool"] * 2, "pad", "mean", "dense", "transpose_conv", "resize")
        common = (*["dense"] * 3, "add", "binary", "concatenation", "inception", "reshape")
        common = (*common, "relu", "unary", "slice", "split", "transpose", "ones")
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
            "transpose_conv": lambda: self._transpose_conv(x),
            "separable": lambda: self._separable(x),
            "usual": lambda: self._convolution(x, depthwise=False, size=3),
            "residual": lambda: self._residual(x),
            "inception": lambda: self._inception(x),
            "pool": lambda: self._pool(x),
            "pad": lambda: self._pad(x),
            "resize": lambda: self._resize(x),
            "mean": lambda: self._mean(x),
            "dense": lambda: self._dense(x),
            "reshape": lambda: self._reshape(x),
            "ones": lambda: self._ones(x),
            "slice": lambda: self._slice(x),
            "split": lambda: self._split(x, live),
            "transpose": lambda: self._transpose(x),
            "add": lambda: self._sum(x, self._operand(x, live)),
            "binary": lambda: self._binary(x, self._operand(x, live)),
            "concatenation": lambda: self._concatenation(x, live),
            "relu": lambda: self._relu(x),
            "unary": lambda: self._unary(x),
        }
        return draw[name]()

    def _unary(self, x: Handle) -> Handle | None:
        quant = self._quant(scale_of(x) * self._factor())
        draw = self._int(0, 3)
        if draw == 0:
            return self._write.leaky_relu(x, float(self._rng.normal(0, 0.5)), **quant)
        if draw == 1:
            return self._write.hard_swish(x, **quant)
        # Finer inputs have no place in the fixed point that TFLM computes these in.
        if scale_of(x) < 1e-4:
            return None
        return self._write.tanh(x) if draw == 2 else self._write.logistic(x)

    def _relu(self, x: Handle) -> Handle:
        quant = self._quant(scale_of(x) * self._factor())
        draw = self._rng.random()
        if draw < 0.4:
            return self._write.quantize(x, **quant)
        return self._write.relu(x, **quant) if draw < 0.8 else self._write.relu6(x)

    def _end(self, x: Handle) -> Handle:
        if x.shape and self._chance(0.2):
            kind = self._pick(("ARG_MAX", "ARG_MIN"))
            if len(x.shape) > 1:
                return self._write.arg_max(x, self._int(0, len(x.shape) - 1), kind)
        if self._chance(0.1):
            return self._write.dequantize(x)
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
        height, width, channels = x.shape[1:]
        if min(height, width) < 2 or math.prod(x.shape) * channels * 9 > RESIDUAL_MACS:
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
        elements = x.shape[0] * math.prod(positions) * outputs
        if min(positions) < 1 or elements > MAX_ELEMENTS:
            return None
        if elements * math.prod(kernel) * depth > MAX_MACS:
            return None
        shape = (1, *kernel, outputs) if depthwise else (outputs, *kernel, depth)
        layer = self._weights(x, shape, 3 if depthwise else 0)
        layer |= {"stride": stride, "dilation": dilation, "padding": padding}
        method = self._write.depthwise_conv2d if depthwise else self._write.conv2d
        return method(x, **layer)

    def _transpose_conv(self, x: Handle) -> Handle | None:
        kernel, stride = (self._int(1, 4), self._int(1, 4)), (self._int(1, 3), self._int(1, 3))
        padding, outputs = self._pick(PADDINGS), self._channel_count()
        same = padding == "SAME"
        size = [
            (x.shape[1 + i] - 1) * stride[i] + (stride[i] if same else max(kernel[i], stride[i]))
            for i in (0, 1)
        ]
        shape = (outputs, *kernel, x.shape[3])
        if x.shape[0] * math.prod(size) * outputs > MAX_ELEMENTS:
            return None
        if math.prod(x.shape) * math.prod(kernel) * outputs > MAX_MACS:
            return None
        layer = self._weights(x, shape, 0) | {"stride": stride, "padding": padding}
        return self._write.transpose_conv(x, size=(size[0], size[1]), **layer)

    def _inception(self, x: Handle) -> Handle | None:
        """Two or three branches on one tensor, side by side again."""
        if len(x.shape) != 4:
            return None
        branches = [self._branch(x) for _ in range(self._int(2, 3))]
        parts = [branch for branch in branches if branch is not None]
        if len(parts) < 2:
            return None
        return self._write.concatenation([self._rescaled(part, parts[0]) for part in parts], 3)

    def _branch(self, x: Handle) -> Handle | None:
        kind = self._int(0, 3)
        if kind == 0:
            window = (self._int(1, 3), self._int(1, 3))
            return self._write.max_pool2d(x, window=window, stride=(1, 1), padding="SAME")
        result = self._convolution(x, depthwise=kind == 3, size=2 * self._int(0, 1) + 1)
        return result if result and result.shape[:3] == x.shape[:3] else None

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

    def _mean(self, x: Handle) -> Handle | None:
        axes = self._pick(((1, 2), (1, 2), (1,), (2,), (3,))) if len(x.shape) == 4 else (1,)
        if max(axes) >= len(x.shape):
            return None
        quant = self._quant(scale_of(x) * self._factor() / 2)
        if self._chance(0.4):
            quant = {"scale": scale_of(x), "zero_point": x.zero_point}
        return self._write.mean(x, axes, **quant, keep_dims=len(x.shape) == 2 or self._chance(0.5))

    def _sum(self, x: Handle, other: Handle) -> Handle:
        quant = self._quant(math.hypot(scale_of(x), scale_of(other)) * self._factor())
        return self._write.add(x, other, **quant, activation=self._pick(ACTIVATIONS))

    def _binary(self, x: Handle, other: Handle) -> Handle | None:
        kind = self._int(0, 4)
        if kind == 0:
            quant = self._quant(TYPICAL * scale_of(x) * scale_of(other) * self._factor())
            return self._write.mul(x, other, **quant, activation=self._pick(ACTIVATIONS))
        if kind == 1:
            quant = self._quant(math.hypot(scale_of(x), scale_of(other)) * self._factor())
            return self._write.sub(x, other, **quant, activation=self._pick(ACTIVATIONS))
        if kind == 2:
            quant = self._quant(scale_of(x) * self._factor())
            return self._write.prelu(x, other, **quant)
        method = self._write.minimum if kind == 3 else self._write.maximum
        return method(x, self._rescaled(other, x))

    def _operand(self, x: Handle, live: list[Handle]) -> Handle:
        """Another tensor of the shape where there is one, or a constant that may be broadcast."""
        if self._chance(0.6):
            return self._pick([x, *(tensor for tensor in live if tensor.shape == x.shape)])
        shape = self._pick((x.shape, x.shape[-1:], (1,)))
        quant = self._quant(scale_of(x) * self._factor())
        return self._write.constant(self._int8(shape), **quant)
