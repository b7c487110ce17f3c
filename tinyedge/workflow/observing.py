"""What layers do on a device with firmware that is observed: their ticks, and what they write."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tinyedge import results
from tinyedge.device import debug as debugging
from tinyedge.device import profile as profiling
from tinyedge.errors import ConfigError
from tinyedge.results import DebugReport, ProfileReport
from tinyedge.samples import Samples, random
from tinyedge.workflow import devices, float_network
from tinyedge.workflow.pipeline import Firmware, Loaded


def require_observable(firmware: Firmware) -> None:
    """Raise ConfigError where the runtime does not tell what its layers take."""
    if firmware.runtime == "tflm" and firmware.board.flash.method == "host":
        raise ConfigError(
            f"{firmware.board.id}: TensorFlow Lite Micro's wheel tells no times by layer: "
            "its Python interface has no profiler",
            "profile --runtime aot, or tflm on another board",
        )


def profile(
    built: devices.Built, url: str, *, runs: int, progress: devices.Advance, on_log: devices.Log
) -> ProfileReport:
    """Time the layers of observed firmware; the result is kept as profile.json."""
    firmware = built.firmware
    with devices.connect(built, url, on_log) as session:
        report = profiling.profile(
            session,
            firmware.board,
            random(firmware.loaded.graph, runs),
            graph=firmware.loaded.graph,
            plan=firmware.plan,
            optimize=built.report.optimize,
            url=url,
            progress=progress,
        )
    report = msgspec.structs.replace(report, elf_sha256=built.report.elf_sha256)
    results.write(firmware.target / "profile.json", report)
    return report


def debug(
    built: devices.Built, url: str, sample: int, vectors: Path | None, *, on_log: devices.Log
) -> tuple[DebugReport, tuple[debugging.Layer, ...]]:
    """Compare the layers of observed firmware; the report is kept as debug.json.

    Raises ConfigError if there is no such sample.
    """
    firmware, loaded = built.firmware, built.firmware.loaded
    samples = _up_to(loaded, sample, vectors)
    number = sample if vectors is None else None
    with devices.connect(built, url, on_log) as session:
        before = session.traffic
        layers = debugging.layers(
            session,
            loaded.graph,
            firmware.plan,
            loaded.tflite,
            samples[sample],
            floats=float_network.values(loaded, samples[sample], number),
        )
        received = session.traffic.since(before).bytes_received
    truths = tuple(layer.truth for layer in layers)
    first = next((truth.index for truth in truths if truth.differing), None)
    report = DebugReport(
        model=built.report.model,
        sha256=built.report.sha256,
        board=built.report.board,
        runtime=built.report.runtime,
        optimize=built.report.optimize,
        elf_sha256=built.report.elf_sha256,
        url=url,
        inputs=samples.source,
        sample=sample,
        layers=truths,
        first_differing=first,
        link_bytes=received,
        held=first is None,
    )
    results.write(firmware.target / "debug.json", report)
    return report, layers


def _up_to(loaded: Loaded, sample: int, vectors: Path | None) -> Samples:
    found = loaded.samples(sample + 1, vectors)
    if sample >= len(found):
        raise ConfigError(
            f"there is no sample {sample} in {found.source}: it has {len(found)}",
            f"give --sample 0 to {len(found) - 1}",
        )
    return found
