"""Operators that move elements and compute none."""

from __future__ import annotations

import numpy as np

from tinyedge.compile import params as p
from tinyedge.compile.kernels import strides
from tinyedge.compile.kernels.base import Overlap
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.portable.base import Portable
from tinyedge.compile.plan import Constant
from tinyedge.compile.program import Node


class Pad(Portable):
    """PAD and PADV2."""

    family = p.Pad
    per_output = 2.0

    def applies(self, node: Node) -> bool:
        q = node.params
        return isinstance(q, p.Pad) and strides.pad(q) is not None

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Pad)
        merged = strides.pad(q)
        assert merged is not None
        return (*merged, ("value", q.value))


class Concatenation(Portable):
    """CONCATENATION."""

    family = p.Concatenation
    per_output = 2.0

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Concatenation)
        return (
            ("outer", q.outer),
            ("count", len(q.chunks)),
            ("chunks", Constant("chunks", np.array(q.chunks, np.int32))),
        )


class Copy(Portable):
    """A copy of bytes."""

    family = p.Copy
    per_output = 2.0

    def fields(self, node: Node) -> Fields:
        return (("bytes", node.output.bytes),)

    def overlap(self, node: Node, operand: int) -> Overlap:  # noqa: ARG002
        return Overlap(lead=0, lag=0)
