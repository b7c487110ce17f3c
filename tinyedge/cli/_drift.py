"""``tinyedge monitor --drift``: a live view of what a device has counted."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.live import Live

from tinyedge import board as boards
from tinyedge import flash
from tinyedge.cli import _console, _stages
from tinyedge.cli._drift_view import line, verdict, view
from tinyedge.cli._options import Target, save, with_features
from tinyedge.device import drift
from tinyedge.emit.features import MONITOR
from tinyedge.errors import CheckFailed, ConfigError, TinyedgeError
from tinyedge.recipe import Compile
from tinyedge.results import DriftReport, Thresholds
from tinyedge.workflow import devices, pipeline, watching
from tinyedge.workflow.watching import Against, Exporter, Feed, Watched
from tinyedge.workspace import Workspace

_BELOW = 5  # lines of the verdict, the error and the prompt, which are to leave the scores in view


@dataclass(frozen=True)
class Wanted:
    """How to watch: a look every ``every_s``, for ``seconds`` (None: until Ctrl-C)."""

    feed: Feed
    every_s: float
    seconds: float | None
    prometheus: int | None
    limits: Thresholds

    @property
    def once(self) -> bool:
        """Whether samples are fed to be judged, and that is all."""
        return bool(self.feed.count) and self.seconds is None and self.prometheus is None

    @property
    def judged(self) -> bool:
        """Whether the last look is to judge; not that of a view which Ctrl-C alone ends."""
        return bool(self.feed.count) or self.seconds is not None


def run(
    argv: tuple[str, str, str | None, str | None],
    given: Compile,
    workspace: Workspace,
    wanted: Wanted,
    json_path: Path | None,
) -> None:
    """Feed the samples, if any; watch; say what was seen last. CheckFailed on an alarm."""
    drift.require(wanted.limits)
    _require_feed(wanted.feed)
    with _device(argv, given, workspace, feed=bool(wanted.feed.count)) as device:
        with _console.progress("look at the training split") as hear:
            trained = watching.expected(device.loaded, workspace, hear)
        if wanted.feed.count:
            with _console.progress(f"feed {device.loaded.model.name}") as hear:
                watching.send(device, wanted.feed, hear=hear, on_log=_console.note)
        report = _watched(device, Against(trained, wanted.limits), wanted, json_path)
    tty = _console.out().isatty()
    _console.show(view(report, Console(file=_console.out()).height - _BELOW if tty else None))
    _console.verdict(not report.alarm if report.scores else None, verdict(report))
    if not report.scores:
        _not_judged(report, wanted)
    if report.alarm:
        moved = ", ".join(score.what for score in report.scores if score.state == "alarm")
        raise CheckFailed(
            f"{report.model} on {report.board}: drift of {moved}",
            'look at what it sees ("tinyedge collect"), then train with it, or on the device '
            '("tinyedge adapt")',
        )


def _require_feed(feed: Feed) -> None:
    """Raise ConfigError for options of samples that are not sent."""
    given = {"--data": feed.data is not None, "--shift": bool(feed.shifts)}
    names = " and ".join(name for name, there in given.items() if there)
    if names and not feed.count:
        raise ConfigError(
            f"without --feed, monitor --drift sends no samples, and has no use for {names}",
            f"add --feed COUNT, or leave {names} out",
        )


def _not_judged(report: DriftReport, wanted: Wanted) -> None:
    """Say what to do; TinyedgeError where the outcome of the last look was asked for."""
    hint = f"let it answer {drift.FEWEST}, or send it samples: --feed {drift.FEWEST}"
    if not wanted.judged:
        _console.note(hint)
        return
    raise TinyedgeError(
        f"{report.model} on {report.board}: nothing was judged, whether it drifts is not known",
        hint,
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
    built = _stages.build(Target(model, board_id, runtime, given, workspace))
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
    device: Watched, against: Against, wanted: Wanted, json_path: Path | None
) -> DriftReport:
    """The last report, also of a view that Ctrl-C has ended; it is saved however this ends."""
    report: DriftReport | None = None
    seconds = 0.0 if wanted.once else wanted.seconds
    with ExitStack() as stack:
        show = _shown(stack, wanted)
        try:
            for report in watching.watch(
                device, against, every_s=wanted.every_s, seconds=seconds, on_log=_console.note
            ):
                show(report)
        except KeyboardInterrupt:
            if report is None:
                raise
        finally:
            if report is not None:
                save(json_path, report)
    assert report is not None
    return report


def _shown(stack: ExitStack, wanted: Wanted) -> Callable[[DriftReport], None]:
    """Where reports are to be seen: on stdout, and by Prometheus."""
    takers: list[Callable[[DriftReport], None]] = []
    if wanted.prometheus is not None:
        exporter = Exporter(wanted.prometheus)
        stack.callback(exporter.close)
        _console.note(f"Prometheus: http://127.0.0.1:{exporter.port}/metrics")
        takers.append(exporter.show)
    if not wanted.once and _console.out().isatty():
        console = Console(file=_console.out())
        live = stack.enter_context(Live(console=console, transient=True, auto_refresh=False))
        takers.append(lambda report: live.update(view(report, console.height - 1), refresh=True))
    elif not wanted.once:
        takers.append(lambda report: _console.line(line(report)))

    def show(report: DriftReport) -> None:
        for taker in takers:
            taker(report)

    return show
