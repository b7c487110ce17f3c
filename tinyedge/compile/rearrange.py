"""STRIDED_SLICE, SPLIT and TRANSPOSE as strides over the input's bytes; as copies where none moves.

Axes of size 1 are left out and axes that stay together are one, so that rows are long.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tinyedge.compile import params as p
from tinyedge.graph import ops


def strided_slice(op: ops.StridedSlice) -> p.Params:
    """Return how the output's bytes lie in the input."""
    steps = _steps(op.inputs[0].shape)
    offset = sum(begin * step for begin, step in zip(op.begin, steps, strict=True))
    strides = [stride * step for stride, step in zip(op.stride, steps, strict=True)]
    return _gather(offset, op.sizes, strides, op.inputs[0].elements)


def transpose(op: ops.Transpose) -> p.Params:
    """Return how the output's bytes lie in the input."""
    steps = _steps(op.inputs[0].shape)
    strides = [steps[axis] for axis in op.permutation]
    return _gather(0, op.outputs[0].shape, strides, op.inputs[0].elements)


def split(op: ops.Split) -> tuple[p.Params, ...]:
    """Return how each output's bytes lie in the input."""
    steps = _steps(op.inputs[0].shape)
    return tuple(
        _gather(start * steps[op.axis], part.shape, steps, op.inputs[0].elements)
        for start, part in zip(op.starts, op.outputs, strict=True)
    )


def _steps(shape: Sequence[int]) -> list[int]:
    """Elements from one index to the next along each axis."""
    return [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]


def _gather(offset: int, shape: Sequence[int], strides: Sequence[int], whole: int) -> p.Params:
    axes: list[tuple[int, int]] = []
    for size, stride in zip(shape, strides, strict=True):
        if size == 1:
            continue
        if axes and axes[-1][1] == size * stride:
            axes.append((axes.pop()[0] * size, stride))
        else:
            axes.append((size, stride))
    axes = axes or [(1, 1)]
    if offset == 0 and axes == [(whole, 1)]:
        return p.Copy(whole)
    return p.Gather(offset, tuple(size for size, _ in axes), tuple(stride for _, stride in axes))
