"""A Graph back to .tflite, for graphs that were changed in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.support.tflite_writer import Handle, ModelWriter
from tests.support.writer_parts import TYPES
from tinyedge.graph.ops import (
    Add,
    ArgExtreme,
    Concatenation,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    LeakyRelu,
    Mean,
    Mul,
    Pad,
    Pool2D,
    Reshape,
    Resize,
    Softmax,
    Split,
    StridedSlice,
    Sub,
    TransposeConv,
)
from tinyedge.graph.types import Graph, Op, Tensor

_FUSED = (
    Add,
    Concatenation,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Mul,
    Pool2D,
    Sub,
    TransposeConv,
)  # these end in an activation


def to_tflite(graph: Graph) -> bytes:
    """Return the .tflite of ``graph``; tensors are numbered anew."""
    model = ModelWriter()
    handles: dict[Tensor, Handle] = {}

    def handle(tensor: Tensor) -> Handle:
        if tensor not in handles:
            handles[tensor] = _tensor(model, tensor)
        return handles[tensor]

    model.graph.inputs = [handle(tensor).index for tensor in graph.inputs]
    for op in graph.ops:
        inputs = _inputs(model, op, [handle(tensor) for tensor in op.inputs])
        outputs = [handle(tensor) for tensor in op.outputs]
        model.op(_kind(op), inputs, outputs, **_options(op))
    return model.finish(*(handle(tensor) for tensor in graph.outputs))


def _tensor(model: ModelWriter, tensor: Tensor) -> Handle:
    quant = tensor.quant
    return model.tensor(
        tensor.shape,
        quant and list(quant.scales),
        list(quant.zero_points) if quant else 0,
        dtype=tensor.dtype.value,
        axis=quant.axis if quant else 0,
        data=tensor.data,
    )


def _kind(op: Op) -> str:
    """Kinds that say more than others are written as those."""
    match op:
        case Pad():
            return "PADV2"
        case Reshape():
            return "RESHAPE"
        case Split():
            return "SPLIT_V"
        case _:
            return op.kind


def _inputs(model: ModelWriter, op: Op, inputs: list[Handle]) -> list[Handle]:
    """What ``op`` reads: what its parameters say, whatever the constants that it read them from."""

    def ints(values: Any) -> Handle:
        return model.constant(values, dtype="int32")

    (x, *rest), shape = inputs, op.outputs[0].shape
    match op:
        case Pad():
            rest = _padding(model, op)
        case Reshape():
            rest = [ints(shape)]
        case Resize():
            rest = [ints(shape[1:3])]
        case Split():
            rest = [ints([part.shape[op.axis] for part in op.outputs]), ints(op.axis)]
        case TransposeConv():
            x, rest = ints(shape), [inputs[1], x, *inputs[2:]]
        case StridedSlice():
            rest = [ints(op.begin), ints(_ends(op)), ints(op.stride)]
    return [x, *rest]


def _ends(op: StridedSlice) -> list[int]:
    """Where each axis ends; below 0 the options say that it ends before the first."""
    axes = zip(op.begin, op.stride, op.sizes, strict=True)
    return [begin + stride * size for begin, stride, size in axes]


def _padding(model: ModelWriter, op: Pad) -> list[Handle]:
    quant = op.inputs[0].q
    amounts = np.stack([op.before, op.after], axis=1)
    value = model.constant([op.value], quant.scale, quant.zero_point)
    return [model.constant(amounts, dtype="int32"), value]


def _options(op: Op) -> dict[str, Any]:
    options: dict[str, Any] = {}
    match op:
        case Conv2D() | DepthwiseConv2D():
            options = {"dilationHFactor": op.dilation[0], "dilationWFactor": op.dilation[1]}
        case Pool2D():
            options = {"filterHeight": op.window[0], "filterWidth": op.window[1]}
        case Concatenation():
            options = {"axis": op.axis}
        case Mean():
            options = {"keepDims": op.keep_dims}
        case Reshape():
            options = {"newShape": list(op.outputs[0].shape)}
        case ArgExtreme():
            options = {"outputType": TYPES["int32"]}
        case LeakyRelu():
            options = {"alpha": op.alpha}
        case Resize():
            options = {"alignCorners": op.align_corners}
            options |= {"halfPixelCenters": op.half_pixel_centers}
        case Split():
            options = {"numSplits": len(op.outputs)}
        case StridedSlice():
            options = {"endMask": sum(1 << i for i, end in enumerate(_ends(op)) if end < 0)}
            options |= {"shrinkAxisMask": sum(1 << axis for axis in op.shrunk)}
        case Softmax():
            options = {"beta": op.beta}
        case FullyConnected():
            options = {"keepNumDims": len(op.outputs[0].shape) > 2}
    return options | _shared_options(op)


def _shared_options(op: Op) -> dict[str, Any]:
    """What several operators have: strides, padding, activation."""
    options: dict[str, Any] = {}
    if isinstance(op, Conv2D | DepthwiseConv2D | Pool2D | TransposeConv):
        options |= {"strideH": op.stride[0], "strideW": op.stride[1]}
        options |= {"padding": op.padding.value.upper()}
    if isinstance(op, DepthwiseConv2D):
        options |= {"depthMultiplier": op.depth_multiplier}
    if isinstance(op, _FUSED):
        options |= {"fusedActivationFunction": op.activation.name}
    return options
