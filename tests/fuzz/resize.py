"""The same operators on smaller tensors: constants are cropped, shapes follow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinyedge.graph.geometry import broadcast, window_output
from tinyedge.graph.ops import (
    ArgExtreme,
    Binary,
    Concatenation,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Mean,
    Pad,
    Pool2D,
    Reshape,
    Resize,
    Split,
    StridedSlice,
    Transpose,
    TransposeConv,
)
from tinyedge.graph.types import Graph, Op, Tensor

Shape = tuple[int, ...]


class DoesNotFitError(Exception):
    """The graph has no meaning with these sizes."""


def rebuild(graph: Graph, inputs: dict[Tensor, Shape], ops: dict[int, Op]) -> Graph:
    """Return ``graph`` with ``ops`` in place of those of the same position, and inputs reshaped.

    Everything behind them adapts. Raises DoesNotFitError where it cannot.
    """
    known = {t: replace(t, shape=inputs.get(t, t.shape)) for t in graph.inputs}
    new_ops = []
    for position, old in enumerate(graph.ops):
        op = ops.get(position, old)
        sources = tuple(known.get(tensor, tensor) for tensor in old.inputs)
        new = _fitted(op, sources)
        known |= dict(zip(old.outputs, new.outputs, strict=True))
        new_ops.append(new)
    return replace(
        graph,
        ops=tuple(new_ops),
        tensors=(),
        inputs=tuple(known[tensor] for tensor in graph.inputs),
        outputs=tuple(known[tensor] for tensor in graph.outputs),
    )


def crop(tensor: Tensor, shape: Shape) -> Tensor:
    """A constant cut down to ``shape`` from the front."""
    if any(new > old for new, old in zip(shape, tensor.shape, strict=True)):
        raise DoesNotFitError
    quant = tensor.quant
    if quant is not None and quant.per_channel:
        count = shape[quant.axis]
        quant = replace(quant, scales=quant.scales[:count], zero_points=quant.zero_points[:count])
    data = np.asarray(tensor.data)[tuple(slice(0, size) for size in shape)]
    return replace(tensor, shape=shape, data=np.ascontiguousarray(data), quant=quant)


def _fitted(op: Op, sources: tuple[Tensor, ...]) -> Op:
    x = sources[0]
    match op:
        case Conv2D():
            spatial = _positions(x, op.filter.shape[1:3], op)
            filters = crop(op.filter, (*op.filter.shape[:3], x.shape[3]))
            return _weighted(op, x, filters, (x.shape[0], *spatial, filters.shape[0]))
        case DepthwiseConv2D():
            spatial = _positions(x, op.filter.shape[1:3], op)
            channels = x.shape[3] * op.depth_multiplier
            filters = crop(op.filter, (*op.filter.shape[:3], channels))
            return _weighted(op, x, filters, (x.shape[0], *spatial, channels))
        case TransposeConv():
            filters = crop(op.filter, (*op.filter.shape[:3], x.shape[3]))
            return _weighted(op, x, filters, _spread(op, x))
        case Split():
            return replace(op, inputs=(x,), outputs=_parts(op, x))
        case FullyConnected():
            rows = op.inputs[0].elements // op.filter.shape[1]
            filters = crop(op.filter, (op.filter.shape[0], x.elements // rows))
            return _weighted(op, x, filters, (*op.outputs[0].shape[:-1], filters.shape[0]))
        case _:
            inputs, shape = _moved(op, sources)
            return replace(op, inputs=inputs, outputs=(replace(op.outputs[0], shape=shape),))


def _moved(op: Op, sources: tuple[Tensor, ...]) -> tuple[tuple[Tensor, ...], Shape]:
    """Inputs and output shape of an operator without a filter."""
    x = sources[0]
    shape: Shape = x.shape
    match op:
        case Pool2D():
            shape = (x.shape[0], *_positions(x, op.window, op), x.shape[3])
        case Pad():
            shape = tuple(sum(axis) for axis in zip(op.before, x.shape, op.after, strict=True))
        case Mean() if op.keep_dims:
            shape = tuple(1 if i in op.axes else size for i, size in enumerate(x.shape))
        case Mean():
            shape = tuple(size for i, size in enumerate(x.shape) if i not in op.axes)
        case Reshape():
            shape = _reshaped(op, x)
        case Resize():
            shape = (x.shape[0], *op.outputs[0].shape[1:3], x.shape[3])
        case Transpose():
            shape = tuple(x.shape[axis] for axis in op.permutation)
        case StridedSlice():
            shape = _sliced(op, x)
        case ArgExtreme():
            shape = (*x.shape[: op.axis], *x.shape[op.axis + 1 :])
        case Binary():
            sources, shape = _operands(sources)
        case Concatenation():
            shape = _joined(op, sources)
    return sources, shape


def _spread(op: TransposeConv, x: Tensor) -> Shape:
    """The output loses a stride for each pixel that the input has lost."""
    old = op.inputs[0]
    sizes = [
        op.outputs[0].shape[1 + i] - (old.shape[1 + i] - x.shape[1 + i]) * op.stride[i]
        for i in (0, 1)
    ]
    if min(sizes) < 1:
        raise DoesNotFitError
    return (x.shape[0], *sizes, op.filter.shape[0])


def _parts(op: Split, x: Tensor) -> tuple[Tensor, ...]:
    """The parts keep their sizes along the axis of the cut."""
    if x.shape[op.axis] != op.inputs[0].shape[op.axis]:
        raise DoesNotFitError
    before, after = x.shape[: op.axis], x.shape[op.axis + 1 :]
    return tuple(replace(t, shape=(*before, t.shape[op.axis], *after)) for t in op.outputs)


def _sliced(op: StridedSlice, x: Tensor) -> Shape:
    """An axis taken whole stays so; of another one, the same elements must be there."""
    kept = []
    for axis, size in enumerate(op.sizes):
        old, new = op.inputs[0].shape[axis], x.shape[axis]
        whole = size == old and op.stride[axis] == 1
        last = op.begin[axis] + op.stride[axis] * (size - 1)
        if not whole and max(op.begin[axis], last) >= new:
            raise DoesNotFitError
        if axis not in op.shrunk:
            kept.append(new if whole else size)
    return tuple(kept)


def _weighted(
    op: Conv2D | DepthwiseConv2D | TransposeConv | FullyConnected,
    x: Tensor,
    filters: Tensor,
    shape: Shape,
) -> Op:
    bias = crop(op.bias, (shape[-1],)) if op.bias else None
    inputs = (x, filters, bias) if bias else (x, filters)
    output = replace(op.outputs[0], shape=shape)
    return replace(op, inputs=inputs, outputs=(output,), filter=filters, bias=bias)


def _positions(x: Tensor, window: Shape, op: Conv2D | DepthwiseConv2D | Pool2D) -> Shape:
    dilation = (1, 1) if isinstance(op, Pool2D) else op.dilation
    axes = zip(x.shape[1:3], window, op.stride, dilation, strict=True)
    positions = tuple(window_output(*axis, op.padding) for axis in axes)
    if min(positions) < 1:
        raise DoesNotFitError
    return positions


def _reshaped(op: Reshape, x: Tensor) -> Shape:
    target = op.outputs[0].shape
    if x.elements == op.outputs[0].elements:
        return target
    if len(target) == 2 and target[0] == 1:
        return (1, x.elements)
    if len(target) == 2 and target[0] == op.inputs[0].shape[1]:
        return (x.shape[1], x.elements // x.shape[1])
    return _without_ones(op, x)


def _without_ones(op: Reshape, x: Tensor) -> Shape:
    """Where only axes of size 1 come or go, the others follow the input."""
    sizes = [new for old, new in zip(op.inputs[0].shape, x.shape, strict=True) if old != 1]
    old = [size for size in op.inputs[0].shape if size != 1]
    target = op.outputs[0].shape
    if old != [size for size in target if size != 1]:
        raise DoesNotFitError
    left = iter(sizes)
    return tuple(1 if size == 1 else next(left) for size in target)


def _operands(sources: tuple[Tensor, ...]) -> tuple[tuple[Tensor, ...], Shape]:
    a, b = sources
    if b.data is not None:
        tail = a.shape[len(a.shape) - len(b.shape) :]
        b = crop(b, tuple(min(pair) for pair in zip(tail, b.shape, strict=True)))
    shape = broadcast(a.shape, b.shape)
    if shape is None:
        raise DoesNotFitError
    return (a, b), shape


def _joined(op: Concatenation, sources: tuple[Tensor, ...]) -> Shape:
    shapes = [list(tensor.shape) for tensor in sources]
    total = sum(shape[op.axis] for shape in shapes)
    for shape in shapes:
        shape[op.axis] = total
    if any(shape != shapes[0] for shape in shapes):
        raise DoesNotFitError
    return tuple(shapes[0])
