"""A running device watched for drift: fed with samples if asked, judged, and told to Prometheus."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

import msgspec
import numpy as np
import prometheus_client as prometheus
from numpy.typing import NDArray

from tinyedge import flash
from tinyedge.board import Board
from tinyedge.compile import compile_graph
from tinyedge.dataset import shift
from tinyedge.device import bench as benching
from tinyedge.device import drift
from tinyedge.emit import updating
from tinyedge.errors import ConfigError, LinkError
from tinyedge.flash import ports
from tinyedge.graph.types import Quant
from tinyedge.keys import device as device_keys
from tinyedge.link import complaints, statistics
from tinyedge.link.auth import KeyOf
from tinyedge.link.messages import Hello
from tinyedge.link.protocol import Feature
from tinyedge.link.session import Session
from tinyedge.link.statistics import Counts
from tinyedge.link.updating import COMPILED, Updating
from tinyedge.quantize import inputs
from tinyedge.results import DriftReport, ResetCount, Thresholds
from tinyedge.results.drift import Cause
from tinyedge.workflow import devices, learning
from tinyedge.workflow.devices import Built, Log
from tinyedge.workflow.pipeline import Loaded
from tinyedge.workspace import Workspace

Hear = Callable[[int, int], None]
STATISTICS = "statistics.json"
_MOST_MACS, _FEWEST = 1_500_000_000, 60  # large networks are slow on the host


@dataclass(frozen=True)
class Feed:
    """Samples to send first; the counts begin with them. ``count`` 0: none."""

    data: Path | None = None
    shifts: tuple[str, ...] = ()
    count: int = 0

    def __post_init__(self) -> None:
        """Raises ConfigError for a shift that there is not."""
        shift.require(self.shifts)


def expected(loaded: Loaded, workspace: Workspace, hear: Hear) -> drift.Statistics:
    """What the training split is like, as ``quantize`` has written it; measured if it has not.

    Raises ConfigError for a bare .tflite: nobody knows what it was trained on.
    """
    path = workspace.model(loaded.model.name) / STATISTICS
    known = drift.read(path, loaded.graph.sha256)
    if known is not None and loaded.model.recipe is not None:
        return known
    count = max(_FEWEST, min(drift.SAMPLES, _MOST_MACS // max(1, loaded.graph.macs)))
    samples = _training(loaded, count, loaded.graph.inputs[0].q)
    found = drift.measure(loaded.tflite, loaded.graph.sha256, samples, hear)
    drift.write(path, found)
    return found


def _training(loaded: Loaded, count: int, quant: Quant) -> NDArray[np.int8]:
    """Samples of the training split, always the same."""
    recipe, dataset = loaded.model.recipe, loaded.dataset
    if recipe is None or dataset is None:
        raise ConfigError(
            f"{loaded.model.name}: a .tflite does not say what it was trained on",
            "name a recipe, whose training split is compared with",
        )
    return inputs(dataset.representative(count, recipe.quantize.seed), quant)


def _as_read(trained: drift.Statistics, loaded: Loaded, hello: Hello) -> drift.Statistics:
    """``trained``, with its inputs in the scale of the model that runs."""
    if _reads(hello) == loaded.graph.inputs[0].q:
        return trained
    return drift.with_inputs(trained, _training(loaded, trained.samples, _reads(hello)))


def _reads(hello: Hello) -> Quant:
    tensor = hello.inputs[0]
    return Quant((tensor.scale,), (tensor.zero_point,))


@dataclass(frozen=True)
class Runs:
    """A model on a device; version 0.0.0 is compiled in."""

    name: str
    version: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True)
class Against:
    """What the counts are compared with, and from where on that is a warning or an alarm."""

    trained: drift.Statistics
    limits: Thresholds = field(default_factory=Thresholds)


@dataclass(frozen=True, eq=False)
class Watched:
    """A device that runs, and the model whose training split its counts are compared with."""

    loaded: Loaded
    board: Board
    url: str
    keys: KeyOf | None


def left(board: Board, folder: Path, port: str | None, start: str) -> str:
    """The URL of the device at ``port``, the one that ``flash`` left in ``folder``, or plugged in.

    Whatever other features it has, it is the one: nothing is written to it, nor started. Raises
    ConfigError if there is none, ``start`` being the command that starts one; LinkError if not one
    board is plugged in, but none or several.
    """
    if port is not None:
        return port
    found = flash.running(folder)
    if found is not None:
        return found.url
    if board.link.via == "serial":
        try:
            return ports.find(wanted=board)
        except LinkError as error:
            raise LinkError(
                error.message, f'{error.hint}; firmware that counts comes with "{start}"'
            ) from error
    raise ConfigError(
        f"flash has left no {board.id} running here with this model's firmware",
        f'start one with "{start}"; if one runs elsewhere, name it with --port',
    )


def watched(loaded: Loaded, board: Board, url: str) -> Watched:
    """The device at ``url``. Raises ConfigError where it needs a key and none was given."""
    wanted = loaded.model.compile
    key = device_keys.wanted(wanted.features, wanted.device_key)
    return Watched(loaded, board, url, device_keys.only(key))


def built(made: Built, url: str) -> Watched:
    """The device at ``url`` that has this very firmware."""
    return Watched(made.firmware.loaded, made.firmware.board, url, made.firmware.keys)


def _open(device: Watched, on_log: Log) -> tuple[Session, Runs]:
    """A session, and which model runs: the recipe's, or another that an update has brought."""
    session = devices.greet(device.board, device.url, on_log, keys=device.keys)
    try:
        return session, _runs(session, device.loaded, device.board)
    except BaseException:
        session.close()
        raise


