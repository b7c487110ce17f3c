"""RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR."""

from __future__ import annotations

from tinyedge.compile import params as p
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.portable.base import Portable
from tinyedge.compile.plan import Constant
from tinyedge.compile.program import Node


class ResizeNearest(Portable):
    """RESIZE_NEAREST_NEIGHBOR."""

    family = p.ResizeNearest
    per_output = 4.0
    domain = None

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.ResizeNearest)
        batches, height, width, channels = q.input_shape
        return (
            ("batches", batches),
            ("input_height", height),
            ("input_width", width),
            ("channels", channels),
            ("output_height", q.rows.size),
            ("output_width", q.columns.size),
            ("rows", Constant("rows", q.rows)),
            ("columns", Constant("columns", q.columns)),
        )


class ResizeBilinear(Portable):
    """RESIZE_BILINEAR."""

    family = p.ResizeBilinear
    per_output = 30.0

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.ResizeBilinear)
        batches, height, width, channels = q.input_shape
        return (
            ("batches", batches),
            ("channels", channels),
            ("rows.size", height),
            ("rows.count", q.output_shape[1]),
            ("rows.step", q.steps[0]),
            ("rows.offset", q.offsets[0]),
            ("columns.size", width),
            ("columns.count", q.output_shape[2]),
            ("columns.step", q.steps[1]),
            ("columns.offset", q.offsets[1]),
        )
