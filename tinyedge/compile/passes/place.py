"""Gives every tensor and scratch its bytes of the arena, and so makes the plan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tinyedge.compile.arena import Buffer, Placement, Problem
from tinyedge.compile.kernels import Kernel
from tinyedge.compile.plan import Constant, Plan, Scratch, Slot, Step
from tinyedge.compile.program import Node, Program, Value

#: bytes; the application copies whole words to and from inputs and outputs
EDGE_ALIGN = 16
ALIGN = 4


@dataclass(frozen=True)
class _Layout:
    """Buffers of the arena problem, by value and by step."""

    problem: Problem
    values: dict[int, int]
    scratch: dict[int, int]


def transform(program: Program, kernels: Sequence[Kernel], core: str, code: int) -> Plan:
    """Return the plan of ``program`` run by ``kernels`` (one a node) in the smallest arena.

    ``code``: the plan's estimated bytes of code.
    """
    layout = _layout(program, kernels)
    placement = layout.problem.solve()

    def slot(value: Value) -> Slot:
        return Slot(
            tensor=value.tensor,
            name=value.name,
            shape=value.shape,
            dtype=value.dtype,
            quant=value.quant,
            offset=placement.offsets[layout.values[id(value)]],
            bytes=value.bytes,
            domain=value.domain,
        )

    slots = {id(value): slot(value) for value in _computed(program)}
    steps = tuple(
        _step(index, node, kernel, slots, _scratch(layout, placement, index))
        for index, (node, kernel) in enumerate(zip(program.nodes, kernels, strict=True))
    )
    return Plan(
        name=program.name,
        sha256=program.sha256,
        core=core,
        steps=steps,
        inputs=tuple(slots[id(value)] for value in program.inputs),
        outputs=tuple(slots[id(value)] for value in program.outputs),
        arena_bytes=max(placement.size, _reach(program, kernels, slots)),
        code_bytes=code,
    )


def _reach(program: Program, kernels: Sequence[Kernel], slots: dict[int, Slot]) -> int:
    """The first byte of the arena that no kernel reads, even past its operands."""
    ends = (
        slots[id(value)].offset + value.bytes + kernel.input_tail(node)
        for node, kernel in zip(program.nodes, kernels, strict=True)
        for value in node.activations
    )
    return max(ends, default=0)


def _computed(program: Program) -> list[Value]:
    return [*program.inputs, *(node.output for node in program.nodes)]


def _layout(program: Program, kernels: Sequence[Kernel]) -> _Layout:
    last = {id(value): i for i, node in enumerate(program.nodes) for value in node.activations}
    first = {id(node.output): i for i, node in enumerate(program.nodes)}
    last |= {id(value): len(program.nodes) for value in program.outputs}
    edges = {id(value) for value in (*program.inputs, *program.outputs)}
    align = dict.fromkeys(edges, EDGE_ALIGN)
    tail: dict[int, int] = {}
    for node, kernel in zip(program.nodes, kernels, strict=True):
        tail[id(node.output)] = kernel.output_tail(node)
        for value in (*node.activations, node.output):
            align[id(value)] = math.lcm(align.get(id(value), ALIGN), kernel.align(node))
    buffers: list[Buffer] = []
    values, scratch = {}, {}
    for value in _computed(program):
        begin = first.get(id(value), -1)
        values[id(value)] = len(buffers)
        size = value.bytes + tail.get(id(value), 0)
        buffers.append(Buffer(size, begin, last.get(id(value), begin), align[id(value)]))
    for i, (node, kernel) in enumerate(zip(program.nodes, kernels, strict=True)):
        if size := kernel.scratch_bytes(node):
            scratch[i] = len(buffers)
            buffers.append(Buffer(size, i, i, ALIGN))
    problem = Problem(buffers)
    for i, (node, kernel) in enumerate(zip(program.nodes, kernels, strict=True)):
        for value in node.activations:
            if last[id(value)] == i:
                _allow_overlap(problem, values, node, kernel, value)
        behind = kernel.operand_in_scratch(node)
        if i in scratch and behind is not None and last[id(node.inputs[0])] == i:
            problem.allow(scratch[i], values[id(node.inputs[0])], behind)
    return _Layout(problem, values, scratch)


def _allow_overlap(
    problem: Problem, values: dict[int, int], node: Node, kernel: Kernel, value: Value
) -> None:
    """The node is the last to read ``value``: its output may overlap as the kernel allows."""
    rules = [kernel.overlap(node, k) for k, v in enumerate(node.inputs) if v is value]
    source, target = values[id(value)], values[id(node.output)]
    problem.allow(target, source, max(rule.lead for rule in rules))
    problem.allow(source, target, max(rule.lag for rule in rules))


def _scratch(layout: _Layout, placement: Placement, index: int) -> Scratch | None:
    if index not in layout.scratch:
        return None
    buffer = layout.scratch[index]
    return Scratch(placement.offsets[buffer], layout.problem.buffers[buffer].size)


def _step(
    index: int, node: Node, kernel: Kernel, slots: dict[int, Slot], scratch: Scratch | None
) -> Step:
    output = slots[id(node.output)]
    inputs = tuple(
        slots[id(value)] if value.data is None else Constant(f"operand{i}", value.data)
        for i, value in enumerate(node.inputs)
    )
    return Step(
        index=index,
        name=node.name,
        ops=node.ops,
        params=node.params,
        kernel=kernel.name,
        sources=kernel.files(node),
        inputs=inputs,
        output=output,
        fields=kernel.fields(node),
        scratch=scratch,
        in_place=any(isinstance(slot, Slot) and _meet(slot, output) for slot in inputs),
        macs=node.macs,
        instructions=kernel.cost(node),
        cycles=kernel.cycles(node),
    )


def _meet(a: Slot, b: Slot) -> bool:
    return a.offset < b.offset + b.bytes and b.offset < a.offset + a.bytes
