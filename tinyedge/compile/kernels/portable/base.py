"""What the portable kernels have in common."""

from __future__ import annotations

from tinyedge.compile import params as p
from tinyedge.compile.kernels import packing
from tinyedge.compile.kernels.base import Kernel, Overlap
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.program import Node


class Portable(Kernel):
    """A kernel that takes every node of one family. Costs are rough instruction counts."""

    family: type[p.Params]
    per_mac = 0.0
    per_output = 20.0
    #: instructions for one on a Cortex-M
    slowness = 1.0

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self.sources = (f"portable/{source}",)

    def applies(self, node: Node) -> bool:
        return isinstance(node.params, self.family)

    def cost(self, node: Node) -> int:
        count = self.per_mac * node.macs + self.per_output * node.output.bytes
        return int(self.slowness * count)


class InPlace(Portable):
    """Reads element i before it writes element i: the output may lie on or before an input."""

    def overlap(self, node: Node, operand: int) -> Overlap:
        value = node.inputs[operand]
        if value.bytes != node.output.bytes:  # repeated elements are read again
            return super().overlap(node, operand)
        return Overlap(lead=0, lag=value.bytes)


def pixel_by_pixel(node: Node, q: p.Conv2D | p.DepthwiseConv2D | p.Pool) -> Overlap:
    """How close windows that move pixel by pixel let the output come to the input."""
    lead = packing.window_lead(q.input_shape, q.output_shape, q.stride, q.padding)
    return Overlap(min(lead, node.output.bytes), node.inputs[0].bytes)


def one_multiplier(requant: p.Requantization) -> Fields:
    """Fields of a requantization that is the same for every channel."""
    return (
        ("multiplier", int(requant.multipliers[0])),
        ("shift", int(requant.shifts[0])),
        ("zero_point", requant.zero_point),
    )
