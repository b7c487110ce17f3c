"""What ``tinyedge monitor --drift`` shows: the scores first, then as much as there is room for."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from tinyedge.cli import _console
from tinyedge.device import drift
from tinyedge.results import DriftReport, DriftScore
from tinyedge.results.drift import State

_BAR = 24  # characters of the longest bar
_CLASSES = 10  # shown where there is room for any number
_WORDS: dict[State, tuple[str, str]] = {
    "steady": ("steady", "green"),
    "warning": ("warning", "yellow"),
    "alarm": ("ALARM", "bold red"),
}
_RANKS = tuple(_WORDS)


def view(report: DriftReport, rows: int | None = None) -> Group:
    """One moment, in at most ``rows`` lines (None: any number) of 80 columns."""
    above = _stacked([_scores(report), _console.facts("", _facts(report))])
    title = 2  # of the classes, below an empty line
    room = _CLASSES if rows is None else rows - _height(above) - title
    if room < 2:  # one, and how many more
        return above
    return Group(above, "", _classes(report, room))


def _stacked(tables: Sequence[Table]) -> Group:
    """Without edges, an empty line between two of them."""
    shown: list[Table | str] = []
    for table in tables:
        table.show_edge = False
        shown += [table, ""]
    return Group(*shown[:-1])


def _height(shown: Group) -> int:
    """Lines on this terminal, where long ones fold."""
    return len(Console(width=_console.width()).render_lines(shown))


def line(report: DriftReport) -> str:
    """One moment where there is no terminal: when, how many, the worst score, what it means."""
    worst = _worst(report)
    score = f"PSI {worst.psi:.3f} of {worst.what}" if worst else "-"
    return f"{time.strftime('%H:%M:%S')}  {report.inferences} inferences  {score}  {_word(report)}"


def verdict(report: DriftReport) -> str:
    """The outcome in words; without scores, how many it takes."""
    worst = _worst(report)
    if worst is None:
        answered = report.inferences - report.failed
        return f"{answered} answers of the device are too few, it takes {drift.FEWEST}"
    return f"{_WORDS[worst.state][0]}: PSI {worst.psi:.3f}, of {worst.what}"


def _worst(report: DriftReport) -> DriftScore | None:
    def key(score: DriftScore) -> tuple[int, float]:
        return _RANKS.index(score.state), score.psi

    return max(report.scores, key=key, default=None)


def _word(report: DriftReport) -> str:
    worst = _worst(report)
    return _WORDS[worst.state][0] if worst else "too few to judge"


def _scores(report: DriftReport) -> Table:
    rows = [
        (
            score.what,
            f"{score.psi:.3f}",
            "-" if score.ks is None else f"{score.ks:.3f}",
            "-" if score.ks_bound is None else f"{score.ks_bound:.3f}",
            Text(*_WORDS[score.state]),
        )
        for score in report.scores
    ]
    title = f"{report.model} on {report.board}: drift"
    columns = ["what", ">PSI", ">KS", ">KS by chance", "state"]
    return _console.table(title, columns, rows or [(_word(report), "", "", "", "")])


def _facts(report: DriftReport) -> list[tuple[str, str]]:
    ticks = f"{report.ticks_mean:,.0f} {report.tick_unit}, most {report.ticks_most:,}"
    trained = f"(trained on {report.trained_mean}, {report.trained_spread})"
    spread = f"mean {report.input_mean}, spread {report.input_spread}"
    return [
        ("runs", _running(report)),
        ("inferences", f"{report.inferences:,} ({report.failed:,} failed)"),
        ("an inference", ticks),
        ("input", f"{spread} {trained}"),
        ("link", f"{report.damaged:,} damaged frames, {report.overruns:,} bytes lost"),
        ("stack peak", f"{report.stack_peak_bytes:,} bytes"),
        ("starts", _resets(report)),
    ]


def _running(report: DriftReport) -> str:
    """Which model, and whose answers it is compared with, where these are another's."""
    name = "compiled in" if report.version == "0.0.0" else f"{report.running} {report.version}"
    text = f"{name} ({report.sha256[:12]})"
    if report.sha256 == report.trained_sha256:
        return text
    return f"{text}, judged by {report.model}"


def _resets(report: DriftReport) -> str:
    """How often, and why: the device's RAM knows of those since power came."""
    total = sum(reset.count for reset in report.resets)
    return f"{total:,}: " + ", ".join(f"{reset.count:,} {reset.cause}" for reset in report.resets)


def _classes(report: DriftReport, room: int) -> Table:
    """The most common answers, the others in one line."""
    names = report.class_names or tuple(map(str, range(len(report.classes))))
    counts = sorted(zip(names, report.classes, strict=False), key=lambda each: -each[1])
    first = counts if len(counts) <= room else counts[: room - 1]
    others = counts[len(first) :]
    most = max(1, *report.classes)
    rows = [(name, f"{count:,}", "█" * round(_BAR * count / most)) for name, count in first]
    if others:
        rows.append((f"and {len(others)} more", f"{sum(count for _, count in others):,}", ""))
    made = _console.table("Answers", ["class", ">count", ""], rows)
    made.show_header = made.show_edge = False
    return made
