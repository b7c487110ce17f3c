"""The stages before a verb's own work, with their progress shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tinyedge import board as boards
from tinyedge import build as building
from tinyedge import flash
from tinyedge.board import Board
from tinyedge.cli import _console, train
from tinyedge.cli._options import Target
from tinyedge.cli.boards import describe
from tinyedge.device.wire import Raw
from tinyedge.emit.mlperf import Protocol
from tinyedge.flash import ports
from tinyedge.lock import exclusive
from tinyedge.recipe import Compile
from tinyedge.results import (
    BenchReport,
    CollectReport,
    FleetReport,
    ProfileReport,
    ValidateReport,
)
from tinyedge.samples import Samples
from tinyedge.train import trained
from tinyedge.workflow import class_alone, devices, fits, learning, observing, pipeline, raw
from tinyedge.workflow import collect as collecting
from tinyedge.workflow.devices import Built
from tinyedge.workflow.pipeline import Firmware, Loaded
from tinyedge.workspace import Workspace


def load(argument: str, workspace: Workspace, runtime: str, given: Compile) -> Loaded:
    """MODEL -> Loaded; trains and quantizes a recipe whose things have changed."""
    model = pipeline.resolve(argument, given)
    return pipeline.load(model, workspace, runtime, _console.progress, train.run)


def load_or_sketch(argument: str, workspace: Workspace, given: Compile) -> Loaded:
    """MODEL -> Loaded, training nothing: a recipe that is not trained gets random weights."""
    model = pipeline.resolve(argument, given)
    recipe = model.recipe
    if recipe is not None and recipe.imported is None and trained(recipe, workspace) is None:
        return pipeline.sketch(model)
    # the runtime that lists operators it does not know
    return pipeline.load(model, workspace, "tflm", _console.progress, train.run)


def generate(
    target: Target,
    *,
    protocol: Protocol = "tinyedge",
) -> Firmware:
    """MODEL -> its firmware folder for the board. A wrong board is refused before any work."""
    board = boards.load(target.board)
    runtime = target.runtime or board.runtime
    loaded = _loaded(target, runtime)
    return pipeline.generate(loaded, board, runtime, target.workspace, protocol)


def build(
    target: Target,
    *,
    protocol: Protocol = "tinyedge",
) -> Built:
    """MODEL -> its firmware, compiled and measured."""
    board = boards.load(target.board)
    runtime = target.runtime or board.runtime
    building.require(board, runtime)
    loaded = _loaded(target, runtime)
    with _alone(loaded, board, runtime, target.workspace):
        firmware = pipeline.generate(loaded, board, runtime, target.workspace, protocol)
        fits.require_room(firmware, boards.every)
        _console.note(f"compile {loaded.model.name} for {board.id}")
        return devices.build(firmware)


def observed(
    target: Target,
    *,
    require: Callable[[Firmware], None],
) -> Built:
    """MODEL -> firmware that observes its layers, once ``require`` has not refused it."""
    board = boards.load(target.board)
    runtime = target.runtime or board.runtime
    loaded = _loaded(target, runtime)
    with _alone(loaded, board, runtime, target.workspace):
        firmware = pipeline.generate(loaded, board, runtime, target.workspace)
        require(firmware)
        _console.note(f"compile {loaded.model.name} for {board.id}, observed")
        return devices.build(firmware, observe=True)


def require_ports(*given: str | None) -> None:
    """Raise LinkError if one of ``given`` (None: none was named) is no port: before any work."""
    for port in given:
        if port is not None:
            ports.existing(port)


def _loaded(target: Target, runtime: str) -> Loaded:
    return load(target.model, target.workspace, runtime, target.given)


def _alone(
    loaded: Loaded, board: Board, runtime: str, workspace: Workspace
) -> AbstractContextManager[None]:
    """From the sources to the ELF, so that no other run puts its sources in between."""
    return exclusive(workspace.target(loaded.model.name, runtime, board.id))


def _start(built: Built) -> str:
    emulator = describe(built.firmware.board).emulator
    return f"start {built.report.board}" + (f", emulated by {emulator}" if emulator else "")


@contextmanager
def device(built: Built, port: str | None) -> Iterator[str]:
    """The URL of a device with this firmware, for the length of a ``with``."""
    if port is None and devices.left_running(built) is None:
        _console.note(_start(built))
    with devices.device(built, port) as url:
        yield url


@contextmanager
def ungreeted(built: Built, port: str = "") -> Iterator[str]:
    """The URL of a device that speaks another protocol; ``port``: of the real board to flash."""
    _console.note(_start(built))
    with flash.run(built.artifact, built.firmware.board, port, greet=False) as device:
        yield device.url


def validate(built: Built, url: str, count: int, vectors: Path | None) -> ValidateReport:
    """Compare answers with the reference, with a progress bar."""
    with _console.progress(f"validate {built.report.model} on {built.report.board}") as advance:
        return devices.validate(
            built, url, count=count, vectors=vectors, progress=advance, on_log=_log
        )


def validate_raw(built: Built, url: str, count: int) -> ValidateReport:
    """Compare the inputs that the device makes of frames, and its answers, with a progress bar."""
    with _console.progress(f"validate {built.report.model} on {built.report.board}") as advance:
        return raw.validate(built, url, count=count, progress=advance, on_log=_log)


def validate_class(built: Built, url: str, count: int, vectors: Path | None) -> ValidateReport:
    """Compare class and score, which come back alone, with a progress bar."""
    with _console.progress(f"validate {built.report.model} on {built.report.board}") as advance:
        return class_alone.validate(
            built, url, count=count, vectors=vectors, progress=advance, on_log=_log
        )


def validate_learned(built: Built, url: str, count: int, vectors: Path | None) -> ValidateReport:
    """Compare answers with those of what the device has learned, with a progress bar."""
    with _console.progress(f"validate {built.report.model} on {built.report.board}") as advance:
        return learning.validate(
            built, url, count=count, vectors=vectors, progress=advance, on_log=_log
        )


def collect(built: Built, url: str, wish: collecting.Wish) -> CollectReport:
    """Collect frames, with a progress bar."""
    with _console.progress(f"collect from {built.report.board}") as advance:
        return collecting.collect(built, url, wish, progress=advance, on_log=_log)


def validate_all(
    built: Built, urls: Sequence[str], count: int, vectors: Path | None
) -> FleetReport:
    """Compare answers of several devices at once, with one progress bar."""
    with _console.progress(f"validate {built.report.model} on {len(urls)} devices") as advance:
        return devices.validate_all(
            built, urls, count=count, vectors=vectors, progress=advance, on_log=_log
        )


def bench(
    built: Built, url: str, runs: int, wire: Samples | None = None, raw: Raw = ()
) -> BenchReport:
    """Time inferences, with a progress bar; count the bytes of ``wire`` and ``raw`` on the link."""
    with _console.progress(f"bench {built.report.model} on {built.report.board}") as advance:
        return devices.bench(
            built, url, runs=runs, progress=advance, on_log=_log, wire=wire, raw=raw
        )


def profile(built: Built, url: str, runs: int) -> ProfileReport:
    """Time the layers of observed firmware, with a progress bar."""
    with _console.progress(f"profile {built.report.model} on {built.report.board}") as advance:
        return observing.profile(built, url, runs=runs, progress=advance, on_log=_log)


def _log(text: str) -> None:
    _console.note(f"device: {text.rstrip()}")
