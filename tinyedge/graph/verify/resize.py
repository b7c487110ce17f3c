"""Rules of RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR."""

from __future__ import annotations

from tinyedge.graph import resampling
from tinyedge.graph.ops import Resize
from tinyedge.graph.ops.resize import ResizeKind
from tinyedge.graph.types import DType
from tinyedge.graph.verify.checker import Checker

_MAX_SIZE = 1 << 15


def resize(check: Checker, op: Resize) -> None:
    """Height and width change, and nothing else."""
    source, target = op.inputs[0], op.outputs[0]
    check.expect_rank(source, 4, 4)
    check.expect_rank(target, 4, 4)
    check.expect_shape(target, (source.shape[0], *target.shape[1:3], source.shape[3]))
    for sizes in op.inputs[1:]:
        check.expect_constant(sizes, "the new size", DType.INT32)
        check.expect_shape(sizes, (2,))
    if max(*source.shape[1:3], *target.shape[1:3]) >= _MAX_SIZE:
        check.fail(f"{list(source.shape)} to {list(target.shape)} is too large")
    if source.dtype is not target.dtype:
        check.fail(f"reads {source.dtype.value} and writes {target.dtype.value}")
    if op.function is ResizeKind.BILINEAR:
        _check_bilinear(check, op)
    check.int8(source, target)


def _check_bilinear(check: Checker, op: Resize) -> None:
    if op.align_corners and op.half_pixel_centers:
        check.fail("both align_corners and half_pixel_centers", "only one of them is allowed")
    for axis, along in zip((1, 2), resampling.bilinear(op), strict=True):
        low, _, _ = along.position(op.outputs[0].shape[axis])
        if low.max() >= along.size:  # what TFLM reads there is not the tensor's
            count = op.outputs[0].shape[axis]
            check.fail(f"{along.size} to {count} pixels: 10 bits do not tell them apart")
