"""Whether a .tflite is int8 throughout."""

from __future__ import annotations

from tinyedge.errors import ModelError
from tinyedge.graph import read_tflite
from tinyedge.graph.types import DType, Graph

_FLOATS = {DType.FLOAT32}


def check_int8(tflite: bytes, name: str) -> Graph:
    """Read the model; raise ModelError naming any float tensor, edge that is not int8, or op."""
    graph = read_tflite.read(tflite, name)
    for op in graph.ops:
        for tensor in (*op.inputs, *op.outputs):
            if tensor.dtype in _FLOATS:
                raise ModelError(
                    f"{name}: operator {op.index} {op.kind} has the {tensor.dtype.value} tensor "
                    f'{tensor.index} "{tensor.name}"',
                    "every tensor must be quantized; replace the operator in the network",
                )
    for what, edge in (("input", graph.inputs), ("output", graph.outputs)):
        for tensor in edge:
            if tensor.dtype is not DType.INT8:
                found = tensor.dtype.value
                raise ModelError(f'{name}: {what} "{tensor.name}" is {found}, not int8')
    return graph
