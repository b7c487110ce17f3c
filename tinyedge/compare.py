"""What moved between two results of one verb, and by how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tinyedge.errors import ConfigError
from tinyedge.results import AnchorsReport, BenchReport, Change, CompareReport, ModelCounts

Comparable = AnchorsReport | BenchReport
_SIZES = (
    "arena_bytes",
    "flash_code_bytes",
    "flash_runtime_bytes",
    "flash_weights_bytes",
)


@dataclass(frozen=True)
class Figure:
    """A number with the spread it was measured with; ``limited``: it must not grow."""

    value: float
    least: float
    most: float
    limited: bool = False

    @classmethod
    def exact(cls, value: float, limited: bool = False) -> Figure:
        """One that is the same on every run."""
        return cls(value, value, value, limited)


def compare(base: Comparable, new: Comparable, limit: float) -> CompareReport:
    """List what moved from ``base`` to ``new``; instructions must not grow by more than ``limit``.

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
        over=before.limited and not noise and after.value > before.value * (1 + limit),
    )


def _figures(result: Comparable) -> Iterator[tuple[str, Figure]]:
    if isinstance(result, AnchorsReport):
        for model in result.models:
            yield from _of_model(model)
    else:
        yield from _of_bench(result)


def _of_model(model: ModelCounts) -> Iterator[tuple[str, Figure]]:
    # A model of the same name with other weights is another model.
    name = f"{model.model} ({model.sha256[:8]}), {model.optimize}"
    yield f"{name}: instructions", Figure.exact(model.instructions, limited=True)
    for what in ("loads", "cycles", *_SIZES, "mismatches"):
        value = getattr(model, what)
        if value is not None:
            yield f"{name}: {what}", Figure.exact(value)
    for step in model.steps:
        yield f"{name}: {step.index} {step.name}: instructions", Figure.exact(step.instructions)


def _of_bench(bench: BenchReport) -> Iterator[tuple[str, Figure]]:
    name = f"{bench.model} ({bench.sha256[:8]}), {bench.runtime}, {bench.optimize}"
    ticks = bench.ticks
    yield f"{name}: {bench.tick_unit}", Figure(ticks.median, ticks.min, ticks.max, limited=True)
    for what in (*_SIZES, "stack_peak_bytes", "ram_static_bytes"):
        value = getattr(bench, what)
        if value is not None:
            yield f"{name}: {what}", Figure.exact(value)
