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

import dataclasses
from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
from numpy.typing import ArrayLike, NDArray
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from tinyedge.graph.geometry import broadcast, window_output
from tinyedge.graph.types import Padding

_TYPES = {
    "float32": schema.TensorType.FLOAT32,
    "int8": schema.TensorType.INT8,
    "uint8": schema.TensorType.UINT8,
    "int16": schema.TensorType.INT16,
    "int32": schema.TensorType.INT32,
    "int64": schema.TensorType.INT64,
    "bool": schema.TensorType.BOOL,
}
SOFTMAX_SCALE = 1 / 256
SOFTMAX_ZERO_POINT = -128


@dataclasses.dataclass(frozen=True)
class Handle:
    """A tensor of the model being written."""

    index: int
    shape: tuple[int, ...]
    scale: float | None = None
    zero_point: int = 0


class ModelWriter:
    """One model with one subgraph."""

    def __init__(self) -> None:
        self.graph = schema.SubGraphT(tensors=[], inputs=[], outputs=[], operators=[], name="main")
        self.model = schema.ModelT(
            version=3,
            operatorCodes=[],
            subgraphs=[self.graph],
            description="written by tests",
            buffers=[schema.BufferT()],
        )

    # Parts

    def tensor(
        self,
        shape: Sequence[int],
        scale: float | Sequence[float] | None = None,
        zero_point: int | Sequence[int] = 0,
        *,
        dtype: str = "int8",
        axis: int = 0,
        data: ArrayLike | None = None,
        name: str = "",
    ) -> Handle:
        """Add any tensor; with ``data`` it is a constant. ``scale`` None leaves it unquantized."""
        index = len(self.graph.tensors)
        record = schema.TensorT(
            shape=list(shape), type=_TYPES[dtype], name=name or f"tensor_{index}", hasRank=True
        )
        if data is not None:
            raw = np.ascontiguousarray(data, dtype=dtype).tobytes()
            record.buffer = len(self.model.buffers)
            self.model.buffers.append(schema.BufferT(data=np.frombuffer(raw, np.uint8)))
        if scale is not None:
            scales = [scale] if isinstance(scale, int | float) else list(scale)
            zeros = [zero_point] * len(scales) if isinstance(zero_point, int) else list(zero_point)
            record.quantization = schema.QuantizationParametersT(
                scale=scales, zeroPoint=zeros, quantizedDimension=axis
            )
        self.graph.tensors.append(record)
        single = isinstance(scale, int | float) and isinstance(zero_point, int)
        return Handle(
            index,
            tuple(shape),
            float(np.float32(scale)) if single else None,
            zero_point if isinstance(zero_point, int) else 0,
        )

    def input(
        self,
        shape: Sequence[int],
        scale: float | None = None,
        zero_point: int = 0,
        *,
        dtype: str = "int8",
    ) -> Handle:
        """Add a model input."""
        handle = self.tensor(shape, scale, zero_point, dtype=dtype)
        self.graph.inputs.append(handle.index)
        return handle

    def constant(
        self,
        data: ArrayLike,
        scale: float | Sequence[float] | None = None,
        zero_point: int | Sequence[int] = 0,
        *,
        dtype: str = "int8",
        axis: int = 0,
    ) -> Handle:
        """Add a constant."""
        array = np.asarray(data, dtype=dtype)
        return self.tensor(array.shape, scale, zero_point, dtype=dtype, axis=axis, data=array)

    def op(
        self, kind: str, inputs: Sequence[Handle | None], outputs: Sequence[Handle], **options: Any
    ) -> None:
        """Add an operator. ``options`` name its table's fields; activations by their name."""
        code = getattr(schema.BuiltinOperator, kind)
        record = schema.OperatorT(
            opcodeIndex=self._opcode(code),
            inputs=[-1 if handle is None else handle.index for handle in inputs],
            outputs=[handle.index for handle in outputs],
        )
        table = _OPTIONS.get(kind)
        if table is not None:
            record.builtinOptionsType = getattr(schema.BuiltinOptions, table)
            record.builtinOptions = getattr(schema, f"{table}T")(**_by_name(options))
        self.graph.operators.append(record)

    def finish(self, *outputs: Handle) -> bytes:
        """Pack the model with ``outputs`` as its outputs."""
        self.graph.outputs = [handle.index for handle in outputs]
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())

    def _opcode(self, code: int) -> int:
        codes = self.model.operatorCodes
        for index, record in enumerate(codes):
            if record.builtinCode == code:
                return index
        codes.append(
            schema.OperatorCodeT(builtinCode=code, deprecatedBuiltinCode=min(code, 127), version=1)
        )
        return len(codes) - 1

    # Operators

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
    ) -> Handle:
        """FULLY_CONNECTED; ``weights`` [N, K]."""
        outputs, depth = weights.shape
        rows = int(np.prod(x.shape)) // depth
        shape = (*x.shape[:-1], outputs) if keep_dims else (rows, outputs)
        y = self.tensor(shape, scale, zero_point)
        self.op(
            "FULLY_CONNECTED",
            [x, *self._weights(x, weights, weight_scales, bias, axis=0)],
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

    def pad(
        self, x: Handle, paddings: Sequence[tuple[int, int]], value: int | None = None
    ) -> Handle:
        """PAD, or PADV2 where ``value`` (int8) is given. ``paddings``: (before, after) an axis."""
        shape = [n + sum(pair) for n, pair in zip(x.shape, paddings, strict=True)]
        y = self.tensor(shape, x.scale, x.zero_point)
        inputs = [x, self.constant(paddings, dtype="int32")]
        if value is not None:
            inputs.append(self.constant([value], x.scale, x.zero_point))
        self.op("PAD" if value is None else "PADV2", inputs, [y])
        return y

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

    def concatenation(self, parts: Sequence[Handle], axis: int) -> Handle:
        """CONCATENATION; all parts have one scale and zero point."""
        first = parts[0]
        shape = list(first.shape)
        shape[axis] = sum(part.shape[axis] for part in parts)
        y = self.tensor(shape, first.scale, first.zero_point)
        self.op("CONCATENATION", parts, [y], axis=axis)
        return y

    def reshape(self, x: Handle, shape: Sequence[int]) -> Handle:
        """RESHAPE."""
        y = self.tensor(shape, x.scale, x.zero_point)
        self.op("RESHAPE", [x, self.constant(shape, dtype="int32")], [y], newShape=list(shape))
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
        axis: int,
    ) -> list[Handle]:
        handles = [self.constant(weights, scales, axis=axis)]
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


_FUSED = ("ADD", "MUL", "SUB")  # binary operators that end in an activation
_OPTIONS = {
    "ADD": "AddOptions",
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "CONCATENATION": "ConcatenationOptions",
    "CONV_2D": "Conv2DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
    "FULLY_CONNECTED": "FullyConnectedOptions",
    "HARD_SWISH": "HardSwishOptions",
    "LEAKY_RELU": "LeakyReluOptions",
    "MAXIMUM": "MaximumMinimumOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "MEAN": "ReducerOptions",
    "MINIMUM": "MaximumMinimumOptions",
    "MUL": "MulOptions",
    "PAD": "PadOptions",
    "PADV2": "PadV2Options",
    "RESHAPE": "ReshapeOptions",
    "SOFTMAX": "SoftmaxOptions",
    "SUB": "SubOptions",
}


def _by_name(options: dict[str, Any]) -> dict[str, Any]:
    """Replace activations and padding schemes given by name with the schema's numbers."""
    named = {
        "fusedActivationFunction": schema.ActivationFunctionType,
        "padding": schema.Padding,
    }
    return {
        field: getattr(named[field], value) if isinstance(value, str) else value
        for field, value in options.items()
    }


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
