"""Runs two layers together by strips of rows, each with a kernel of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from tinyedge.compile.kernels.base import Kernel, Overlap
from tinyedge.compile.kernels.packing import Fields, round_up
from tinyedge.compile.params import Params, Shape4, Strips
from tinyedge.compile.plan import Call, Constant, Domain, Instance
from tinyedge.compile.program import Node, Value

#: instructions a row of a strip takes besides what its kernels count
_PER_ROW = 40


@dataclass(frozen=True)
class _Part:
    """One of the two layers: its call on a strip, and the kernel that takes it."""

    node: Node
    kernel: Kernel

    @property
    def cost(self) -> int:
        return self.kernel.cost(self.node)

    @property
    def cycles(self) -> int:
        return self.kernel.cycles(self.node)

    @property
    def scratch(self) -> int:
        return self.kernel.scratch_bytes(self.node)

    def call(self, role: str) -> Call:
        fields = tuple(
            (name, replace(value, role=f"{role}_{value.role}"))
            if isinstance(value, Constant)
            else (name, value)
            for name, value in self.kernel.fields(self.node)
        )
        return Call(role, self.kernel.name, fields, scratch=self.scratch > 0)


class StripsKernel(Kernel):
    """Takes what two of those ``kernels`` take that work in ``domain``."""

    name = "te_strips"

    def __init__(self, kernels: Sequence[Kernel], domain: Domain) -> None:
        self._kernels = tuple(kernel for kernel in kernels if kernel.domain is domain)
        self.domain = domain
        self._parts = cache(self._split)
        self.sources = ("portable/te_strips.c",)

    def files(self, node: Node) -> tuple[str, ...]:
        _, first, second = self._known(node)
        parts = {source for part in (first, second) for source in part.kernel.files(part.node)}
        return (*self.sources, *sorted(parts))

    def drivers(self, node: Node) -> tuple[str, ...]:
        _, first, second = self._known(node)
        return (self.name, *(n for part in (first, second) for n in part.kernel.drivers(part.node)))

    def instances(self, node: Node) -> tuple[Instance, ...]:
        _, first, second = self._known(node)
        return tuple(one for part in (first, second) for one in part.kernel.instances(part.node))

    def cycles(self, node: Node) -> int:
        q, first, second = self._known(node)
        parts = q.input_rows * first.cycles + q.strips * second.cycles
        own = self.cost(node) - q.input_rows * first.cost - q.strips * second.cost
        return parts + round(own * self.cycles_per_instruction)

    def applies(self, node: Node) -> bool:
        return isinstance(node.params, Strips) and self._parts(node) is not None

    def cost(self, node: Node) -> int:
        q, first, second = self._known(node)
        rows = q.strips * q.strip_rows
        moved = q.strips * max(0, q.strip_rows - q.advance) * _bytes(q.first.output_shape) // 2
        return q.input_rows * first.cost + q.strips * second.cost + rows * _PER_ROW + moved

    def fields(self, node: Node) -> Fields:
        q, first, second = self._known(node)
        return (
            ("first", first.call("first")),
            ("second", second.call("second")),
            ("input_rows", q.input_rows),
            ("input_row_bytes", _bytes(q.first.input_shape)),
            ("strip_rows", q.strip_rows),
            ("strip_row_bytes", _bytes(q.first.output_shape)),
            ("strip_bytes", self._strip_bytes(node)),
            ("strips", q.strips),
            ("advance", q.advance),
            ("top", q.top),
            ("padding", q.second.input_zero_point + (128 if self.domain is Domain.OFFSET else 0)),
            ("output_strip_bytes", _bytes(q.second.output_shape)),
        )

    def scratch_bytes(self, node: Node) -> int:
        _, first, second = self._known(node)
        return self._strip_bytes(node) + round_up(max(first.scratch, second.scratch), 4)

    def input_tail(self, node: Node) -> int:
        _, first, _ = self._known(node)
        return first.kernel.input_tail(first.node)

    def output_tail(self, node: Node) -> int:
        _, _, second = self._known(node)
        return second.kernel.output_tail(second.node)

    def align(self, node: Node) -> int:
        return math.lcm(*(part.kernel.align(part.node) for part in self._known(node)[1:]))

    def overlap(self, node: Node, operand: int) -> Overlap:
        """A strip of outputs is written when the rows of its strip, and no more, have been read."""
        q, _, _ = self._known(node)
        i = np.arange(q.strips - 1, dtype=np.int64)
        written = (i + 1) * _bytes(q.second.output_shape) + self.output_tail(node)
        read = (i * q.advance - q.top + q.strip_rows) * _bytes(q.first.input_shape)
        pending = read < node.inputs[operand].bytes
        lead = np.where(pending, written - read, 0).max(initial=0)
        return Overlap(max(0, int(lead)), node.inputs[operand].bytes)

    def _strip_bytes(self, node: Node) -> int:
        """What the first layer writes, and the second may read, past the strip included."""
        q, first, second = self._known(node)
        tail = max(first.kernel.output_tail(first.node), second.kernel.input_tail(second.node))
        return round_up(q.strip_rows * _bytes(q.first.output_shape) + tail, 4)

    def _known(self, node: Node) -> tuple[Strips, _Part, _Part]:
        parts = self._parts(node)
        assert isinstance(node.params, Strips)
        assert parts is not None
        return node.params, *parts

    def _split(self, node: Node) -> tuple[_Part, _Part] | None:
        q = node.params
        assert isinstance(q, Strips)
        row = replace(node.inputs[0], shape=q.first.input_shape)
        strip = replace(node.inputs[0], shape=q.second.input_shape)
        first = self._part(node, q.first, row, q.first.output_shape)
        second = self._part(node, q.second, strip, q.second.output_shape)
        return (first, second) if first and second else None

    def _part(self, node: Node, params: Params, source: Value, shape: Shape4) -> _Part | None:
        output = replace(node.output, shape=shape)
        macs = int(np.prod(shape)) * _taps(params)
        part = Node(node.name, node.ops, params, (source,), output, macs)
        fitting = [kernel for kernel in self._kernels if kernel.applies(part)]
        best = min(fitting, key=lambda kernel: kernel.cost(part), default=None)
        return _Part(part, best) if best else None


def _bytes(shape: Shape4) -> int:
    return int(np.prod(shape))


def _taps(params: Params) -> int:
    filters = params.filter  # type: ignore[attr-defined]
    return int(filters.size // params.output_shape[3])  # type: ignore[attr-defined]
