"""MAX_POOL_2D, AVERAGE_POOL_2D, MEAN, ARG_MAX and ARG_MIN."""

from __future__ import annotations

from tinyedge.compile import params as p
from tinyedge.compile.kernels import packing, strides
from tinyedge.compile.kernels.base import Overlap
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.portable.base import Portable, one_multiplier, pixel_by_pixel
from tinyedge.compile.program import Node


class Pool(Portable):
    """MAX_POOL_2D and AVERAGE_POOL_2D."""

    def __init__(self, name: str, family: type[p.Pool]) -> None:
        super().__init__(name, "te_pool.c")
        self.family = family

    def cost(self, node: Node) -> int:
        q = node.params
        assert isinstance(q, p.Pool)
        return (20 + 5 * q.window[0] * q.window[1]) * node.output.bytes

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Pool)
        return (
            *packing.window(q, q.window, (1, 1)),
            ("channels", q.input_shape[3]),
            ("low", q.low),
            ("high", q.high),
        )

    def overlap(self, node: Node, operand: int) -> Overlap:  # noqa: ARG002
        assert isinstance(node.params, p.Pool)
        return pixel_by_pixel(node, node.params)


class Mean(Portable):
    """MEAN over any axes."""

    family = p.Mean

    def applies(self, node: Node) -> bool:
        q = node.params
        return isinstance(q, p.Mean) and strides.mean(q) is not None

    def cost(self, node: Node) -> int:
        q = node.params
        assert isinstance(q, p.Mean)
        return (30 + 5 * q.count) * node.output.bytes

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Mean)
        merged = strides.mean(q)
        assert merged is not None
        return (*merged, ("offset", -q.input_zero_point * q.count), *one_multiplier(q.requant))


class ArgExtreme(Portable):
    """ARG_MAX and ARG_MIN."""

    def __init__(self, name: str, family: type[p.ArgExtreme]) -> None:
        super().__init__(name, "te_arg_extreme.c")
        self.family = family

    def cost(self, node: Node) -> int:
        q = node.params
        assert isinstance(q, p.ArgExtreme)
        return 6 * q.outer * q.size * q.inner

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.ArgExtreme)
        return (("outer", q.outer), ("size", q.size), ("inner", q.inner))
