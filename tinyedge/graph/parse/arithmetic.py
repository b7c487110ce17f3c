"""Parsers of the functions of two elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tflite

from tinyedge.graph.ops import Add, Maximum, Minimum, Mul, Prelu, Sub
from tinyedge.graph.parse.site import Site
from tinyedge.graph.types import Op, Tensor


def _operands(site: Site) -> tuple[Tensor, Tensor]:
    site.expect(inputs=(2, 2))
    return site.tensor(0), site.tensor(1)


def _fused(build: Callable[..., Op], table: Any) -> Callable[[Site], Op]:
    """Parser of an operator that ends in an activation; ``table`` is its class of options."""

    def parse(site: Site) -> Op:
        operands = _operands(site)
        activation = site.activation(site.options(table).FusedActivationFunction())
        return build(site.index, operands, site.outputs, activation)

    return parse


def _plain(build: Callable[..., Op]) -> Callable[[Site], Op]:
    """Parser of an operator without parameters."""
    return lambda site: build(site.index, _operands(site), site.outputs)


PARSERS = {
    tflite.BuiltinOperator.ADD: _fused(Add, tflite.AddOptions),
    tflite.BuiltinOperator.SUB: _fused(Sub, tflite.SubOptions),
    tflite.BuiltinOperator.MUL: _fused(Mul, tflite.MulOptions),
    tflite.BuiltinOperator.MINIMUM: _plain(Minimum),
    tflite.BuiltinOperator.MAXIMUM: _plain(Maximum),
    tflite.BuiltinOperator.PRELU: _plain(Prelu),
}
