"""Timed runs on a device, beside the sizes of its firmware."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from tinyedge.board import Board
from tinyedge.link.session import Session
from tinyedge.results import BenchReport, BuildReport, Spread, TickUnit
from tinyedge.samples import Samples

_WALL: dict[int, TickUnit] = {1_000_000_000: "ns", 1_000_000: "us"}


def bench(
    session: Session,
    board: Board,
    samples: Samples,
    *,
    macs: int,
    build: BuildReport,
    url: str,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> BenchReport:
    """One inference with each sample. Raises LinkError if the device goes or refuses."""
    counted = []
    for number in samples.numbered(progress):
        counted.append(session.infer(samples.payload(number)).ticks)
    unit, ticks = in_unit(board, session.hello.tick_hz, counted)
    status, median = session.status(), statistics.median(ticks)
    return BenchReport(
        model=build.model,
        sha256=session.hello.sha256,
        board=board.id,
        runtime=session.hello.runtime,
        optimize=build.optimize,
        elf_sha256=build.elf_sha256,
        url=url,
        runs=len(samples),
        macs=macs,
        ticks=Spread(median=median, min=min(ticks), max=max(ticks)),
        tick_unit=unit,
        ticks_per_mac=round(median / macs, 4) if macs else None,
        seconds=_seconds(board, session.hello.tick_hz, counted),
        arena_bytes=session.hello.arena_reserved,
        arena_used_bytes=status.arena_used,
        stack_peak_bytes=status.stack_peak,
        flash_code_bytes=build.flash_code_bytes,
        flash_runtime_bytes=build.flash_runtime_bytes,
        flash_weights_bytes=build.flash_weights_bytes,
        flash_total_bytes=build.flash_total_bytes,
        ram_static_bytes=build.ram_static_bytes,
    )


def in_unit(board: Board, tick_hz: int, ticks: Sequence[int]) -> tuple[TickUnit, list[int]]:
    """What the board's timer measures, and the ticks in it.

    Where the timer follows the instruction count, exactly that many instructions.
    """
    exact = [board.instructions(count) for count in ticks]
    if None not in exact:
        return "instructions", [count for count in exact if count is not None]
    if board.timer.measures == "wall":
        return _WALL.get(tick_hz, "ticks"), list(ticks)
    if board.timer.measures == "cycles" and tick_hz == board.cpu.clock_hz:
        return "cycles", list(ticks)
    return "ticks", list(ticks)


def _seconds(board: Board, tick_hz: int, ticks: Sequence[int]) -> float | None:
    """Median time of an inference, where a tick is a time: not under an instruction count."""
    if board.timer.measures == "instructions":
        return None
    return statistics.median(ticks) / tick_hz
