"""Every operator in numpy, byte for byte what TensorFlow Lite Micro's reference kernels answer.

Short enough to read beside a kernel in C, and the twin that kernels are tested against where a
model runs layer by layer. Graphs must have passed :func:`tinyedge.graph.verify.check`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, overload

from tinyedge.graph import ops
from tinyedge.graph.reference import arithmetic, conv, elementwise, pool, rearrange, resize, shape
from tinyedge.graph.types import Array, Graph, Op, Tensor

# Each kernel takes its own operator class, which a dictionary by class cannot express.
KERNELS: dict[type[Op], Callable[[Any, Sequence[Array]], Array]] = {
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
    ops.Maximum: arithmetic.maximum,
    ops.Mean: pool.mean,
    ops.Minimum: arithmetic.minimum,
    ops.Mul: arithmetic.mul,
    ops.Pad: shape.pad,
    ops.Pool2D: pool.pool2d,
    ops.Prelu: arithmetic.prelu,
    ops.Quantize: elementwise.quantize,
    ops.Relu: elementwise.relu,
    ops.Reshape: shape.reshape,
    ops.Resize: resize.resize,
    ops.Softmax: elementwise.softmax,
    ops.Squeeze: shape.reshape,
    ops.StridedSlice: rearrange.strided_slice,
    ops.Sub: arithmetic.sub,
    ops.Tanh: elementwise.tanh,
    ops.Transpose: rearrange.transpose,
    ops.TransposeConv: conv.transpose_conv,
}


def evaluate(op: Op, inputs: Sequence[Array]) -> Array:
    """Return the output of an operator with one; ``inputs`` are values of all ``op.inputs``."""
    return KERNELS[type(op)](op, inputs)


def outputs(op: Op, inputs: Sequence[Array]) -> tuple[Array, ...]:
    """Return all outputs of one operator; ``inputs`` as of :func:`evaluate`."""
    if isinstance(op, ops.Split):
        return rearrange.split(op, inputs)
    return (evaluate(op, inputs),)


@overload
def run(graph: Graph, inputs: Sequence[Array], keep: Literal[False] = False) -> list[Array]: ...
@overload
def run(graph: Graph, inputs: Sequence[Array], keep: Literal[True]) -> dict[int, Array]: ...
def run(
    graph: Graph, inputs: Sequence[Array], keep: bool = False
) -> list[Array] | dict[int, Array]:
    """Run one inference; ``inputs`` in the model's order, any shape of the right size.

    Returns the outputs in the model's order; with ``keep``, every computed tensor and input by
    its index in the file. Raises ModelError for inputs of another size or type.
    """
    given = zip(graph.inputs, graph.shaped(inputs), strict=True)
    computed = {tensor.index: array for tensor, array in given}
    for op in graph.ops:
        arrays = [_value(tensor, computed) for tensor in op.inputs]
        for tensor, array in zip(op.outputs, outputs(op, arrays), strict=True):
            computed[tensor.index] = array
    return computed if keep else [_value(tensor, computed) for tensor in graph.outputs]


def _value(tensor: Tensor, computed: dict[int, Array]) -> Array:
    return computed[tensor.index] if tensor.data is None else tensor.data
