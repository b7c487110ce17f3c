"""What moved between two results of one verb, and by how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import msgspec

from tinyedge.errors import ConfigError
from tinyedge.results import AnchorsReport, BenchReport, Change, CompareReport, ModelCounts


class _Stats(msgspec.Struct):
    """Seconds over the rounds of one benchmark."""

    min: float
    median: float
    q3: float


class _Benchmark(msgspec.Struct):
    name: str
    stats: _Stats
    extra_info: dict[str, int | float | str] = {}


class _Machine(msgspec.Struct):
    node: str


class HostTimings(msgspec.Struct):
    """What pytest-benchmark writes with --benchmark-json, as far as it is compared."""

    machine_info: _Machine
    benchmarks: list[_Benchmark]

    schema: ClassVar[str] = "pytest-benchmark"
    board: ClassVar[str] = "this computer"


def read_timings(path: Path) -> HostTimings | None:
    """None if the file is not pytest-benchmark's."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=HostTimings)
    except (OSError, msgspec.DecodeError):
        return None


Comparable = AnchorsReport | BenchReport | HostTimings
_SIZES = (
    "arena_bytes",
    "flash_code_bytes",
    "flash_runtime_bytes",
    "flash_weights_bytes",
)


@dataclass(frozen=True)
class Figure:
    """A number that should not grow, with the spread it was measured with."""

    value: float
    least: float
    most: float

    @classmethod
    def exact(cls, value: float) -> Figure:
        """One that is the same on every run."""
        return cls(value, value, value)


def compare(base: Comparable, new: Comparable, limit: float) -> CompareReport:
    """List what moved from ``base`` to ``new``; no figure may grow by more than ``limit``.

    Raises ConfigError if they are of different verbs or boards.
    """
    if type(base) is not type(new) or base.board != new.board:
        raise ConfigError(
            f"{base.schema} of {base.board} cannot be compared with {new.schema} of {new.board}",
            "compare two results of the same verb and board",
        )
    return difference(dict(_figures(base)), dict(_figures(new)), limit)


def difference(
    before: Mapping[str, Figure], after: Mapping[str, Figure], limit: float
) -> CompareReport:
    """List what moved between figures of the same names."""
    changes = [
        _change(what, before[what], after[what], limit)
        for what in before
        if what in after and before[what].value != after[what].value
    ]
    missing = [f"{what} is not in the new result" for what in before if what not in after]
    missing += [f"{what} is not in the base" for what in after if what not in before]
    return CompareReport(
        limit=limit,
        compared=len(before.keys() & after.keys()),
        changes=tuple(changes),
        missing=tuple(missing),
        held=not any(change.over for change in changes),
    )


def _change(what: str, before: Figure, after: Figure, limit: float) -> Change:
    noise = before.most >= after.least and after.most >= before.least
    return Change(
        what=what,
        before=before.value,
        after=after.value,
        growth=after.value / before.value - 1 if before.value else None,
        noise=noise,
        over=not noise and after.value > before.value * (1 + limit),
    )


def _figures(result: Comparable) -> Iterator[tuple[str, Figure]]:
    if isinstance(result, AnchorsReport):
        for model in result.models:
            yield from _of_model(model)
    elif isinstance(result, HostTimings):
        yield from _of_host(result)
    else:
        yield from _of_bench(result)


def _of_model(model: ModelCounts) -> Iterator[tuple[str, Figure]]:
    # A model of the same name with other weights is another model.
    name = f"{model.model} ({model.sha256[:8]}), {model.optimize}"
    yield f"{name}: instructions", Figure.exact(model.instructions)
    for what in ("loads", "cycles", *_SIZES, "mismatches"):
        value = getattr(model, what)
        if value is not None:
            yield f"{name}: {what}", Figure.exact(value)
    for step in model.steps:
        what = f"{name}: {step.index} {step.name}: instructions"
        yield what, Figure.exact(step.instructions)


def _of_bench(bench: BenchReport) -> Iterator[tuple[str, Figure]]:
    name = f"{bench.model} ({bench.sha256[:8]}), {bench.runtime}, {bench.optimize}"
    ticks = bench.ticks
    yield f"{name}: {bench.tick_unit}", Figure(ticks.median, ticks.min, ticks.max)
    for what in (*_SIZES, "stack_peak_bytes", "ram_static_bytes"):
        value = getattr(bench, what)
        if value is not None:
            yield f"{name}: {what}", Figure.exact(value)


def _of_host(timings: HostTimings) -> Iterator[tuple[str, Figure]]:
    """Times in microseconds. A run is slower where its best is worse than three quarters were."""
    for one in timings.benchmarks:
        stats = one.stats
        figure = Figure(stats.median * 1e6, stats.min * 1e6, stats.q3 * 1e6)
        yield f"{one.name} on {timings.machine_info.node}: median us", figure
        for what, value in one.extra_info.items():
            if isinstance(value, int):
                yield f"{one.name}: {what}", Figure.exact(value)