def _runs(session: Session, loaded: Loaded, board: Board) -> Runs:
    """Raises LinkError for a model of another architecture than that of ``loaded``."""
    hello, own = session.hello, loaded.graph.sha256
    if not hello.features & Feature.UPDATE:
        if hello.sha256 != own:
            raise complaints.other_model(session.name, hello, own)
        return Runs(hello.model)
    state, slots = Updating(session).versions()
    active = slots[state.active] if state.active != COMPILED else None
    if hello.sha256 != own:
        # One that is compiled in has the architecture of those that it took.
        taken = {slot.architecture for slot in slots if slot}
        if _architecture(loaded, board, hello) not in taken:
            raise complaints.other_model(session.name, hello, own)
    return Runs(active.name, active.version) if active else Runs(hello.model)


def _architecture(loaded: Loaded, board: Board, hello: Hello) -> bytes:
    """What the model's would be in firmware with the device's features and runtime."""
    names = [bit.name.lower() for bit in Feature if bit & hello.features and bit.name]
    wanted = msgspec.structs.replace(loaded.model.compile, features=tuple(names))
    options = replace(loaded.model, compile=wanted).options
    compiled = hello.runtime == "aot"
    plan = compile_graph(loaded.graph, board.cpu.core, options) if compiled else None
    return updating.replaceable(loaded.graph, plan, board, loaded.tflite).architecture


def watch(
    device: Watched,
    against: Against,
    *,
    every_s: float,
    seconds: float | None,
    on_log: Log,
) -> Iterator[DriftReport]:
    """A report at each of the ``looks``."""
    session, runs = _open(device, on_log)
    with session:
        trained = _as_read(against.trained, device.loaded, session.hello)
        against = replace(against, trained=trained)
        for _ in looks(every_s, seconds):
            yield _report(device, session, runs, against, statistics.read(session))


