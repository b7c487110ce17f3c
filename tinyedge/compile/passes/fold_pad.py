"""PAD with the zero point before a convolution becomes the convolution's own padding.

Exact: an element of that value adds nothing, which is what lies outside the input adds.
"""

from __future__ import annotations

from dataclasses import replace

from tinyedge.compile.params import Conv2D, DepthwiseConv2D, Pad
from tinyedge.compile.program import Node, Program


def match(program: Program, pad: Node) -> bool:
    """Whether ``pad`` pads height and width only, with what all its readers take as zero."""
    q = pad.params
    if not isinstance(q, Pad) or len(q.input_shape) != 4 or pad.inputs[0].data is not None:
        return False
    if q.input_shape[0] != q.output_shape[0] or q.input_shape[3] != q.output_shape[3]:
        return False
    readers = program.readers(pad.output)
    given_out = any(value is pad.output for value in program.outputs)
    return bool(readers) and not given_out and all(_takes(reader, q.value) for reader in readers)


def _takes(reader: Node, value: int) -> bool:
    q = reader.params
    return isinstance(q, Conv2D | DepthwiseConv2D) and q.input_zero_point == value


def transform(program: Program) -> Program:
    """Return the program without the PADs that match."""
    for pad in reversed(program.nodes):  # a PAD before a PAD follows once the later one has gone
        if not match(program, pad):
            continue
        for reader in program.readers(pad.output):
            program = program.exchange(reader, _folded(pad, reader))
        program = program.without(pad)
    return program


def _folded(pad: Node, reader: Node) -> Node:
    outer, q = pad.params, reader.params
    assert isinstance(outer, Pad)
    assert isinstance(q, Conv2D | DepthwiseConv2D)
    n, h, w, c = outer.input_shape
    padding = (q.padding[0] + outer.before[1], q.padding[1] + outer.before[2])
    return replace(
        reader,
        name=f"{pad.name}+{reader.name}",
        ops=(*pad.ops, *reader.ops),
        params=replace(q, input_shape=(n, h, w, c), padding=padding),
        inputs=pad.inputs,
    )
