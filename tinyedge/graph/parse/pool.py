"""Parsers of MAX_POOL_2D, AVERAGE_POOL_2D, MEAN, ARG_MAX and ARG_MIN."""

from __future__ import annotations

import tflite

from tinyedge.graph.ops import ArgExtreme, Mean, Pool2D
from tinyedge.graph.ops.pool import Extreme, PoolKind
from tinyedge.graph.parse.site import Site


def _pool(site: Site, function: PoolKind) -> Pool2D:
    site.expect(inputs=(1, 1))
    options = site.options(tflite.Pool2DOptions)
    return Pool2D(
        site.index,
        (site.tensor(0),),
        site.outputs,
        function=function,
        window=site.positive("window", options.FilterHeight(), options.FilterWidth()),
        stride=site.positive("stride", options.StrideH(), options.StrideW()),
        padding=site.padding(options.Padding()),
        activation=site.activation(options.FusedActivationFunction()),
    )


def _max_pool(site: Site) -> Pool2D:
    return _pool(site, PoolKind.MAX)


def _average_pool(site: Site) -> Pool2D:
    return _pool(site, PoolKind.AVERAGE)


def _mean(site: Site) -> Mean:
    site.expect(inputs=(2, 2))
    rank = len(site.tensor(0).shape)
    axes = sorted({site.axis(axis, rank) for axis in site.ints(1, "the list of axes")})
    if not axes:
        site.fail("no axes to average over")
    keep = bool(site.options(tflite.ReducerOptions).KeepDims())
    return Mean(site.index, site.inputs, site.outputs, tuple(axes), keep)


def _arg_extreme(site: Site, function: Extreme) -> ArgExtreme:
    site.expect(inputs=(2, 2))
    axis = site.one_axis(1, len(site.tensor(0).shape))
    return ArgExtreme(site.index, site.inputs, site.outputs, function, axis)


def _arg_max(site: Site) -> ArgExtreme:
    return _arg_extreme(site, Extreme.MAX)


def _arg_min(site: Site) -> ArgExtreme:
    return _arg_extreme(site, Extreme.MIN)


PARSERS = {
    tflite.BuiltinOperator.MAX_POOL_2D: _max_pool,
    tflite.BuiltinOperator.AVERAGE_POOL_2D: _average_pool,
    tflite.BuiltinOperator.MEAN: _mean,
    tflite.BuiltinOperator.ARG_MAX: _arg_max,
    tflite.BuiltinOperator.ARG_MIN: _arg_min,
}
