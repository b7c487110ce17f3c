"""Gives the last dense layers the kernel whose weights the device may change."""

from __future__ import annotations

from dataclasses import replace

from tinyedge.compile import params as p
from tinyedge.compile.program import Program


def transform(program: Program, count: int) -> Program:
    """Return ``program`` with its last ``count`` FULLY_CONNECTED as Trainable, counted from 0.

    ``learn.head.find`` has shown that the graph ends in so many.
    """
    dense = [node for node in program.nodes if isinstance(node.params, p.FullyConnected)]
    for layer, node in enumerate(dense[len(dense) - count :] if count else ()):
        assert isinstance(node.params, p.FullyConnected)
        program = program.exchange(node, replace(node, params=p.Trainable(node.params, layer)))
    return program
