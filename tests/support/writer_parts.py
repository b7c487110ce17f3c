"""What any .tflite model is written with: tensors, constants and operators."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
from numpy.typing import ArrayLike
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

TYPES = {
    "float32": schema.TensorType.FLOAT32,
    "int8": schema.TensorType.INT8,
    "uint8": schema.TensorType.UINT8,
    "int16": schema.TensorType.INT16,
    "int32": schema.TensorType.INT32,
    "int64": schema.TensorType.INT64,
    "bool": schema.TensorType.BOOL,
}


@dataclasses.dataclass(frozen=True)
class Handle:
    """A tensor of the model being written."""

    index: int
    shape: tuple[int, ...]
    scale: float | None = None
    zero_point: int = 0


class Parts:
    """One model with one subgraph, without methods for operators."""

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
            shape=list(shape), type=TYPES[dtype], name=name or f"tensor_{index}", hasRank=True
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


_OPTIONS = {
    "ADD": "AddOptions",
    "ARG_MAX": "ArgMaxOptions",
    "ARG_MIN": "ArgMinOptions",
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "CONCATENATION": "ConcatenationOptions",
    "CONV_2D": "Conv2DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
    "EXPAND_DIMS": "ExpandDimsOptions",
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
    "RESIZE_BILINEAR": "ResizeBilinearOptions",
    "RESIZE_NEAREST_NEIGHBOR": "ResizeNearestNeighborOptions",
    "SOFTMAX": "SoftmaxOptions",
    "SPLIT": "SplitOptions",
    "SPLIT_V": "SplitVOptions",
    "SQUEEZE": "SqueezeOptions",
    "STRIDED_SLICE": "StridedSliceOptions",
    "SUB": "SubOptions",
    "TRANSPOSE": "TransposeOptions",
    "TRANSPOSE_CONV": "TransposeConvOptions",
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
