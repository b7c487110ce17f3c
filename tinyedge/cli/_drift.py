"""``tinyedge monitor --drift``: a live view of what a device has counted."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console, Group
from rich.live import Live

from tinyedge import watching
from tinyedge.cli import _console, _stages
from tinyedge.cli._options import save
from tinyedge.devices import Built
from tinyedge.drift import Statistics
from tinyedge.errors import CheckFailed
from tinyedge.recipe import Compile
from tinyedge.results import DriftReport
from tinyedge.watching import Exporter, Feed
from tinyedge.workspace import Workspace

_BAR = 24  # characters of the longest bar
_WORDS = {"steady": "steady", "warning": "warning", "alarm": "ALARM"}


@dataclass(frozen=True)
class Wanted:
    """How to watch: a look every ``every_s``, for ``seconds`` (None: until Ctrl-C)."""

    feed: Feed
    every_s: float
    seconds: float | None
    prometheus: int | None

    @property
    def once(self) -> bool:
        """Whether samples are fed to be judged, and that is all."""
        return bool(self.feed.count) and self.seconds is None and self.prometheus is None


def run(
    argv: tuple[str, str, str | None, str | None],
    given: Compile,
    workspace: Workspace,
    wanted: Wanted,
    json_path: Path | None,
) -> None:
    """Feed the samples, if any; watch; say what was seen last. CheckFailed on an alarm."""
    model, board, runtime, port = argv
    features = tuple(dict.fromkeys((*given.features, "monitor")))
    given = msgspec.structs.replace(given, features=features)
    built = _stages.build(model, board, runtime, workspace, given)
    with _console.progress("look at the training split") as hear:
        trained = watching.expected(built.firmware.loaded, workspace, hear)
    with _stages.device(built, port) as url:
        if wanted.feed.count:
            with _console.progress(f"feed {built.report.model}") as hear:
                watching.send(built, url, wanted.feed, hear=hear, on_log=_console.note)
        report = _watched(built, url, trained, wanted, json_path)
    _console.show(view(report))
    _console.verdict(not report.alarm, _verdict(report))
    if report.alarm:
        moved = ", ".join(score.what for score in report.scores if score.state == "alarm")
        raise CheckFailed(
            f"{report.model} on {report.board}: drift of {moved}",
            'look at what it sees ("tinyedge collect"), then train with it, or on the device '
            '("tinyedge adapt")',
        )


def _watched(
    built: Built, url: str, trained: Statistics, wanted: Wanted, json_path: Path | None
) -> DriftReport:
    """The last report; each is shown as it comes, and the last is saved however this ends."""
    until = None if wanted.seconds is None else time.monotonic() + wanted.seconds
    report: DriftReport | None = None
    with ExitStack() as stack:
        show = _shown(stack, wanted)
        try:
            for report in watching.watch(
                built, url, trained, every_s=wanted.every_s, on_log=_console.note
            ):
                show(report)
                if wanted.once or (until is not None and time.monotonic() >= until):
                    break
        finally:
            if report is not None:
                save(json_path, report)
    assert report is not None
    return report


def _shown(stack: ExitStack, wanted: Wanted) -> Callable[[DriftReport], None]:
    """Where reports are to be seen: on a terminal, and by Prometheus."""
    takers: list[Callable[[DriftReport], None]] = []
    if wanted.prometheus is not None:
        exporter = Exporter(wanted.prometheus)
        stack.callback(exporter.close)
        _console.note(f"Prometheus: http://127.0.0.1:{exporter.port}/metrics")
        takers.append(exporter.show)
    if not wanted.once and sys.stdout.isatty():
        live = stack.enter_context(Live(console=Console(), transient=True))
        takers.append(lambda report: live.update(view(report)))

    def show(report: DriftReport) -> None:
        for taker in takers:
            taker(report)

    return show


def view(report: DriftReport) -> Group:
    """The tables of one moment."""
    facts = [
        ("inferences", f"{report.inferences:,} ({report.failed:,} failed)"),
        (
            "an inference",
            f"{report.ticks_mean:,.0f} {report.tick_unit}, most {report.ticks_most:,}",
        ),
        ("input", f"mean {report.input_mean}, spread {report.input_spread}"),
        ("trained on", f"mean {report.trained_mean}, spread {report.trained_spread}"),
        ("link", f"{report.damaged:,} damaged frames, {report.overruns:,} bytes lost"),
        ("stack peak", f"{report.stack_peak_bytes:,} bytes"),
        ("starts", _resets(report)),
    ]
    scores = [
        (
            score.what,
            f"{score.psi:.3f}",
            "-" if score.ks is None else f"{score.ks:.3f}",
            "-" if score.ks_bound is None else f"{score.ks_bound:.3f}",
            _WORDS[score.state],
        )
        for score in report.scores
    ]
    columns = ["what", ">PSI", ">KS", ">KS by chance", "state"]
    tables = [
        _console.facts(f"{report.model} on {report.board}", facts),
        _console.table("Answers", ["class", ">count", ""], _classes(report)),
    ]
    if scores:
        tables.append(_console.table("Drift", columns, scores))
    return Group(*tables)


def _resets(report: DriftReport) -> str:
    """How often, and why: the device's RAM knows of those since power came."""
    total = sum(reset.count for reset in report.resets)
    return f"{total:,}: " + ", ".join(f"{reset.count:,} {reset.cause}" for reset in report.resets)


def _classes(report: DriftReport) -> list[tuple[str, int, str]]:
    most = max(1, *report.classes)
    names = report.class_names or tuple(map(str, range(len(report.classes))))
    return [
        (name, count, "█" * round(_BAR * count / most))
        for name, count in zip(names, report.classes, strict=False)
    ]


def _verdict(report: DriftReport) -> str:
    if not report.scores:
        return f"{report.inferences} inferences are too few to judge"
    worst = max(report.scores, key=lambda score: score.psi)
    return f"largest PSI {worst.psi:.3f}, of {worst.what}"
