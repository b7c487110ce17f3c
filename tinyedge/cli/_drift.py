"""``tinyedge monitor --drift``: a live view of what a device has counted."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live

from tinyedge import board as boards
from tinyedge import devices, flash, pipeline, watching
from tinyedge.cli import _console, _stages
from tinyedge.cli._options import save, with_features
from tinyedge.drift import Statistics
from tinyedge.emit.features import MONITOR
from tinyedge.errors import CheckFailed
from tinyedge.recipe import Compile
from tinyedge.results import DriftReport
from tinyedge.watching import Exporter, Feed, Watched
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
    with _device(argv, given, workspace, feed=bool(wanted.feed.count)) as device:
        with _console.progress("look at the training split") as hear:
            trained = watching.expected(device.loaded, workspace, hear)
        if wanted.feed.count:
            with _console.progress(f"feed {device.loaded.model.name}") as hear:
                watching.send(device, wanted.feed, hear=hear, on_log=_console.note)
        report = _watched(device, trained, wanted, json_path)
    _console.show(view(report))
    _console.verdict(not report.alarm, _verdict(report))
    if report.alarm:
        moved = ", ".join(score.what for score in report.scores if score.state == "alarm")
        raise CheckFailed(
            f"{report.model} on {report.board}: drift of {moved}",
            'look at what it sees ("tinyedge collect"), then train with it, or on the device '
            '("tinyedge adapt")',
        )


@contextmanager
def _device(
    argv: tuple[str, str, str | None, str | None],
    given: Compile,
    workspace: Workspace,
    *,
    feed: bool,
) -> Iterator[Watched]:
    """The device that runs; to ``feed``, else one that is emulated for the length of a ``with``.

    No board is written: that would end what it has counted.
    """
    model, board_id, runtime, port = argv
    _stages.require_ports(port)
    board = boards.load(board_id)
    given = with_features(given, MONITOR.name)
    if not feed or port is not None or board.link.via == "serial":
        folder = workspace.target(pipeline.resolve(model).name, runtime or board.runtime, board.id)
        url = watching.left(board, folder, port, _start(argv, given))
        loaded = _stages.load(model, workspace, runtime or board.runtime, given)
        yield watching.watched(loaded, board, url)
        return
    built = _stages.build(model, board_id, runtime, workspace, given)
    if flash.running(built.firmware.target) and devices.left_running(built) is None:
        _console.note(f"the {board.id} that runs has other firmware: it is left alone")
    with _stages.device(built, None) as url:
        yield watching.built(built, url)


def _start(argv: tuple[str, str, str | None, str | None], given: Compile) -> str:
    """The command that starts a device to watch."""
    model, board, runtime, _ = argv
    chosen = f" --runtime {runtime}" if runtime else ""
    return f"tinyedge flash {shlex.quote(model)} --board {board}{chosen}{given.arguments()}"


def _watched(
    device: Watched, trained: Statistics, wanted: Wanted, json_path: Path | None
) -> DriftReport:
    """The last report; each is shown as it comes, and the last is saved however this ends."""
    until = None if wanted.seconds is None else time.monotonic() + wanted.seconds
    report: DriftReport | None = None
    with ExitStack() as stack:
        show = _shown(stack, wanted)
        try:
            for report in watching.watch(
                device, trained, every_s=wanted.every_s, on_log=_console.note
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
        ("runs", _running(report)),
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


def _running(report: DriftReport) -> str:
    """Which model, and whose answers it is compared with, where these are another's."""
    name = "compiled in" if report.version == "0.0.0" else f"{report.running} {report.version}"
    text = f"{name} ({report.sha256[:12]})"
    if report.sha256 == report.trained_sha256:
        return text
    return f"{text}, judged by {report.model} ({report.trained_sha256[:12]})"


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
