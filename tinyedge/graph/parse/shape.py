"""Parsers of RESHAPE, SQUEEZE, EXPAND_DIMS, PAD, PADV2 and CONCATENATION."""

from __future__ import annotations

import numpy as np
import tflite

from tinyedge.graph.ops import Concatenation, ExpandDims, Pad, Reshape, Squeeze
from tinyedge.graph.parse.site import Site


def _reshape(site: Site) -> Reshape:
    site.expect(inputs=(1, 2))
    site.tensor(0)
    return Reshape(site.index, site.inputs, site.outputs)


def _squeeze(site: Site) -> Squeeze:
    site.expect(inputs=(1, 1))
    options = site.options(tflite.SqueezeOptions)
    shape = site.tensor(0).shape
    if options.SqueezeDimsLength() > len(shape):
        site.fail(f"{options.SqueezeDimsLength()} axes to leave out of {len(shape)}")
    named = [options.SqueezeDims(i) for i in range(options.SqueezeDimsLength())]
    axes = {site.axis(axis, len(shape)) for axis in named}
    axes = axes or {axis for axis, size in enumerate(shape) if size == 1}
    if any(shape[axis] != 1 for axis in axes):
        site.fail(f"axes {sorted(axes)} of {list(shape)} are not all of size 1")
    _expect_shape(site, tuple(size for axis, size in enumerate(shape) if axis not in axes))
    return Squeeze(site.index, site.inputs, site.outputs)


def _expand_dims(site: Site) -> ExpandDims:
    site.expect(inputs=(2, 2))
    shape = site.tensor(0).shape
    axis = site.one_axis(1, len(shape) + 1)
    _expect_shape(site, (*shape[:axis], 1, *shape[axis:]))
    return ExpandDims(site.index, site.inputs, site.outputs)


def _expect_shape(site: Site, expected: tuple[int, ...]) -> None:
    if site.outputs[0].shape != expected:
        site.fail(f"the output has shape {list(site.outputs[0].shape)}, not {list(expected)}")


def _amounts(site: Site) -> tuple[tuple[int, ...], tuple[int, ...]]:
    flat = site.ints(1, "the list of paddings")
    rank = len(site.tensor(0).shape)
    if len(flat) != 2 * rank:
        site.fail(f"{len(flat)} paddings for {rank} axes", "two for each axis are needed")
    if any(not 0 <= amount < 1 << 16 for amount in flat):
        site.fail(f"paddings {list(flat)}", "each is 0 or more")
    return flat[0::2], flat[1::2]


def _pad(site: Site) -> Pad:
    site.expect(inputs=(2, 2))
    before, after = _amounts(site)
    quant = site.outputs[0].quant
    value = quant.zero_point if quant else 0
    return Pad(site.index, site.inputs, site.outputs, before, after, value)


def _pad_v2(site: Site) -> Pad:
    site.expect(inputs=(3, 3))
    before, after = _amounts(site)
    constant = site.tensor(2)
    if constant.data is None or constant.elements != 1:
        site.fail("the padding value must be one constant", "give it as a constant")
    value = int(np.asarray(constant.data).reshape(-1)[0])
    return Pad(site.index, site.inputs, site.outputs, before, after, value)


def _concatenation(site: Site) -> Concatenation:
    site.expect(inputs=(1, 1 << 10))
    options = site.options(tflite.ConcatenationOptions)
    axis = site.axis(options.Axis(), len(site.tensor(0).shape))
    activation = site.activation(options.FusedActivationFunction())
    inputs = tuple(site.tensor(i) for i in range(len(site.raw.inputs)))
    return Concatenation(site.index, inputs, site.outputs, axis, activation)


PARSERS = {
    tflite.BuiltinOperator.RESHAPE: _reshape,
    tflite.BuiltinOperator.SQUEEZE: _squeeze,
    tflite.BuiltinOperator.EXPAND_DIMS: _expand_dims,
    tflite.BuiltinOperator.PAD: _pad,
    tflite.BuiltinOperator.PADV2: _pad_v2,
    tflite.BuiltinOperator.CONCATENATION: _concatenation,
}
