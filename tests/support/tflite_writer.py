"""Write small .tflite models without TensorFlow.

A model is built tensor by tensor; every operator method computes its output's shape, so a test
says only what it is about::

    model = ModelWriter()
    x = model.input((1, 8, 8, 3), scale=0.05, zero_point=-3)
    y = model.conv2d(
        x,
        weights=np.ones((4, 3, 3, 3), np.int8),     # OHWI
        weight_scales=[0.01, 0.02, 0.03, 0.04],     # one, or one an output channel
        bias=np.zeros(4, np.int32),                 # None leaves it out
        stride=(2, 2), padding="SAME", activation="RELU",
        scale=0.1, zero_point=-128,                 # of the output
    )
    y = model.max_pool2d(y, window=(2, 2), stride=(2, 2))
    data = model.finish(y)                          # bytes
    answer = Oracle(data).run([np.zeros((1, 8, 8, 3), np.int8)])

A tensor is a :class:`Handle`: index, shape, scale, zero point. What no method covers is written
with the same parts: ``tensor``, ``constant`` and ``op``, whose keywords are the fields of the
operator's options table in the schema's object API (``strideW=2``). ``model.model`` is that
API's ModelT, for tests that damage a model before ``finish`` packs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.support.writer_moves import Moves
from tests.support.writer_parts import Handle
from tinyedge.graph.geometry import broadcast, window_output
from tinyedge.graph.types import Padding

SOFTMAX_SCALE = 1 / 256
SOFTMAX_ZERO_POINT = -128
_FUSED = ("ADD", "MUL", "SUB")  # binary operators that end in an activation

__all__ = ["Handle", "ModelWriter"]


class ModelWriter(Moves):
    """One model with one subgraph."""

    def conv2d(
        self,
        x: Handle,
        weights: NDArray[np.int8],
        weight_scales: float | Sequence[float],
        bias: NDArray[np.int32] | None,
        *,
        scale: float,
        zero_point: int,
        stride: tuple[int, int] = (1, 1),
        dilation: tuple[int, int] = (1, 1),
        padding: str = "VALID",
        activation: str = "NONE",
    ) -> Handle:
        """CONV_2D; ``weights`` OHWI."""
        sizes = _windows(x, weights.shape[1:3], stride, dilation, padding)
        y = self.tensor((x.shape[0], *sizes, weights.shape[0]), scale, zero_point)
        self.op(
            "CONV_2D",
            [x, *self._weights(x, weights, weight_scales, bias, axis=0)],
            [y],
            **_strided(stride, dilation),
            padding=padding,
            fusedActivationFunction=activation,
        )
        return y

    def depthwise_conv2d(
        self,
        x: Handle,
        weights: NDArray[np.int8],
        weight_scales: float | Sequence[float],
        bias: NDArray[np.int32] | None,
        *,
        scale: float,
        zero_point: int,
        stride: tuple[int, int] = (1, 1),
        dilation: tuple[int, int] = (1, 1),
        padding: str = "VALID",
        activation: str = "NONE",
    ) -> Handle:
        """DEPTHWISE_CONV_2D; ``weights`` [1, H, W, C * depth multiplier]."""
        sizes = _windows(x, weights.shape[1:3], stride, dilation, padding)
        y = self.tensor((x.shape[0], *sizes, weights.shape[3]), scale, zero_point)
        self.op(
            "DEPTHWISE_CONV_2D",
            [x, *self._weights(x, weights, weight_scales, bias, axis=3)],
            [y],
            **_strided(stride, dilation),
            padding=padding,
            depthMultiplier=weights.shape[3] // x.shape[3],
            fusedActivationFunction=activation,
        )
        return y

    def transpose_conv(
        self,
        x: Handle,
        weights: NDArray[np.int8],
        weight_scales: float | Sequence[float],
        bias: NDArray[np.int32] | None,
        *,
        size: tuple[int, int],
        scale: float,
        zero_point: int,
        stride: tuple[int, int] = (1, 1),
        padding: str = "VALID",
        activation: str = "NONE",
    ) -> Handle:
        """TRANSPOSE_CONV to ``size``; ``weights`` OHWI."""
        y = self.tensor((x.shape[0], *size, weights.shape[0]), scale, zero_point)
        filters, *biases = self._weights(x, weights, weight_scales, bias, axis=0)
        self.op(
            "TRANSPOSE_CONV",
            [self.constant(y.shape, dtype="int32"), filters, x, *biases],
            [y],
            strideH=stride[0],
            strideW=stride[1],
            padding=padding,
            fusedActivationFunction=activation,
        )
        return y

    def fully_connected(
        self,
        x: Handle,
        weights: NDArray[np.int8],
        weight_scales: float | Sequence[float],
        bias: NDArray[np.int32] | None,
        *,
        scale: float,
        zero_point: int,
        activation: str = "NONE",
        keep_dims: bool = False,
        weight_zero_point: int = 0,
    ) -> Handle:
        """FULLY_CONNECTED; ``weights`` [N, K]."""
        outputs, depth = weights.shape
        rows = int(np.prod(x.shape)) // depth
        shape = (*x.shape[:-1], outputs) if keep_dims else (rows, outputs)
        y = self.tensor(shape, scale, zero_point)
        parts = self._weights(x, weights, weight_scales, bias, axis=0, zero_point=weight_zero_point)
        self.op(
            "FULLY_CONNECTED",
            [x, *parts],
            [y],
            keepNumDims=keep_dims,
            fusedActivationFunction=activation,
        )
        return y

    def max_pool2d(self, x: Handle, **window: Any) -> Handle:
        """MAX_POOL_2D; keywords as of ``average_pool2d``."""
        return self._pool("MAX_POOL_2D", x, **window)

    def average_pool2d(self, x: Handle, **window: Any) -> Handle:
        """AVERAGE_POOL_2D; ``window``, ``stride``, ``padding`` and ``activation``."""
        return self._pool("AVERAGE_POOL_2D", x, **window)

    def add(self, a: Handle, b: Handle, **output: Any) -> Handle:
        """ADD with broadcasting; ``scale``, ``zero_point`` and ``activation`` of the output."""
        return self._binary("ADD", a, b, **output)

    def mul(self, a: Handle, b: Handle, **output: Any) -> Handle:
        """MUL with broadcasting; keywords as of ``add``."""
        return self._binary("MUL", a, b, **output)

    def sub(self, a: Handle, b: Handle, **output: Any) -> Handle:
        """SUB with broadcasting; keywords as of ``add``."""
        return self._binary("SUB", a, b, **output)

    def minimum(self, a: Handle, b: Handle) -> Handle:
        """MINIMUM with broadcasting, in the quantization of ``a``."""
        return self._binary("MINIMUM", a, b, scale=a.scale, zero_point=a.zero_point)

    def maximum(self, a: Handle, b: Handle) -> Handle:
        """MAXIMUM with broadcasting, in the quantization of ``a``."""
        return self._binary("MAXIMUM", a, b, scale=a.scale, zero_point=a.zero_point)

    def prelu(self, x: Handle, alpha: Handle, *, scale: float, zero_point: int) -> Handle:
        """PRELU; ``alpha`` is broadcast to ``x``."""
        return self._binary("PRELU", x, alpha, scale=scale, zero_point=zero_point)

    def mean(
        self,
        x: Handle,
        axes: Sequence[int],
        *,
        scale: float,
        zero_point: int,
        keep_dims: bool = False,
    ) -> Handle:
        """MEAN over ``axes`` (negative ones count from the end)."""
        reduced = {axis % len(x.shape) for axis in axes}
        kept = [1 if i in reduced else n for i, n in enumerate(x.shape)]
        shape = kept if keep_dims else [n for i, n in enumerate(x.shape) if i not in reduced]
        y = self.tensor(shape, scale, zero_point)
        self.op("MEAN", [x, self.constant(axes, dtype="int32")], [y], keepDims=keep_dims)
        return y

    def softmax(self, x: Handle, beta: float = 1.0) -> Handle:
        """SOFTMAX with the output quantization that TFLM demands."""
        y = self.tensor(x.shape, SOFTMAX_SCALE, SOFTMAX_ZERO_POINT)
        self.op("SOFTMAX", [x], [y], beta=beta)
        return y

    def logistic(self, x: Handle) -> Handle:
        """LOGISTIC with the output quantization that TFLM demands."""
        y = self.tensor(x.shape, SOFTMAX_SCALE, SOFTMAX_ZERO_POINT)
        self.op("LOGISTIC", [x], [y])
        return y

    def relu(self, x: Handle, *, scale: float, zero_point: int) -> Handle:
        """RELU; may requantize."""
        y = self.tensor(x.shape, scale, zero_point)
        self.op("RELU", [x], [y])
        return y

    def relu6(self, x: Handle) -> Handle:
        """RELU6."""
        y = self.tensor(x.shape, x.scale, x.zero_point)
        self.op("RELU6", [x], [y])
        return y

    def tanh(self, x: Handle) -> Handle:
        """TANH with the output quantization that TFLM writes."""
        y = self.tensor(x.shape, 1 / 128, 0)
        self.op("TANH", [x], [y])
        return y

    def hard_swish(self, x: Handle, *, scale: float, zero_point: int) -> Handle:
        """HARD_SWISH; requantizes."""
        y = self.tensor(x.shape, scale, zero_point)
        self.op("HARD_SWISH", [x], [y])
        return y

    def leaky_relu(self, x: Handle, alpha: float, *, scale: float, zero_point: int) -> Handle:
        """LEAKY_RELU; requantizes."""
        y = self.tensor(x.shape, scale, zero_point)
        self.op("LEAKY_RELU", [x], [y], alpha=alpha)
        return y

    def quantize(self, x: Handle, *, scale: float, zero_point: int) -> Handle:
        """QUANTIZE to int8, from whatever type ``x`` has."""
        y = self.tensor(x.shape, scale, zero_point)
        self.op("QUANTIZE", [x], [y])
        return y

    def dequantize(self, x: Handle) -> Handle:
        """DEQUANTIZE to float32."""
        y = self.tensor(x.shape, dtype="float32")
        self.op("DEQUANTIZE", [x], [y])
        return y

    def _weights(
        self,
        x: Handle,
        weights: NDArray[np.int8],
        scales: float | Sequence[float],
        bias: NDArray[np.int32] | None,
        *,
        axis: int,
        zero_point: int = 0,
    ) -> list[Handle]:
        handles = [self.constant(weights, scales, zero_point, axis=axis)]
        if bias is not None:
            assert x.scale is not None
            single = isinstance(scales, int | float)
            bias_scales = x.scale * scales if single else [x.scale * s for s in scales]
            handles.append(self.constant(bias, bias_scales, dtype="int32"))
        return handles

    def _pool(
        self,
        kind: str,
        x: Handle,
        *,
        window: tuple[int, int],
        stride: tuple[int, int] | None = None,
        padding: str = "VALID",
        activation: str = "NONE",
    ) -> Handle:
        stride = stride or window
        sizes = _windows(x, window, stride, (1, 1), padding)
        y = self.tensor((x.shape[0], *sizes, x.shape[3]), x.scale, x.zero_point)
        self.op(
            kind,
            [x],
            [y],
            filterHeight=window[0],
            filterWidth=window[1],
            strideH=stride[0],
            strideW=stride[1],
            padding=padding,
            fusedActivationFunction=activation,
        )
        return y

    def _binary(
        self,
        kind: str,
        a: Handle,
        b: Handle,
        *,
        scale: float | None,
        zero_point: int,
        activation: str = "NONE",
    ) -> Handle:
        shape = broadcast(a.shape, b.shape)
        assert shape is not None, (a.shape, b.shape)
        y = self.tensor(shape, scale, zero_point)
        fused = {"fusedActivationFunction": activation} if kind in _FUSED else {}
        self.op(kind, [a, b], [y], **fused)
        return y


def _strided(stride: tuple[int, int], dilation: tuple[int, int]) -> dict[str, int]:
    return {
        "strideH": stride[0],
        "strideW": stride[1],
        "dilationHFactor": dilation[0],
        "dilationWFactor": dilation[1],
    }


def _windows(
    x: Handle,
    window: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
    padding: str,
) -> list[int]:
    return [
        window_output(*sizes, Padding(padding.lower()))
        for sizes in zip(x.shape[1:3], window, stride, dilation, strict=True)
    ]
