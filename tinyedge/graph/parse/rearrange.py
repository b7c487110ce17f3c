"""Parsers of STRIDED_SLICE, SPLIT, SPLIT_V and TRANSPOSE."""

from __future__ import annotations

from typing import Any

import tflite

from tinyedge.graph.ops import Split, StridedSlice, Transpose
from tinyedge.graph.parse.site import Site

_MAX_PARTS = 1 << 10


def _strided_slice(site: Site) -> StridedSlice:
    site.expect(inputs=(4, 4))
    options = site.options(tflite.StridedSliceOptions)
    if options.EllipsisMask() or options.NewAxisMask() or options.Offset():
        site.fail("an ellipsis, a new axis or an offset", "name every axis of the input once")
    shape = site.tensor(0).shape
    axes = [_axis(site, options, axis, size) for axis, size in enumerate(shape)]
    kept = tuple(count for _, _, count, shrunk in axes if not shrunk)
    if site.outputs[0].shape != kept:
        site.fail(f"the output has shape {list(site.outputs[0].shape)}, the slice {list(kept)}")
    return StridedSlice(
        site.index,
        site.inputs,
        site.outputs,
        begin=tuple(begin for begin, _, _, _ in axes),
        stride=tuple(stride for _, stride, _, _ in axes),
        shrunk=tuple(axis for axis, (_, _, _, shrunk) in enumerate(axes) if shrunk),
    )


def _axis(site: Site, options: Any, axis: int, size: int) -> tuple[int, int, int, bool]:
    """Return first index, stride and number of what is taken along ``axis``, and if it goes."""
    lists = [site.ints(i, name) for i, name in ((1, "begin"), (2, "end"), (3, "strides"))]
    if any(axis >= len(values) for values in lists):
        site.fail(f"nothing is said of axis {axis}", "name every axis of the input once")
    begin, end, stride = (values[axis] for values in lists)
    if stride == 0:
        site.fail(f"stride 0 along axis {axis}")
    bit = 1 << axis
    if options.ShrinkAxisMask() & bit:
        first = begin + size if begin < 0 else begin
        first = 0 if options.BeginMask() & bit else first
        if stride < 0 or not 0 <= first < size:
            site.fail(f"index {begin} by {stride} along axis {axis} of {size} elements")
        return first, 1, 1, True
    # Python's slices have TensorFlow's rules.
    taken = range(size)[
        slice(
            None if options.BeginMask() & bit else begin,
            None if options.EndMask() & bit else end,
            stride,
        )
    ]
    return taken.start, stride, len(taken), False


def _split(site: Site) -> Split:
    site.expect(inputs=(2, 2), outputs=(1, _MAX_PARTS))
    return _parts(site, value=1, axis=0)


def _split_v(site: Site) -> Split:
    site.expect(inputs=(3, 3), outputs=(1, _MAX_PARTS))
    return _parts(site, value=0, axis=2)


def _parts(site: Site, value: int, axis: int) -> Split:
    """``value`` and ``axis`` say which input is which."""
    source = site.tensor(value)
    along = site.one_axis(axis, len(source.shape))
    return Split(site.index, (source,), site.outputs, along, has_sizes=axis == 2)


def _transpose(site: Site) -> Transpose:
    site.expect(inputs=(2, 2))
    permutation = site.ints(1, "the permutation")
    if sorted(permutation) != list(range(len(site.tensor(0).shape))):
        site.fail(f"permutation {list(permutation)}", "every axis of the input appears once")
    return Transpose(site.index, site.inputs, site.outputs, permutation)


PARSERS = {
    tflite.BuiltinOperator.STRIDED_SLICE: _strided_slice,
    tflite.BuiltinOperator.SPLIT: _split,
    tflite.BuiltinOperator.SPLIT_V: _split_v,
    tflite.BuiltinOperator.TRANSPOSE: _transpose,
}
