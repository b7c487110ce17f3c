"""A model layer by layer, its plan, and the boards it fits, without building anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinyedge.board import Board
from tinyedge.compile.plan import Plan, Slot, Step
from tinyedge.graph.types import Graph, Op, Tensor
from tinyedge.results import (
    ArenaBlock,
    BoardFit,
    InspectReport,
    LayerInfo,
    PlanStep,
    TensorInfo,
)


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
) -> InspectReport:
    """Describe ``graph``; ``plan`` is None where the aot runtime has ``refused`` it."""
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
        arena=arena_blocks(plan) if plan else (),
        steps=tuple(_step(step) for step in plan.steps) if plan else (),
        boards=tuple(fits),
    )


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

    An input that a step overwrites with its output lives until the step before.
    """
    last = {slot: len(plan.steps) - 1 for slot in plan.outputs}
    for step in plan.steps:
        for slot in _slots(step):
            until = step.index - 1 if _overwritten(step, slot) else step.index
            last[slot] = max(last.get(slot, 0), until)
    blocks = [_block(_input_name(plan, slot), slot, 0, last.get(slot, 0)) for slot in plan.inputs]
    for step in plan.steps:
        if step.scratch:
            at, size = step.scratch.offset, step.scratch.bytes
            blocks.append(
                ArenaBlock(
                    name="scratch",
                    offset=at,
                    bytes=size,
                    first_step=step.index,
                    last_step=step.index,
                )
            )
        blocks.append(_block(step.name, step.output, step.index, last.get(step.output, step.index)))
    return tuple(blocks)


def fit(board: Board, needs: Needs, heaviest: LayerInfo | None, peak: str) -> BoardFit:
    """Compare needs with a board. ``help`` names the figures and what to shrink."""
    flash, ram = board.memory.flash.bytes, board.memory.ram.bytes
    short = []
    if needs.flash > flash:
        layer = ""
        if heaviest:
            layer = (
                f" (layer {heaviest.index} {heaviest.op} alone has {heaviest.weight_bytes:,}"
                " bytes of weights)"
            )
        short.append(f"{needs.flash - flash:,} bytes of flash too much{layer}")
    if needs.ram > ram:
        short.append(f"{needs.ram - ram:,} bytes of RAM too much ({peak})")
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


def heaviest(layers: Sequence[LayerInfo]) -> LayerInfo | None:
    """The layer with the most weights."""
    return max(layers, key=lambda layer: layer.weight_bytes, default=None)


def peak(plan: Plan) -> str:
    """Which step needs the most of the arena, as text for ``fit``."""
    blocks = arena_blocks(plan)

    def needed(step: Step) -> int:
        return sum(b.bytes for b in blocks if b.first_step <= step.index <= b.last_step)

    busiest = max(plan.steps, key=needed)
    return f"step {busiest.index} {busiest.name} needs {needed(busiest):,} bytes at once"


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
    )


def _weight_bytes(op: Op) -> int:
    return sum(tensor.bytes for tensor in op.inputs if tensor.is_constant)


def _step(step: Step) -> PlanStep:
    return PlanStep(
        index=step.index,
        name=step.name,
        kernel=step.kernel,
        ops=step.ops,
        inputs=tuple(slot.name for slot in _slots(step)),
        output=step.output.name,
        scratch_bytes=step.scratch.bytes if step.scratch else 0,
        constant_bytes=step.constant_bytes,
        macs=step.macs,
    )


def _slots(step: Step) -> list[Slot]:
    return [operand for operand in step.inputs if isinstance(operand, Slot)]


def _overwritten(step: Step, slot: Slot) -> bool:
    """Whether the step's output takes bytes of that input."""
    out = step.output
    return slot.offset < out.offset + out.bytes and out.offset < slot.offset + slot.bytes


def _input_name(plan: Plan, slot: Slot) -> str:
    return "input" if len(plan.inputs) == 1 else f"input {plan.inputs.index(slot)}"


def _block(name: str, slot: Slot, first: int, last: int) -> ArenaBlock:
    return ArenaBlock(
        name=name,
        offset=slot.offset,
        bytes=slot.bytes,
        first_step=first,
        last_step=max(first, last),
    )
