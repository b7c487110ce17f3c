"""Rules of STRIDED_SLICE, SPLIT, SPLIT_V and TRANSPOSE."""

from __future__ import annotations

from tinyedge.graph.ops import Split, StridedSlice, Transpose
from tinyedge.graph.types import DType, Op
from tinyedge.graph.verify.checker import Checker

_SLICE_RANK = 4
_TRANSPOSE_RANK = 5


def strided_slice(check: Checker, op: StridedSlice) -> None:
    """The reader has compared the output's shape with what begin, end and stride say."""
    check.expect_rank(op.inputs[0], 1, _SLICE_RANK)
    check.expect_rank(op.outputs[0], 0, _SLICE_RANK)
    for tensor, name in zip(op.inputs[1:], ("begin", "end", "strides"), strict=False):
        check.expect_constant(tensor, name, DType.INT32)
    _check_types(check, op)


def split(check: Checker, op: Split) -> None:
    """The outputs' sizes add up to the input's; those of SPLIT are equal."""
    source = op.inputs[0]
    check.expect_rank(source, 1, 6)
    before, after = source.shape[: op.axis], source.shape[op.axis + 1 :]
    for part in op.outputs:
        check.expect_rank(part, len(source.shape), len(source.shape))
        check.expect_shape(part, (*before, part.shape[op.axis], *after))
    sizes = [part.shape[op.axis] for part in op.outputs]
    if sum(sizes) != source.shape[op.axis]:
        check.fail(f"{sizes} of {source.shape[op.axis]} elements along axis {op.axis}")
    if not op.has_sizes and len(set(sizes)) > 1:
        check.fail(f"unequal parts {sizes}", "SPLIT_V has these")
    _check_types(check, op)


def transpose(check: Checker, op: Transpose) -> None:
    """Any order of the axes."""
    source = op.inputs[0]
    check.expect_rank(source, 1, _TRANSPOSE_RANK)
    for permutation in op.inputs[1:]:
        check.expect_constant(permutation, "the permutation", DType.INT32)
    check.expect_shape(op.outputs[0], tuple(source.shape[axis] for axis in op.permutation))
    _check_types(check, op)


def _check_types(check: Checker, op: Op) -> None:
    for tensor in op.outputs:
        if tensor.dtype is not op.inputs[0].dtype:
            check.fail(f"reads {op.inputs[0].dtype.value} and writes {tensor.dtype.value}")
    check.int8(op.inputs[0], *op.outputs)
