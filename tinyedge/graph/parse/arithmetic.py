"""Parsers of ADD and MUL."""

from __future__ import annotations

import tflite

from tinyedge.graph.ops import Add, Mul
from tinyedge.graph.parse.site import Site


def _add(site: Site) -> Add:
    site.expect(inputs=(2, 2))
    options = site.options(tflite.AddOptions)
    activation = site.activation(options.FusedActivationFunction())
    return Add(site.index, (site.tensor(0), site.tensor(1)), site.outputs, activation)


def _mul(site: Site) -> Mul:
    site.expect(inputs=(2, 2))
    options = site.options(tflite.MulOptions)
    activation = site.activation(options.FusedActivationFunction())
    return Mul(site.index, (site.tensor(0), site.tensor(1)), site.outputs, activation)


PARSERS = {tflite.BuiltinOperator.ADD: _add, tflite.BuiltinOperator.MUL: _mul}
