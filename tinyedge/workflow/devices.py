"""From a firmware folder to a device that runs it, and what it answers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from tinyedge import build as building
from tinyedge import flash, results
from tinyedge.board import Board
from tinyedge.build import Artifact, size
from tinyedge.compile import Options
from tinyedge.device import bench as benching
from tinyedge.device import validate as validating
from tinyedge.device import wire as wires
from tinyedge.errors import CheckFailed, ConfigError, TinyedgeError
from tinyedge.link.auth import KeyOf
from tinyedge.link.session import Session
from tinyedge.lock import exclusive
from tinyedge.oracle import Oracle
from tinyedge.results import (
    BenchReport,
    BuildReport,
    FlashReport,
    FleetDevice,
    FleetReport,
    LayerSize,
    Result,
    SectionSize,
    ValidateReport,
)
from tinyedge.samples import Samples, random
from tinyedge.workflow import bill
from tinyedge.workflow.pipeline import Firmware
from tinyedge.workspace import sha256

Advance = Callable[[int, int], None]
Log = Callable[[str], None]
_R = TypeVar("_R", bound=Result)
_NOT_RANDOM = (
    "this board has no source of random numbers: what was said to it may be said again by another "
    "once its power was cut (SECURITY.md)"
)


@dataclass(frozen=True, eq=False)
class Built:
    """Firmware that has been compiled and measured."""

    firmware: Firmware
    artifact: Artifact
    report: BuildReport


def build(firmware: Firmware, *, observe: bool = False) -> Built:
    """Compile what has changed and measure the ELF; the result is kept as build.json.

    ``observe``: the firmware times each layer; it is another one, whose result is not kept and
    which the limit of flash is not about.

    Raises ToolError if a tool is missing or fails, CheckFailed if the linker runs out of memory or
    the firmware is larger than the model's limit of flash.
    """
    with exclusive(firmware.target):
        artifact = building.build(firmware.folder, firmware.board, observe=observe)
        report = _report(firmware, artifact)
        if not observe:
            bill.write(firmware, artifact)
            results.write(firmware.target / "build.json", report)
            _require_flash(report, firmware.loaded.model.options)
    return Built(firmware, artifact, report)


def _require_flash(report: BuildReport, options: Options) -> None:
    """The compiler only estimates what the C compiler will make of its plan."""
    over = 0 if options.max_flash is None else report.flash_total_bytes - options.max_flash
    if over > 0:
        raise CheckFailed(
            f"{report.model}: the firmware takes {report.flash_total_bytes:,} bytes of flash, "
            f"{over:,} more than max_flash allows",
            f"set max_flash {over:,} bytes lower still, so that the compiler saves them"
            + (', or optimize = "size"' if options.optimize == "speed" else ""),
        )


def start(built: Built, port: str = "") -> FlashReport:
    """Leave a device running with this firmware; one that ran there before is ended."""
    board, target = built.firmware.board, built.firmware.target
    greet = built.firmware.protocol == "tinyedge"
    keys = built.firmware.keys
    device = flash.start(built.artifact, board, target, port, greet=greet, keys=keys)
    return FlashReport(
        model=built.report.model,
        sha256=built.report.sha256,
        board=built.report.board,
        runtime=built.report.runtime,
        elf_sha256=device.elf_sha256,
        url=device.url,
        pid=device.pid,
    )


def left_running(built: Built) -> str | None:
    """The URL of the device that ``start`` left running, if it has this very firmware."""
    left = flash.running(built.firmware.target)
    return left.url if left and left.elf_sha256 == built.report.elf_sha256 else None


@contextmanager
def device(built: Built, port: str | None) -> Iterator[str]:
    """The URL of a device with this firmware.

    The one at ``port`` if given, else the one that ``start`` left running if it has this very
    firmware, else one that lives as long as the ``with``.
    """
    url = port or left_running(built)
    if url is not None:
        yield url
    else:
        with flash.run(built.artifact, built.firmware.board, keys=built.firmware.keys) as started:
            yield started.url


def require_clock(board: Board) -> None:
    """Raise ConfigError for a simulated board: its clock tells nothing about the real one's."""
    if board.flash.method == "labwired":
        raise ConfigError(
            f"{board.id}: the simulator's clock is not the board's",
            "measure on the board itself, or instructions on an emulated board",
        )


