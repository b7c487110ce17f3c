"""Rules of RESHAPE, SQUEEZE, EXPAND_DIMS, PAD, PADV2 and CONCATENATION."""

from __future__ import annotations

from tinyedge.graph.ops import Concatenation, Pad, Reshape
from tinyedge.graph.types import Activation, DType
from tinyedge.graph.verify.checker import Checker

_MAX_PARTS = 10
"""Inputs that TFLM's CONCATENATION takes."""


def reshape(check: Checker, op: Reshape) -> None:
    """The new shape is the output's; the list of sizes, or the axis, is a constant."""
    source, target = op.inputs[0], op.outputs[0]
    check.expect_rank(source, 0, 6)
    if source.elements != target.elements:
        check.fail(f"{list(source.shape)} does not fit {list(target.shape)}")
    if source.dtype is not target.dtype:
        check.fail(f"reads {source.dtype.value} and writes {target.dtype.value}")
    for sizes in op.inputs[1:]:
        check.expect_constant(sizes, "the new shape or axis", DType.INT32)
    check.int8(source, target)


def pad(check: Checker, op: Pad) -> None:
    """PADV2's value is in the output's quantization."""
    source, target = op.inputs[0], op.outputs[0]
    check.expect_rank(source, 1, 5)
    check.expect_constant(op.inputs[1], "the list of paddings", DType.INT32)
    sizes = zip(op.before, source.shape, op.after, strict=True)
    check.expect_shape(target, tuple(sum(parts) for parts in sizes))
    if source.dtype is not target.dtype:
        check.fail(f"reads {source.dtype.value} and writes {target.dtype.value}")
    if check.int8(source, target):
        for value in op.inputs[2:]:
            check.expect_constant(value, "the padding value", DType.INT8)
            check.expect_same_quant(value, target)


def concatenation(check: Checker, op: Concatenation) -> None:
    """All inputs have the output's quantization, for nothing is rescaled."""
    target = op.outputs[0]
    check.expect_rank(target, 1, 6)
    if len(op.inputs) > _MAX_PARTS:
        check.fail(f"{len(op.inputs)} inputs; at most {_MAX_PARTS} are supported")
    if op.activation is not Activation.NONE:
        check.fail(f"fused activation {op.activation.value}", "NONE is allowed")
    before, after = target.shape[: op.axis], target.shape[op.axis + 1 :]
    for part in op.inputs:
        check.expect_rank(part, len(target.shape), len(target.shape))
        check.expect_shape(part, (*before, part.shape[op.axis], *after))
        if part.dtype is not target.dtype:
            check.fail(f"reads {part.dtype.value} and writes {target.dtype.value}")
        if check.int8(part, target):
            check.expect_same_quant(part, target)
    joined = sum(part.shape[op.axis] for part in op.inputs)
    check.expect_shape(target, (*before, joined, *after))
