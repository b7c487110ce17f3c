"""Where a device's time goes: ticks of each layer, taken by the firmware itself."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tinyedge import inspection
from tinyedge.board import Board
from tinyedge.compile.options import Optimize
from tinyedge.compile.plan import Plan, Slot, Step
from tinyedge.device.bench import in_unit
from tinyedge.errors import LinkError
from tinyedge.graph.types import Graph, Op
from tinyedge.link.session import Session
from tinyedge.results import LayerProfile, ProfileReport
from tinyedge.samples import Samples


@dataclass(frozen=True)
class Layer:
    """What is known of a layer before it runs. ``arena_bytes``: needed while it does."""

    name: str
    kernel: str
    input_shapes: tuple[tuple[int, ...], ...]
    output_shape: tuple[int, ...]
    macs: int
    weight_bytes: int
    arena_bytes: int | None = None


def layers(graph: Graph, plan: Plan | None) -> tuple[Layer, ...]:
    """What the firmware times, in order: the plan's steps; without a plan, TFLM's operators."""
    if plan is None:
        return tuple(map(_of_op, graph.ops))
    blocks = inspection.arena_blocks(plan)

    def needed(step: Step) -> int:
        return sum(b.bytes for b in blocks if b.first_step <= step.index <= b.last_step)

    return tuple(_of_step(step, needed(step)) for step in plan.steps)


def _of_step(step: Step, arena_bytes: int) -> Layer:
    return Layer(
        name=step.name,
        kernel=step.kernel,
        input_shapes=tuple(slot.shape for slot in step.inputs if isinstance(slot, Slot)),
        output_shape=step.output.shape,
        macs=step.macs,
        weight_bytes=step.constant_bytes,
        arena_bytes=arena_bytes,
    )


def _of_op(op: Op) -> Layer:
    return Layer(
        name=op.kind,
        kernel="",
        input_shapes=tuple(t.shape for t in op.inputs if not t.is_constant),
        output_shape=op.outputs[0].shape,
        macs=op.macs,
        weight_bytes=sum(t.bytes for t in op.inputs if t.is_constant),
    )


def profile(
    session: Session,
    board: Board,
    samples: Samples,
    *,
    graph: Graph,
    plan: Plan | None,
    optimize: Optimize,
    url: str,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> ProfileReport:
    """One inference with each sample. Raises LinkError if the firmware tells no layers' ticks."""
    known = layers(graph, plan)
    whole, each = _timed(session, samples, len(known), progress)
    hertz = session.hello.tick_hz
    unit, ticks = in_unit(board, hertz, whole)
    medians = [statistics.median(in_unit(board, hertz, t)[1]) for t in zip(*each, strict=True)]
    total = sum(medians)
    return ProfileReport(
        model=graph.name,
        sha256=session.hello.sha256,
        board=board.id,
        runtime=session.hello.runtime,
        optimize=optimize,
        url=url,
        runs=len(samples),
        tick_unit=unit,
        ticks=statistics.median(ticks),
        layer_ticks=total,
        macs=sum(layer.macs for layer in known),
        arena_bytes=session.hello.arena_reserved,
        arena=inspection.arena_blocks(plan) if plan else (),
        layers=_profiles(known, medians, total),
    )


def _timed(
    session: Session, samples: Samples, known: int, progress: Callable[[int, int], None]
) -> tuple[list[int], list[tuple[int, ...]]]:
    """Ticks of each inference, and of its ``known`` layers."""
    whole: list[int] = []
    each: list[tuple[int, ...]] = []
    for number in samples.numbered(progress):
        whole.append(session.infer(samples.payload(number)).ticks)
        each.append(session.profile())
        if len(each[-1]) != known:
            raise LinkError(
                f"the device tells {len(each[-1])} layers, the model has {known}",
                "build and flash the firmware again",
            )
    return whole, each


def _profiles(
    known: Sequence[Layer], medians: Sequence[float], total: float
) -> tuple[LayerProfile, ...]:
    return tuple(
        LayerProfile(
            index=index,
            name=layer.name,
            kernel=layer.kernel,
            input_shapes=layer.input_shapes,
            output_shape=layer.output_shape,
            macs=layer.macs,
            ticks=ticks,
            ticks_per_mac=round(ticks / layer.macs, 4) if layer.macs else None,
            share=ticks / total if total else 0.0,
            weight_bytes=layer.weight_bytes,
            arena_bytes=layer.arena_bytes,
        )
        for index, (layer, ticks) in enumerate(zip(known, medians, strict=True))
    )