def looks(
    every_s: float,
    seconds: float | None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Now, every so many seconds, and at the end: after ``seconds``, or never (None)."""
    end = math.inf if seconds is None else clock() + seconds
    while True:
        yield
        left = end - clock()
        if left <= 0:
            return
        sleep(min(every_s, left))


def send(device: Watched, feed: Feed, *, hear: Hear, on_log: Log) -> None:
    """Feed the samples, in the scale of the model that runs; the device counts from nothing.

    Raises ConfigError, before the device is opened, for fewer than can be judged.
    """
    source = learning.Source(feed.data, feed.shifts, feed.count, labels_wanted=False)
    samples = learning.labelled(device.loaded, source)
    if len(samples) < drift.FEWEST:
        raise ConfigError(
            f"{samples.source}: {len(samples)} samples are too few to judge",
            f"give {drift.FEWEST} or more",
        )
    session, _ = _open(device, on_log)
    with session:
        if (read := _reads(session.hello)) != device.loaded.graph.inputs[0].q:
            samples = learning.labelled(device.loaded, source, read)
        statistics.clear(session)
        for number in samples.numbered(hear):
            session.infer(samples.payload(number))


def _report(
    device: Watched, session: Session, runs: Runs, against: Against, found: Counts
) -> DriftReport:
    trained, limits = against.trained, against.limits
    answered = found.inferences - found.failed
    mean = round(found.ticks / answered) if answered else 0
    unit, ticks = benching.in_unit(device.board, session.hello.tick_hz, [mean, found.ticks_most])
    scores = drift.judge(trained, found, limits) if answered >= drift.FEWEST else ()
    dataset = device.loaded.dataset
    names = dataset.classes if dataset else ()
    return DriftReport(
        model=device.loaded.model.name,
        sha256=session.hello.sha256,
        running=runs.name,
        version=".".join(map(str, runs.version)),
        trained_sha256=trained.sha256,
        board=device.board.id,
        url=device.url,
        inferences=found.inferences,
        failed=found.failed,
        damaged=found.damaged,
        overruns=found.overruns,
        stack_peak_bytes=found.stack_peak,
        resets=_resets(found),
        ticks_mean=ticks[0],
        ticks_most=ticks[1],
        tick_unit=unit,
        input_mean=round(found.input_mean, 3),
        input_spread=round(found.input_spread, 3),
        trained_mean=round(trained.input_mean, 3),
        trained_spread=round(trained.input_spread, 3),
        class_names=names,
        classes=found.classes[: max(1, len(names))],
        confidence=found.confidence,
        thresholds=limits,
        scores=scores,
        alarm=any(score.state == "alarm" for score in scores),
    )


def _resets(found: Counts) -> tuple[ResetCount, ...]:
    """Those that there were."""
    named: tuple[Cause, ...] = get_args(Cause)
    return tuple(
        ResetCount(cause=cause, count=count)
        for cause, count in zip(named, found.resets, strict=True)
        if count
    )


class Exporter:
    """The newest report as Prometheus reads it, at http://127.0.0.1:PORT/metrics."""

    def __init__(self, port: int) -> None:
        """Raises ConfigError if the port is taken."""
        registry = prometheus.CollectorRegistry()

        def gauge(name: str, text: str, *labels: str) -> prometheus.Gauge:
            return prometheus.Gauge(f"tinyedge_{name}", text, labels, registry=registry)

        self._psi = gauge("drift_psi", "Population stability index", "what")
        self._ks = gauge("drift_ks", "Kolmogorov-Smirnov distance", "what")
        self._alarm = gauge("drift_alarm", "1: an alarm")
        self._judged = gauge("drift_judged", "0: too few answers for an alarm")
        self._inferences = gauge("inferences", "Inferences since start or clearing")
        self._failed = gauge("failed_inferences", "Of them, without an answer")
        self._damaged = gauge("damaged_frames", "Frames that the device dropped")
        self._stack = gauge("stack_peak_bytes", "Deepest stack")
        self._ticks = gauge("inference_ticks", "Mean ticks of an inference", "unit")
        self._resets = gauge("resets", "Starts since power came", "cause")
        self._classes = gauge("answers", "Answers by class", "class_name")
        try:
            self._server, _ = prometheus.start_http_server(port, "127.0.0.1", registry)
        except OSError as error:
            raise ConfigError(
                f"port {port}: {error.strerror}", "choose another with --prometheus"
            ) from error

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_port)

    def show(self, report: DriftReport) -> None:
        """Take the figures of ``report``; scores that it has not are of counts that are gone."""
        if not report.scores:
            self._psi.clear()
            self._ks.clear()
        for score in report.scores:
            self._psi.labels(score.what).set(score.psi)
            if score.ks is not None:
                self._ks.labels(score.what).set(score.ks)
        self._alarm.set(report.alarm)
        self._judged.set(bool(report.scores))
        self._inferences.set(report.inferences)
        self._failed.set(report.failed)
        self._damaged.set(report.damaged)
        self._stack.set(report.stack_peak_bytes)
        for reset in report.resets:
            self._resets.labels(reset.cause).set(reset.count)
        self._ticks.labels(report.tick_unit).set(report.ticks_mean)
        for label, count in enumerate(report.classes):
            name = report.class_names[label] if label < len(report.class_names) else str(label)
            self._classes.labels(name).set(count)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
