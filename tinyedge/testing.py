"""What a project's own tests ask of its model on a device: helpers that raise AssertionError.

The fixtures that they take are of ``tinyedge.pytest_plugin``; pytest is not imported here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tinyedge import board as boards
from tinyedge import build as building
from tinyedge import config
from tinyedge import samples as sampling
from tinyedge.device.validate import describe
from tinyedge.errors import ConfigError, near_match
from tinyedge.graph.types import Tensor
from tinyedge.link.session import Session
from tinyedge.recipe import Compile
from tinyedge.results import BenchReport, ValidateReport
from tinyedge.samples import Array
from tinyedge.workflow import devices, fits, pipeline
from tinyedge.workflow.devices import Built
from tinyedge.workspace import Workspace

__all__ = [
    "RUNS",
    "SAMPLES",
    "UNITS",
    "Built",
    "Device",
    "assert_accuracy",
    "assert_byte_exact",
    "assert_fits",
    "assert_latency",
    "build",
]
SAMPLES = 200
RUNS = 10
_PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
UNITS = ("instructions", "cycles", "ticks", *_PER_SECOND)
"""What ``assert_latency`` may be told a limit in."""


@dataclass(frozen=True, eq=False)
class Device:
    """A device that runs the firmware under test. ``log``: the texts it has sent in this test."""

    built: Built
    url: str
    log: list[str] = field(default_factory=list)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A conversation with the device, for what the helpers do not ask."""
        with devices.connect(self.built, self.url, self.log.append) as session:
            yield session

    def infer(self, *inputs: Array) -> tuple[Array, ...]:
        """Run one inference; returns an array for each output, in its shape and type.

        ``inputs``: one array for each input, in its element type, or real ones, which are quantized
        as the model says. Raises ConfigError for another type or size, LinkError if the device
        goes or refuses.
        """
        graph = self.built.firmware.loaded.graph
        if len(inputs) != len(graph.inputs):
            raise ConfigError(
                f"{len(inputs)} inputs given; the model takes {len(graph.inputs)}",
                "give infer one array for each input, in the model's order",
            )
        data = [_bytes(*pair) for pair in zip(inputs, graph.inputs, strict=True)]
        with self.session() as session:
            answer = session.infer(data)
        return tuple(
            np.frombuffer(output, tensor.dtype.value).reshape(tensor.shape)
            for output, tensor in zip(answer.outputs, graph.outputs, strict=True)
        )


def build(
    model: str,
    board_id: str,
    runtime: str | None,
    workspace: Workspace,
    device_key: str | None = None,
) -> Built:
    """MODEL as firmware for the board, compiled and measured; trains a recipe that has changed.

    ``device_key``: path of the device's own key, for the feature auth.
    """
    board = boards.load(board_id)
    runtime = runtime or board.runtime
    building.require(board, runtime)
    given = Compile(features=("auth",) if device_key else (), device_key=device_key)
    loaded = pipeline.load(pipeline.resolve(model, given), workspace, runtime)
    firmware = pipeline.generate(loaded, board, runtime, workspace)
    fits.require_room(firmware)
    return devices.build(firmware)


def assert_byte_exact(
    device: Device, *, samples: int = SAMPLES, inputs: str | Path | None = None
) -> ValidateReport:
    """Every output byte of up to so many samples is TensorFlow Lite Micro's.

    ``inputs``: an .npz to take them from (see ``tinyedge validate``); None: the test split of the
    recipe's data set, or pseudo-random ones.
    """
    __tracebackhide__ = True
    report = _validate(device, samples, inputs)
    if report.first_mismatch is not None:
        raise AssertionError(
            f"{_named(device)}: {report.mismatches} of {report.samples} answers differ from the "
            f"TFLM reference; {describe(report.first_mismatch)}"
        )
    return report


