"""Whether a graph is one that the kernels compute: int8 inside, static and consistent.

The rules are those of TensorFlow Lite Micro, whose C++ either returns an error, ends the
program or computes nonsense where they do not hold. :func:`check` names operator and index.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinyedge.errors import ModelError
from tinyedge.graph import ops
from tinyedge.graph.ops.opaque import Opaque
from tinyedge.graph.types import DType, Graph, Op, Tensor
from tinyedge.graph.verify import arithmetic, conv, elementwise, pool, rearrange, resize, shape
from tinyedge.graph.verify.checker import QUANTIZE_HINT, Checker

_NAMED = 4  # float tensors that a refusal names

# Each rule takes its own operator class, which a dictionary by class cannot express.
RULES: dict[type[Op], Callable[[Checker, Any], None]] = {
    ops.Add: arithmetic.add,
    ops.ArgExtreme: pool.arg_extreme,
    ops.Concatenation: shape.concatenation,
    ops.Conv2D: conv.conv2d,
    ops.DepthwiseConv2D: conv.depthwise_conv2d,
    ops.Dequantize: elementwise.dequantize,
    ops.ExpandDims: shape.reshape,
    ops.FullyConnected: conv.fully_connected,
    ops.HardSwish: elementwise.hard_swish,
    ops.LeakyRelu: elementwise.leaky_relu,
    ops.Logistic: elementwise.logistic,
    ops.Maximum: arithmetic.extremum,
    ops.Mean: pool.mean,
    ops.Minimum: arithmetic.extremum,
    ops.Mul: arithmetic.mul,
    ops.Pad: shape.pad,
    ops.Pool2D: pool.pool2d,
    ops.Prelu: arithmetic.prelu,
    ops.Quantize: elementwise.quantize,
    ops.Relu: elementwise.relu,
    ops.Reshape: shape.reshape,
    ops.Resize: resize.resize,
    ops.Softmax: elementwise.softmax,
    ops.Split: rearrange.split,
    ops.Squeeze: shape.reshape,
    ops.StridedSlice: rearrange.strided_slice,
    ops.Sub: arithmetic.sub,
    ops.Tanh: elementwise.tanh,
    ops.Transpose: rearrange.transpose,
    ops.TransposeConv: conv.transpose_conv,
}


def check(graph: Graph, *, allow_unsupported: bool = False) -> None:
    """Raise ModelError unless every operator is supported, int8 and consistent.

    ``allow_unsupported`` passes operators and element types that only TensorFlow Lite Micro
    knows, and still checks shapes and int8 parameters of the others: what its kernels rely on.
    """
    if not allow_unsupported:
        _check_edges(graph)
        refuse_float(graph)
    for op in graph.ops:
        checker = Checker(graph.name, op, strict=not allow_unsupported)
        if isinstance(op, Opaque):
            if not allow_unsupported:
                checker.fail(
                    "is not supported", "TensorFlow Lite Micro may have it: try --runtime tflm"
                )
            continue
        RULES[type(op)](checker, op)


def refuse_float(graph: Graph) -> None:
    """Raise ModelError that counts float tensors, but for those that convert at the edges.

    Allowed are model inputs that only QUANTIZE reads, and model outputs that DEQUANTIZE writes
    and nothing reads.
    """
    floats = [
        f'tensor {tensor.index} "{tensor.name}"'
        for tensor in _used(graph)
        if tensor.dtype is DType.FLOAT32 and not _is_edge(graph, tensor)
    ]
    if floats:
        plural = "s" if len(floats) > 1 else ""
        more = f" and {len(floats) - _NAMED} more" if len(floats) > _NAMED else ""
        raise ModelError(
            f"{graph.name}: {len(floats)} float tensor{plural} left: "
            f"{', '.join(floats[:_NAMED])}{more}",
            QUANTIZE_HINT,
        )


def _check_edges(graph: Graph) -> None:
    for what, tensors, types in (
        ("input", graph.inputs, (DType.INT8, DType.FLOAT32)),
        ("output", graph.outputs, (DType.INT8, DType.FLOAT32, DType.INT32)),
    ):
        for tensor in tensors:
            if tensor.dtype not in types:
                raise ModelError(
                    f'{graph.name}: {what} "{tensor.name}" is {tensor.dtype.value}, not int8',
                    f"convert with inference_{what}_type=tf.int8; of a network that computes in "
                    "int16 too: try --runtime tflm",
                )


def _used(graph: Graph) -> list[Tensor]:
    """Tensors that an operator or the model's edges name, by index."""
    tensors = {tensor.index: tensor for tensor in (*graph.inputs, *graph.outputs)}
    for op in graph.ops:
        tensors |= {tensor.index: tensor for tensor in (*op.inputs, *op.outputs)}
    return [tensors[index] for index in sorted(tensors)]


def _is_edge(graph: Graph, tensor: Tensor) -> bool:
    readers = [op for op in graph.ops if tensor in op.inputs]
    if tensor in graph.inputs:
        only_quantize = all(isinstance(op, ops.Quantize) for op in readers)
        return bool(readers) and only_quantize and tensor not in graph.outputs
    writers = [op for op in graph.ops if tensor in op.outputs]
    dequantized = [isinstance(op, ops.Dequantize) for op in writers] == [True]
    return tensor in graph.outputs and not readers and dequantized
