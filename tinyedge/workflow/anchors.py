"""Exact counts of a compiled model on an emulated board, beside what is known of TFLM."""

from __future__ import annotations

import statistics

from tinyedge import published, tool
from tinyedge.compile.plan import Plan, Step
from tinyedge.graph.types import Graph
from tinyedge.link.session import Session
from tinyedge.oracle import Oracle
from tinyedge.results import ModelCounts, StepCounts, TflmFigures
from tinyedge.samples import Samples, random
from tinyedge.trace import Cost
from tinyedge.trace.run import inference
from tinyedge.workflow import devices
from tinyedge.workflow.devices import Built


def measure(built: Built, samples: int) -> ModelCounts:
    """Run ``samples`` pseudo-random inputs, compare every byte, and trace the first of them.

    The firmware must be of the aot runtime. Raises ConfigError if the board is not emulated,
    ToolError or LinkError if something fails on the way.
    """
    firmware, report = built.firmware, built.report
    plan, graph = firmware.plan, firmware.loaded.graph
    assert plan is not None
    given = random(graph, samples)
    kernels = [step.kernel for step in plan.steps]
    traced = inference(built.artifact, firmware.board, kernels, given.payload(0))
    counted, mismatches = answers(built, given)
    total = sum(traced.steps, Cost())
    return ModelCounts(
        model=report.model,
        sha256=report.sha256,
        optimize=report.optimize,
        macs=graph.macs,
        instructions=round(statistics.median(counted)),
        traced_instructions=total.instructions,
        outside_instructions=counted[0] - total.instructions,
        loads=total.loads,
        cycles=total.cycles,
        arena_bytes=plan.arena_bytes,
        flash_code_bytes=report.flash_code_bytes,
        flash_runtime_bytes=report.flash_runtime_bytes,
        flash_weights_bytes=report.flash_weights_bytes,
        samples=samples,
        mismatches=mismatches,
        steps=_steps(graph, plan, traced.steps),
        tflm=_tflm(report.sha256),
    )


def compiler(built: Built) -> str:
    """What the board's compiler calls itself."""
    toolchain = built.firmware.board.build.toolchain
    return tool.run([toolchain, "--version"]).stdout.splitlines()[0]


def answers(built: Built, samples: Samples) -> tuple[list[int], int]:
    """Instructions of each inference, and how many answers have any byte that differs.

    The board must be emulated; raises ToolError or LinkError if something fails on the way.
    """
    loaded, board = built.firmware.loaded, built.firmware.board
    oracle = Oracle(loaded.tflite, loaded.model.name)
    counted, mismatches = [], 0
    with (
        devices.device(built, None) as url,
        Session(url, board.link.baud, expect_sha256=built.report.sha256) as session,
    ):
        for number in range(len(samples)):
            answer = session.infer(samples.payload(number))
            expected = tuple(array.tobytes() for array in oracle.run(samples[number]))
            counted.append(board.instructions(answer.ticks) or 0)
            mismatches += answer.outputs != expected
    return counted, mismatches


def _steps(graph: Graph, plan: Plan, costs: tuple[Cost, ...]) -> tuple[StepCounts, ...]:
    return tuple(_step(graph, step, cost) for step, cost in zip(plan.steps, costs, strict=True))


def _step(graph: Graph, step: Step, cost: Cost) -> StepCounts:
    theirs, per_mac = _tflm_step(graph, step)
    return StepCounts(
        index=step.index,
        name=step.name,
        kernel=step.kernel,
        output_shape=step.output.shape,
        macs=step.macs,
        instructions=cost.instructions,
        loads=cost.loads,
        cycles=cost.cycles,
        instructions_per_mac=_each(cost.instructions, step.macs),
        loads_per_mac=_each(cost.loads, step.macs),
        cycles_per_mac=_each(cost.cycles, step.macs),
        tflm_instructions=theirs,
        tflm_per_mac=per_mac,
    )


def _tflm_step(graph: Graph, step: Step) -> tuple[int | None, tuple[float, ...] | None]:
    """TFLM's instructions for a step's operators, and for each of their multiply-accumulates.

    Where only operators like them are known, the least and the most of those for the latter.
    """
    figures = published.cmsis_nn()
    known = figures.of_model(graph.sha256)
    macs = [op for op in graph.ops if op.index in step.ops and op.macs]
    if known is None:
        return None, figures.of_layer(macs[0]) if len(macs) == 1 else None
    total = sum(known.operators[index] for index in step.ops)
    each = _each(total, sum(op.macs for op in macs))
    return total if step.ops else None, None if each is None else (each, each)


def _each(count: int, macs: int) -> float | None:
    return round(count / macs, 4) if macs else None


def _tflm(sha256: str) -> TflmFigures | None:
    known = published.cmsis_nn().of_model(sha256)
    if known is None:
        return None
    return TflmFigures(
        instructions=known.instructions,
        arena_bytes=known.arena,
        flash_code_bytes=known.flash_code,
    )
