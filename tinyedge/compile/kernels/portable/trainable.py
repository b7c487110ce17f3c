"""Dense layers that the device can train (``runtime/aot/kernels/trainable``)."""

from __future__ import annotations

from tinyedge.compile import params as p
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.portable.base import Portable
from tinyedge.compile.kernels.portable.conv import matrix
from tinyedge.compile.program import Node


class Trainable(Portable):
    """FULLY_CONNECTED on weights that the device may have changed."""

    family = p.Trainable
    per_mac = 2.4

    def __init__(self) -> None:
        super().__init__("te_trainable", "te_fully_connected.c")
        self.sources += ("trainable/te_trainable.c", "trainable/te_learn.c")

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Trainable)
        dense = q.dense
        rows = dense.batches
        fields = matrix(rows, dense.filter, dense.bias, dense.input_zero_point, dense.requant)
        return (*((f"dense.{name}", value) for name, value in fields), ("layer", q.layer))
