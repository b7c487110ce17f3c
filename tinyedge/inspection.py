"""A model layer by layer, its plan, and the boards it fits, without building anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinyedge.board import Board
from tinyedge.compile.kernels import why_portable
from tinyedge.compile.plan import Plan, Slot, Step
from tinyedge.errors import ModelError
from tinyedge.graph.types import Graph, Op, Tensor
from tinyedge.learn import head as heads
from tinyedge.results import (
    ArenaBlock,
    BoardFit,
    InspectReport,
    LayerInfo,
    PlanStep,
    TensorInfo,
)

# What firmware takes besides its model, as builds for Cortex-M4 have it, rounded up: kernels,
# protocol and start-up in flash; receive buffer, frames and state in RAM.
_CODE_BYTES = {"aot": 16 << 10, "tflm": 96 << 10}
_STATE_BYTES = {"aot": 2 << 10, "tflm": 4 << 10}


@dataclass(frozen=True)
class Needs:
    """Bytes that one runtime's firmware takes on one board, the stack included."""

    runtime: str
    flash: int
    ram: int


def inspect(
    graph: Graph,
    tflite_bytes: int,
    plan: Plan | None,
    refused: str,
    fits: Sequence[BoardFit],
    *,
    trainable: int = 1,
) -> InspectReport:
    """Describe ``graph``; ``plan`` is None where the aot runtime has ``refused`` it.

    ``trainable``: how many dense layers a device would train.
    """
    return InspectReport(
        model=graph.name,
        sha256=graph.sha256,
        tflite_bytes=tflite_bytes,
        inputs=tuple(describe(tensor) for tensor in graph.inputs),
        outputs=tuple(describe(tensor) for tensor in graph.outputs),
        layers=tuple(_layer(op, plan) for op in graph.ops),
        macs=graph.macs,
        weight_bytes=sum(_weight_bytes(op) for op in graph.ops),
        refused=refused,
        arena_bytes=plan.arena_bytes if plan else None,
        instructions=plan.instructions if plan else None,
        cycles=plan.cycles if plan else None,
        code_bytes=plan.code_bytes if plan else None,
        arena=arena_blocks(plan) if plan else (),
        steps=_steps(plan) if plan else (),
        training_bytes=training_bytes(graph, trainable),
        boards=tuple(fits),
    )


def training_bytes(graph: Graph, layers: int) -> int | None:
    """RAM that training the last dense ``layers`` takes; None: they cannot be trained."""
    try:
        return heads.find(graph, layers).ram_bytes
    except ModelError:
        return None


def describe(tensor: Tensor) -> TensorInfo:
    """Shape, type and per-tensor quantization."""
    quant = tensor.quant
    return TensorInfo(
        name=tensor.name,
        shape=tensor.shape,
        dtype=tensor.dtype.value,
        scale=quant.scale if quant else None,
        zero_point=quant.zero_point if quant else None,
    )


def arena_blocks(plan: Plan) -> tuple[ArenaBlock, ...]:
    """Each tensor and scratch buffer in the arena with the steps that need it.

    The model's inputs are there from step -1. What a step overwrites with its output lives until
    the step before.
    """
    names = _names(plan)
    first = dict.fromkeys(plan.inputs, -1) | {s.output: s.index for s in plan.steps}
    last = first | {slot: len(plan.steps) - 1 for slot in plan.outputs}
    scratch = []
    for step in plan.steps:
        for slot in _slots(step):
            until = step.index - 1 if _overwritten(step, slot) else step.index
            last[slot] = max(last[slot], until)
        if step.scratch:
            at, size = step.scratch.offset, step.scratch.bytes
            scratch.append(_block("scratch", at, size, (step.index, step.index)))
    blocks = [
        _block(names[slot], slot.offset, slot.bytes, (first[slot], last[slot])) for slot in names
    ]
    return tuple(sorted(blocks + scratch, key=lambda block: (block.first_step, block.offset)))


def _names(plan: Plan) -> dict[Slot, str]:
    """What tables and drawings call the arena's tensors: the step that writes them."""
    alone = len(plan.inputs) == 1
    names = {
        slot: "input" if alone else f"input {number}" for number, slot in enumerate(plan.inputs)
    }
    return names | {step.output: f"{step.index} {step.name}" for step in plan.steps}


