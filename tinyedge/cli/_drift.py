"""``tinyedge monitor --drift``: a live view of what a device has counted."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from pathlib import Path

import msgspec
from rich.console import Console, Group
from rich.live import Live

from tinyedge import watching
from tinyedge.cli import _console, _stages
from tinyedge.cli._options import save
from tinyedge.errors import CheckFailed
from tinyedge.recipe import Compile
from tinyedge.results import DriftReport
from tinyedge.watching import Exporter, Feed
from tinyedge.workspace import Workspace

_BAR = 24  # characters of the longest bar
_WORDS = {"steady": "steady", "warning": "warning", "alarm": "ALARM"}


def run(
    argv: tuple[str, str, str | None, str | None],
    given: Compile,
    workspace: Workspace,
    feed: Feed,
    *,
    every_s: float,
    seconds: float | None,
    prometheus: int | None,
    json_path: Path | None,
) -> None:
    """Watch until Ctrl-C, for ``seconds``, or, when samples were fed, once."""
    model, board, runtime, port = argv
    features = tuple(dict.fromkeys((*given.features, "monitor")))
    given = msgspec.structs.replace(given, features=features)
    built = _stages.build(model, board, runtime, workspace, given)
    with _console.progress("look at the training split") as hear:
        trained = watching.expected(built.firmware.loaded, workspace, hear)
    once = bool(feed.count) and seconds is None and prometheus is None
    until = None if seconds is None else time.monotonic() + seconds
    report: DriftReport | None = None
    with ExitStack() as stack:
        url = stack.enter_context(_stages.device(built, port))
        exporter = Exporter(prometheus) if prometheus is not None else None
        if exporter:
            stack.callback(exporter.close)
            _console.note(f"Prometheus: http://127.0.0.1:{exporter.port}/metrics")
        hear = stack.enter_context(_console.progress(f"feed {built.report.model}"))
        live: Live | None = None
        try:
            for report in watching.watch(
                built, url, trained, feed, every_s=every_s, hear=hear, on_log=_console.note
            ):
                if exporter:
                    exporter.show(report)
                if once or (until is not None and time.monotonic() >= until):
                    break
                if live is None and sys.stdout.isatty():
                    live = stack.enter_context(Live(console=Console(), transient=True))
                if live:
                    live.update(view(report))
        finally:
            if report is not None:
                save(json_path, report)
    assert report is not None
    _console.show(view(report))
    _console.verdict(not report.alarm, _verdict(report))
    if report.alarm:
        moved = ", ".join(score.what for score in report.scores if score.state == "alarm")
        raise CheckFailed(
            f"{report.model} on {report.board}: drift of {moved}",
            'look at what it sees ("tinyedge collect"), then train with it, or on the device '
            '("tinyedge adapt")',
        )


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
