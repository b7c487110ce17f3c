"""STRIDED_SLICE, SPLIT, SPLIT_V and TRANSPOSE: elements move, none changes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinyedge.graph.ops import Split, StridedSlice, Transpose
from tinyedge.graph.types import Array


def strided_slice(op: StridedSlice, inputs: Sequence[Array]) -> Array:
    """Every so many-th element along each axis."""
    axes = zip(op.begin, op.stride, op.sizes, strict=True)
    taken = np.ix_(*(begin + stride * np.arange(size) for begin, stride, size in axes))
    return inputs[0][taken].reshape(op.outputs[0].shape)


def split(op: Split, inputs: Sequence[Array]) -> tuple[Array, ...]:
    """The input in as many pieces as there are outputs."""
    return tuple(np.split(inputs[0], op.starts[1:], axis=op.axis))


def transpose(op: Transpose, inputs: Sequence[Array]) -> Array:
    """The axes in another order."""
    return np.ascontiguousarray(inputs[0].transpose(op.permutation))
