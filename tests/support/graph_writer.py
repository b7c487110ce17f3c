"""A Graph back to .tflite, for graphs that were changed in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.support.tflite_writer import Handle, ModelWriter
from tinyedge.graph.ops import (
    Add,
    Concatenation,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Mean,
    Mul,
    Pad,
    Pool2D,
    Reshape,
    Softmax,
)
from tinyedge.graph.types import Graph, Op, Tensor


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
        inputs = [handle(tensor) for tensor in op.inputs]
        if isinstance(op, Pad):  # what it holds is in the op, whatever the constants say
            inputs = [inputs[0], *_padding(model, op)]
        elif isinstance(op, Reshape):
            inputs = [inputs[0], model.constant(op.outputs[0].shape, dtype="int32")]
        kind = "PADV2" if isinstance(op, Pad) else op.kind
        model.op(kind, inputs, [handle(tensor) for tensor in op.outputs], **_options(op))
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
        case Softmax():
            options = {"beta": op.beta}
        case FullyConnected():
            options = {"keepNumDims": len(op.outputs[0].shape) > 2}
    if isinstance(op, Conv2D | DepthwiseConv2D | Pool2D):
        options |= {"strideH": op.stride[0], "strideW": op.stride[1]}
        options |= {"padding": op.padding.value.upper()}
    if isinstance(op, DepthwiseConv2D):
        options |= {"depthMultiplier": op.depth_multiplier}
    if isinstance(
        op, Add | Concatenation | Conv2D | DepthwiseConv2D | FullyConnected | Mul | Pool2D
    ):
        options |= {"fusedActivationFunction": op.activation.name}
    return options
