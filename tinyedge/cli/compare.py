"""``tinyedge compare``: what moved between two results."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge import results
from tinyedge.cli import _console
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import Finite, json_option, save
from tinyedge.errors import CheckFailed, ConfigError
from tinyedge.results import AnchorsReport, BenchReport, Change, CompareReport
from tinyedge.results import compare as comparing
from tinyedge.results.compare import Comparable

LIMIT_PERCENT = 2.0
_KINDS: tuple[type[AnchorsReport | BenchReport], ...] = (AnchorsReport, BenchReport)
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    epilog=by_example(
        (
            "tinyedge compare before.json after.json",
            "two files that bench or bench-anchors wrote with --json",
        ),
    )
)
@click.argument("base", type=_file)
@click.argument("new", type=_file)
@click.option(
    "--limit",
    type=Finite(min=0),
    default=LIMIT_PERCENT,
    show_default=True,
    metavar="PERCENT",
    help="By how much a figure may grow.",
)
@json_option
def command(*, base: Path, new: Path, limit: float, json_path: Path | None) -> None:
    """Show what moved between two files of bench or bench-anchors, written with --json.

    Or two of pytest-benchmark (--benchmark-json), of one computer. Exit code 1 if a figure has
    grown by more than the limit, and not by noise: where runs differ, as time does, only ranges
    that do not overlap count; for pytest-benchmark, from the best round to three quarters of them.
    """
    report = comparing.compare(_read(base), _read(new), limit / 100)
    show(report)
    save(json_path, report)
    require(report)


def _read(path: Path) -> Comparable:
    """A result of any verb that can be compared. Raises ConfigError for others."""
    timings = comparing.read_timings(path)
    if timings is not None:
        return timings
    schema = results.peek(path)
    kind = next((one for one in _KINDS if results.schema_of(one) == schema), None)
    if kind is None:
        raise ConfigError(
            f'{path}: a result of schema "{schema}" cannot be compared',
            f"give two of one of: {', '.join(map(results.schema_of, _KINDS))}",
        )
    return results.read(path, kind)


def show(report: CompareReport) -> None:
    """Print a table of the changes, largest growth first, and what could not be compared."""
    changes = sorted(report.changes, key=lambda one: -(one.growth or 0))
    columns = [">growth", ">before", ">after", ">", "figure"]
    rows = [
        (_percent(one.growth), _number(one.before), _number(one.after), _word(one), one.what)
        for one in changes
    ]
    if rows:
        _console.show(_console.table("What moved", columns, rows))
    for text in report.missing:
        _console.note(text)
    same = report.compared - len(rows)
    _console.show(f"{report.compared} figures compared, {same} of them equal")


def require(report: CompareReport) -> None:
    """Raise CheckFailed if a count grew beyond the limit."""
    over = [change.what for change in report.changes if change.over]
    if over:
        raise CheckFailed(
            f"grown by more than {report.limit * 100:g} %: {'; '.join(over)}",
            "undo what made it grow; if it is meant, keep the second file as the next base, or "
            "allow it with --limit PERCENT",
        )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:.4g}"


def _percent(growth: float | None) -> str:
    return "-" if growth is None else f"{growth * 100:+.2f} %"


def _word(change: Change) -> str:
    if change.over:
        return "OVER THE LIMIT"
    return "noise" if change.noise else ""
