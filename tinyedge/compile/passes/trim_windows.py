"""Cuts the taps of a convolution's window that never meet the input.

On a map of one pixel a 3x3 window is its middle tap. Exact: what lies outside the input counts as
its zero point and adds nothing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinyedge.compile.params import Conv2D, DepthwiseConv2D
from tinyedge.compile.program import Node, Program

Windowed = Conv2D | DepthwiseConv2D


def transform(program: Program) -> Program:
    """Return the program with every window as small as it can be."""
    for node in program.nodes:
        if isinstance(node.params, Windowed):
            trimmed = _trimmed(node, node.params)
            if trimmed is not None:
                program = program.exchange(node, trimmed)
    return program


def _trimmed(node: Node, q: Windowed) -> Node | None:
    """The node with fewer taps, or None where each of them is needed."""
    rows, columns = _useful(q, 0), _useful(q, 1)
    before = (rows.start, columns.start)
    cut = q.filter[:, rows, columns] if isinstance(q, Conv2D) else q.filter[rows, columns]
    # A single position may as well move by one.
    stride = tuple(1 if q.output_shape[1 + i] == 1 else q.stride[i] for i in (0, 1))
    if cut.size == q.filter.size and stride == q.stride:
        return None
    padding = tuple(q.padding[i] - before[i] * q.dilation[i] for i in (0, 1))
    params = replace(
        q,
        filter=np.ascontiguousarray(cut),
        stride=(stride[0], stride[1]),
        padding=(padding[0], padding[1]),
    )
    return replace(node, params=params, macs=node.macs * cut.size // q.filter.size)


def _useful(q: Windowed, axis: int) -> slice:
    """From the first to the last tap along ``axis`` (0: height) that meets the input."""
    taps = q.filter.shape[axis + isinstance(q, Conv2D)]
    offsets = np.arange(taps) * q.dilation[axis] - q.padding[axis]
    positions = np.arange(q.output_shape[1 + axis]) * q.stride[axis]
    read = positions[:, None] + offsets
    found = np.flatnonzero(((read >= 0) & (read < q.input_shape[1 + axis])).any(axis=0))
    if found.size == 0:
        return slice(0, taps)
    # The window must not begin behind the first pixel.
    first = min(int(found[0]), q.padding[axis] // q.dilation[axis])
    return slice(first, int(found[-1]) + 1)
