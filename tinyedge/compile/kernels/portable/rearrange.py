"""STRIDED_SLICE, SPLIT and TRANSPOSE."""

from __future__ import annotations

import numpy as np

from tinyedge.compile import params as p
from tinyedge.compile.kernels import packing
from tinyedge.compile.kernels.base import Overlap
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.portable.base import Portable
from tinyedge.compile.program import Node

GATHER_RANK = 5


class Gather(Portable):
    """Bytes at regular distances."""

    family = p.Gather
    per_output = 8.0
    domain = None

    def applies(self, node: Node) -> bool:
        return isinstance(node.params, p.Gather) and len(node.params.shape) <= GATHER_RANK

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Gather)
        missing = GATHER_RANK - len(q.shape)
        return (
            ("offset", q.offset),
            ("shape", (1,) * missing + q.shape),
            ("stride", (0,) * missing + q.stride),
        )

    def overlap(self, node: Node, operand: int) -> Overlap:  # noqa: ARG002
        q = node.params
        assert isinstance(q, p.Gather)
        axes = zip(q.shape, q.stride, strict=True)
        at = np.ix_(*(stride * np.arange(size, dtype=np.int64) for size, stride in axes))
        return packing.gather_overlap(q.offset + np.asarray(sum(at)).reshape(-1))