def _block(name: str, offset: int, size: int, steps: tuple[int, int]) -> ArenaBlock:
    return ArenaBlock(name=name, offset=offset, bytes=size, first_step=steps[0], last_step=steps[1])


def needs(board: Board, runtime: str, constant_bytes: int, ram_bytes: int) -> Needs:
    """Estimate a firmware's needs from its model's constants (or its .tflite) and RAM."""
    return Needs(
        runtime=runtime,
        flash=constant_bytes + _CODE_BYTES[runtime],
        ram=ram_bytes + _STATE_BYTES[runtime] + reserved(board),
    )


def reserved(board: Board) -> int:
    """Bytes of the board's RAM that no model can have: stack and operating system."""
    return board.memory.stack_bytes + board.memory.system_bytes


def fit(board: Board, needs: Needs, graph: Graph, plan: Plan | None) -> BoardFit:
    """Compare needs with a board. ``help`` says by how much it does not fit, and what to shrink."""
    flash, ram = board.memory.flash.bytes, board.memory.ram.bytes
    short = []
    if needs.flash > flash:
        short.append(f"{needs.flash - flash:,} bytes of flash too much{_heaviest(graph)}")
    if needs.ram > ram:
        short.append(f"{needs.ram - ram:,} bytes of RAM too much{_busiest(plan)}")
    return BoardFit(
        board=board.id,
        runtime=needs.runtime,
        flash_needed=needs.flash,
        flash_available=flash,
        ram_needed=needs.ram,
        ram_available=ram,
        fits=not short,
        help="; ".join(short),
    )


def _heaviest(graph: Graph) -> str:
    """Which layer to shrink for flash."""
    op = max(graph.ops, key=_weight_bytes)
    return f" (layer {op.index} {op.kind} alone has {_weight_bytes(op):,} bytes of weights)"


def _busiest(plan: Plan | None) -> str:
    """Which step to shrink for RAM."""
    if plan is None:
        return ""
    blocks = arena_blocks(plan)

    def needed(step: Step) -> int:
        return sum(b.bytes for b in blocks if b.first_step <= step.index <= b.last_step)

    busiest = max(plan.steps, key=needed)
    return f" (step {busiest.index} {busiest.name} needs {needed(busiest):,} bytes at once)"


def _layer(op: Op, plan: Plan | None) -> LayerInfo:
    step = next((s for s in plan.steps if op.index in s.ops), None) if plan else None
    scales = [t.quant for t in op.inputs if t.is_constant and t.quant]
    return LayerInfo(
        index=op.index,
        op=op.kind,
        output=describe(op.outputs[0]),
        weight_scales=len(scales[0].scales) if scales else 0,
        macs=op.macs,
        weight_bytes=_weight_bytes(op),
        kernel=step.kernel if step else "",
        portable=step is not None and step.portable,
    )


def _weight_bytes(op: Op) -> int:
    return sum(tensor.bytes for tensor in op.inputs if tensor.is_constant)


def _steps(plan: Plan) -> tuple[PlanStep, ...]:
    names = _names(plan)
    return tuple(
        PlanStep(
            name=names[step.output],
            kernel=_kernel(step),
            ops=step.ops,
            reads=tuple(names[slot] for slot in _slots(step)),
            output_offset=step.output.offset,
            output_bytes=step.output.bytes,
            scratch_bytes=step.scratch.bytes if step.scratch else 0,
            constant_bytes=step.constant_bytes,
            macs=step.macs,
            instructions=step.instructions,
            cycles=step.cycles,
            why=why_portable(plan.core, step),
        )
        for step in plan.steps
    )


def _kernel(step: Step) -> str:
    """The step's kernel, and those that it calls."""
    calls = " + ".join(call.kernel for call in step.calls)
    return f"{step.kernel}: {calls}" if calls else step.kernel


def _slots(step: Step) -> list[Slot]:
    return [operand for operand in step.inputs if isinstance(operand, Slot)]


def _overwritten(step: Step, slot: Slot) -> bool:
    """Whether the step's output or scratch takes bytes of that input."""
    places = [place for place in (step.output, step.scratch) if place is not None]
    return any(
        slot.offset < p.offset + p.bytes and p.offset < slot.offset + slot.bytes for p in places
    )
