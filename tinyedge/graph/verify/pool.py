"""Rules of MAX_POOL_2D, AVERAGE_POOL_2D, MEAN, ARG_MAX and ARG_MIN."""

from __future__ import annotations

from tinyedge.graph.geometry import window_output
from tinyedge.graph.ops import ArgExtreme, Mean, Pool2D
from tinyedge.graph.quantized import rescale_multiplier
from tinyedge.graph.types import DType
from tinyedge.graph.verify.checker import Checker

_SCALE_TOLERANCE = 1e-6
"""By which TFLM lets the scales of a pooling's input and output differ."""


def pool2d(check: Checker, op: Pool2D) -> None:
    """Input and output share their quantization."""
    source, target = op.inputs[0], op.outputs[0]
    check.expect_rank(source, 4, 4)
    sizes = [
        window_output(source.shape[1 + i], op.window[i], op.stride[i], 1, op.padding)
        for i in range(2)
    ]
    if min(sizes) < 1:
        check.fail(f"the window {list(op.window)} is larger than the input")
    check.expect_shape(target, (source.shape[0], *sizes, source.shape[3]))
    if check.int8(source, target):
        check.expect_same_quant(source, target, _SCALE_TOLERANCE)
        check.expect_activation(op.activation, target.q)


def mean(check: Checker, op: Mean) -> None:
    """Any axes; may requantize."""
    source, target = op.inputs[0], op.outputs[0]
    check.expect_rank(source, 1, 6)
    check.expect_constant(op.inputs[1], "the list of axes", DType.INT32)
    if op.keep_dims:
        expected = tuple(1 if i in op.axes else n for i, n in enumerate(source.shape))
    else:
        expected = tuple(n for i, n in enumerate(source.shape) if i not in op.axes)
    check.expect_shape(target, expected)
    if check.int8(source, target):
        check.expect_shift(rescale_multiplier(source.q, target.q).shift)


def arg_extreme(check: Checker, op: ArgExtreme) -> None:
    """An index is an int32."""
    source, target = op.inputs[0], op.outputs[0]
    check.expect_rank(source, 1, 6)
    check.expect_constant(op.inputs[1], "the axis", DType.INT32)
    check.expect_shape(target, (*source.shape[: op.axis], *source.shape[op.axis + 1 :]))
    if target.dtype is not DType.INT32:
        check.fail(f"writes {target.dtype.value}, not int32", "set output_type to int32")
    check.int8(source)