def assert_accuracy(
    device: Device, *, at_least: float, samples: int = SAMPLES, inputs: str | Path | None = None
) -> ValidateReport:
    """The device names the right class for a share of at least ``at_least`` (0 to 1) of them.

    Raises ConfigError if the samples have no labels, or the share is none.
    """
    __tracebackhide__ = True
    if not 0 <= at_least <= 1:
        raise ConfigError(f"at_least={at_least} is no share", "write 0.9 for 90 %")
    report = _validate(device, samples, inputs)
    accuracy = report.device_accuracy
    if accuracy is None:
        raise ConfigError(
            f"{report.inputs}: the samples have no labels",
            'give inputs="file.npz" that holds "inputs" and "labels", or test a recipe',
        )
    if accuracy < at_least:
        raise AssertionError(
            f"{_named(device)}: accuracy {accuracy:.4f} over {report.samples} samples of "
            f"{report.inputs} is less than {at_least} (the reference's: {report.host_accuracy:.4f})"
        )
    return report


def assert_latency(
    device: Device, *, at_most: Mapping[str, float], runs: int = RUNS
) -> BenchReport:
    """The median inference takes at most so much, in the unit that the board can measure.

    ``at_most``: a limit for each unit of UNITS, so that one test serves emulated boards and real
    ones: ``{"instructions": 900_000, "ms": 12}``. Raises ConfigError if it has none that the board
    measures: a limit that nothing was compared with does not hold.
    """
    __tracebackhide__ = True
    for unit in at_most:
        if unit not in UNITS:
            raise ConfigError(
                f'at_most: there is no unit "{unit}"{near_match(unit, UNITS)}',
                f"units: {', '.join(UNITS)}",
            )
    devices.require_clock(device.built.firmware.board)
    report = devices.bench(
        device.built, device.url, runs=runs, progress=_quiet, on_log=device.log.append
    )
    measured = _latencies(report)
    common = [unit for unit in at_most if unit in measured]
    if not common:
        raise ConfigError(
            f"{report.board} measures {', '.join(measured)}; at_most has {', '.join(at_most)}",
            f"add a limit in {next(iter(measured))}",
        )
    over = [unit for unit in common if measured[unit] > at_most[unit]]
    if over:
        raise AssertionError(
            f"{_named(device)}: an inference takes "
            + ", ".join(f"{measured[u]:,g} {u}, more than {at_most[u]:,g}" for u in over)
        )
    return report


def assert_fits(
    firmware: Built, *, flash: int | str | None = None, ram: int | str | None = None
) -> None:
    """The firmware fits its board's memory and, where given, within these limits.

    ``flash``, ``ram`` (data, arena and stack): bytes, or with K or M: "64K".
    """
    __tracebackhide__ = True
    report = firmware.report
    takes = {
        "flash": (report.flash_total_bytes, report.flash_available, flash),
        "RAM": (report.ram_static_bytes + report.stack_bytes, report.ram_available, ram),
    }
    for kind, (used, available, limit) in takes.items():
        most = available if limit is None else min(available, config.parse_size(limit))
        if used > most:
            raise AssertionError(
                f"{report.model} on {report.board}: {used:,} bytes of {kind}, {used - most:,} more "
                f"than {most:,}"
            )


def _validate(device: Device, samples: int, inputs: str | Path | None) -> ValidateReport:
    return devices.validate(
        device.built,
        device.url,
        count=samples,
        vectors=None if inputs is None else Path(inputs),
        progress=_quiet,
        on_log=device.log.append,
    )


def _latencies(report: BenchReport) -> dict[str, float]:
    """Median of an inference in each unit that the board can tell it in."""
    found: dict[str, float] = {report.tick_unit: report.ticks.median}
    if report.seconds is not None:
        found |= {unit: report.seconds * factor for unit, factor in _PER_SECOND.items()}
    return found


def _bytes(array: Array, tensor: Tensor) -> bytes:
    kind = np.dtype(tensor.dtype.value)
    array = np.asarray(array)
    if array.dtype.kind == "f" and kind.kind != "f":
        array = sampling.quantize(array, tensor)
    if array.dtype != kind or array.size != tensor.elements:
        raise ConfigError(
            f"an input is {array.dtype} of shape {array.shape}; "
            f"the model takes {kind} of shape {tensor.shape}",
            "reshape it; real numbers are quantized as the model says",
        )
    return array.tobytes()


def _named(device: Device) -> str:
    report = device.built.report
    return f"{report.model} on {report.board}, runtime {report.runtime}"


def _quiet(_done: int, _total: int) -> None:
    pass