def validate(
    built: Built,
    url: str,
    *,
    count: int,
    vectors: Path | None,
    progress: Advance,
    on_log: Log,
) -> ValidateReport:
    """Compare answers with the reference; the result is kept as validate.json."""
    loaded = built.firmware.loaded
    samples = loaded.samples(count, vectors)
    reference = Oracle(loaded.tflite, loaded.model.name)
    session = connect(built, url, on_log)
    report = _validate(built, session, reference, samples, progress)
    results.write(built.firmware.target / "validate.json", report)
    return report


def validate_all(
    built: Built,
    urls: Sequence[str],
    *,
    count: int,
    vectors: Path | None,
    progress: Advance,
    on_log: Log,
) -> FleetReport:
    """The same samples on several devices at once; the result is kept as fleet.json.

    A device that fails is told in the result, and the others go on. Raises ConfigError if one is
    named twice.
    """
    if len(set(urls)) < len(urls):
        raise ConfigError("a device is named twice", "give every --port once")
    one, began = _one_of(built, urls, (count, vectors), progress, on_log), time.perf_counter()
    with ThreadPoolExecutor(len(urls)) as pool:
        found = tuple(pool.map(one, urls))
    report = FleetReport(
        model=built.report.model,
        sha256=built.report.sha256,
        board=built.report.board,
        runtime=built.report.runtime,
        devices=found,
        seconds=round(time.perf_counter() - began, 6),
        held=all(device.validate is not None and device.validate.held for device in found),
    )
    results.write(built.firmware.target / "fleet.json", report)
    return report


def _one_of(
    built: Built,
    urls: Sequence[str],
    wanted: tuple[int, Path | None],
    progress: Advance,
    on_log: Log,
) -> Callable[[str], FleetDevice]:
    """What validates one of the devices, by its URL; ``wanted``: count and file of the samples."""
    loaded = built.firmware.loaded
    samples = loaded.samples(*wanted)
    reference = validating.Shared(Oracle(loaded.tflite, loaded.model.name))
    done, keys = dict.fromkeys(urls, 0), built.firmware.fleet_keys()

    def one(url: str) -> FleetDevice:
        def hear(number: int, total: int) -> None:
            done[url] = number
            progress(sum(done.values()), total * len(urls))

        def log(text: str) -> None:
            on_log(f"{url}: {text}")

        try:
            session = open_session(built, url, log, built.report.sha256, keys)
            report = _validate(built, session, reference, samples, hear)
        except TinyedgeError as error:
            return FleetDevice(url=url, problem=error.sentence, validate=None)
        return FleetDevice(url=url, problem="", validate=report)

    return one


def _validate(
    built: Built,
    opened: Session,
    reference: validating.Reference,
    samples: Samples,
    progress: Advance,
) -> ValidateReport:
    with opened as session:
        return validating.validate(
            session,
            reference,
            samples,
            model=built.report.model,
            elf_sha256=built.report.elf_sha256,
            url=opened.name,
            baud=built.firmware.board.link.baud,
            progress=progress,
        )


