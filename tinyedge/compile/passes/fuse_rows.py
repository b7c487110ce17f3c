"""Runs a 1x1 convolution and the windowed layer behind it together, some rows at a time.

The tensor between them, often the model's largest, then exists only as a strip of rows. What is
computed stays the same: rows that two strips share are kept, not computed again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tinyedge.compile.params import Conv2D, DepthwiseConv2D, Strips
from tinyedge.compile.program import Node, Program


def candidates(program: Program) -> Iterator[tuple[Node, Node]]:
    """Yield each pair of nodes that can run together."""
    for first in program.nodes:
        readers = program.readers(first.output)
        given_out = any(value is first.output for value in program.outputs)
        if len(readers) == 1 and not given_out and match(first, readers[0]):
            yield first, readers[0]


def match(first: Node, second: Node) -> bool:
    """Whether ``second`` reads the rows of ``first``, a 1x1 convolution, from top to bottom."""
    a, b = first.params, second.params
    return (
        isinstance(a, Conv2D)
        and a.filter.shape[1:3] == (1, 1)
        and a.stride == (1, 1)
        and a.padding == (0, 0)
        and a.input_shape[:3] == a.output_shape[:3]
        and isinstance(b, Conv2D | DepthwiseConv2D)
        and b.input_shape[0] == 1
        and b.input_shape[1] > 1
        and len(first.activations) == len(second.activations) == 1
    )


def strip_heights(second: Node) -> list[int]:
    """How many rows of the output a strip may give: equal strips, so divisors of the height."""
    assert isinstance(second.params, Conv2D | DepthwiseConv2D)
    height = second.params.output_shape[1]
    return [rows for rows in range(1, height) if height % rows == 0]


def everywhere(program: Program, rows: int) -> Program:
    """Return the program with every pair run together, at most ``rows`` rows of output a strip."""
    while pairs := [pair for pair in candidates(program) if strip_heights(pair[1])]:
        first, second = pairs[0]
        heights = [height for height in strip_heights(second) if height <= rows]
        program = transform(program, first, second, heights[-1])
    return program


def transform(program: Program, first: Node, second: Node, rows: int) -> Program:
    """Return the program with both nodes as one that gives ``rows`` rows of output a strip."""
    a, b = first.params, second.params
    assert isinstance(a, Conv2D)
    assert isinstance(b, Conv2D | DepthwiseConv2D)
    n, height, width, channels = a.input_shape
    window = b.filter.shape[1 if isinstance(b, Conv2D) else 0]
    strip = (rows - 1) * b.stride[0] + (window - 1) * b.dilation[0] + 1
    params = Strips(
        first=replace(
            a, input_shape=(n, 1, width, channels), output_shape=(n, 1, *a.output_shape[2:])
        ),
        second=replace(
            b,
            input_shape=(n, strip, *b.input_shape[2:]),
            output_shape=(n, rows, *b.output_shape[2:]),
            padding=(0, b.padding[1]),
        ),
        input_rows=height,
        strips=b.output_shape[1] // rows,
        top=b.padding[0],
    )
    fused = Node(
        name=f"{first.name}+{second.name}",
        ops=(*first.ops, *second.ops),
        params=params,
        inputs=first.inputs,
        output=second.output,
        macs=first.macs + second.macs,
    )
    return program.without(first).exchange(second, fused)
