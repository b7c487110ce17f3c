"""Whether a converted network is int8 from edge to edge, and one that the kernels compute."""

from __future__ import annotations

from tinyedge.errors import ModelError
from tinyedge.graph import read_tflite, verify
from tinyedge.graph.types import DType, Graph

_HINT = "replace the layer that it comes from in the recipe's network"


def check_int8(tflite: bytes, name: str) -> Graph:
    """Read the model; raise ModelError naming any float tensor or unsupported operator left."""
    try:
        graph = read_tflite.read(tflite, name)
        verify.check(graph)
    except ModelError as error:
        raise ModelError(error.message, _HINT) from error
    for what, tensors in (("input", graph.inputs), ("output", graph.outputs)):
        for tensor in tensors:  # the verifier lets float in and out through QUANTIZE
            if tensor.dtype is not DType.INT8:
                found = tensor.dtype.value
                raise ModelError(f'{name}: {what} "{tensor.name}" is {found}, not int8', _HINT)
    return graph