def bench(
    built: Built,
    url: str,
    *,
    runs: int,
    progress: Advance,
    on_log: Log,
    wire: Samples | None = None,
    raw: wires.Raw = (),
) -> BenchReport:
    """Time inferences over pseudo-random inputs; the result is kept as bench.json.

    ``wire``: samples to count the bytes of on the link, which needs the feature "compress";
    ``raw``: frames that are sent so, too.
    """
    loaded = built.firmware.loaded
    with connect(built, url, on_log) as session:
        report = benching.bench(
            session,
            built.firmware.board,
            random(loaded.graph, runs),
            macs=loaded.graph.macs,
            build=built.report,
            url=url,
            progress=progress,
        )
        if wire is not None:
            cost = wires.measure(session, wire, report.seconds, raw)
            report = msgspec.structs.replace(report, wire=cost)
    results.write(built.firmware.target / "bench.json", report)
    return report


def last(built: Built, name: str, kind: type[_R]) -> _R | None:
    """What was last found with this very firmware; None if nothing was, or with another."""
    found = results.earlier(built.firmware.target / name, kind)
    same = getattr(found, "elf_sha256", None) == built.report.elf_sha256
    return found if same else None


def connect(built: Built, url: str, on_log: Log) -> Session:
    """A session with a device that must run this model. Raises LinkError as sessions do."""
    return open_session(built, url, on_log, built.report.sha256)


def open_session(
    built: Built, url: str, on_log: Log, sha256: str | None = None, keys: KeyOf | None = None
) -> Session:
    """The same with a device that may run any model, or the one with ``sha256``.

    ``keys``: those of several devices, where it is one of them.
    """
    return greet(built.firmware.board, url, on_log, sha256, keys or built.firmware.keys)


def greet(
    board: Board, url: str, on_log: Log, sha256: str | None = None, keys: KeyOf | None = None
) -> Session:
    """The same where nothing was built: ``keys`` are those of the device, with the feature auth."""
    session = Session(url, board.link.baud, expect_sha256=sha256, on_log=on_log, keys=keys)
    if keys is not None and not session.random:
        on_log(_NOT_RANDOM)
    return session


def _report(firmware: Firmware, artifact: Artifact) -> BuildReport:
    board, loaded = firmware.board, firmware.loaded
    measured = size.read(artifact.elf, artifact.map, board)
    ram = measured.ram_static + measured.stack
    return BuildReport(
        model=loaded.model.name,
        sha256=loaded.graph.sha256,
        board=board.id,
        runtime=firmware.runtime,
        optimize=loaded.model.options.optimize,
        elf=str(artifact.elf),
        elf_sha256=sha256(artifact.elf.read_bytes()),
        sections=tuple(
            SectionSize(name=s.name, flash_bytes=s.flash_bytes, ram_bytes=s.ram_bytes)
            for s in measured.sections
        ),
        layers=_layers(firmware, dict(measured.steps)),
        flash_code_bytes=measured.flash_code,
        flash_runtime_bytes=measured.flash_runtime,
        flash_weights_bytes=measured.flash_weights,
        flash_total_bytes=measured.flash_total,
        flash_available=board.memory.flash.bytes,
        ram_static_bytes=measured.ram_static,
        stack_bytes=measured.stack,
        ram_available=board.memory.ram.bytes,
        fits=measured.flash_total <= board.memory.flash.bytes and ram <= board.memory.ram.bytes,
    )


def _layers(firmware: Firmware, steps: dict[int, int]) -> tuple[LayerSize, ...]:
    """Bytes of constants by operator: a step counts for the first operator that it carries out.

    The tflm runtime keeps the .tflite whole: there, the weights are what the file says.
    """
    ops = firmware.loaded.graph.ops
    weights: Counter[int] = Counter()
    if firmware.plan is None:
        weights.update({op.index: sum(t.bytes for t in op.inputs if t.is_constant) for op in ops})
    else:
        # Steps that only change the domain of a tensor carry out no operator, and have no weights.
        for step in firmware.plan.steps:
            if step.ops:
                weights[step.ops[0]] += steps.get(step.index, 0)
    kinds = {op.index: op.kind for op in ops}
    return tuple(
        LayerSize(index=index, op=kinds[index], flash_bytes=count)
        for index, count in sorted(weights.items())
        if count
    )
