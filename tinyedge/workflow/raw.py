"""Raw frames go to a device: the input that it makes, and its answer, against the host's."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from tinyedge import results
from tinyedge.board import Board
from tinyedge.dataset import pcm
from tinyedge.dataset.frames import Frame
from tinyedge.device import validate as validating
from tinyedge.device.bench import in_unit
from tinyedge.link import frames as link
from tinyedge.link.messages import Inference
from tinyedge.link.session import Session
from tinyedge.oracle import Oracle
from tinyedge.results import RawReport, Spread, ValidateReport
from tinyedge.samples import Samples
from tinyedge.workflow import devices, sensor
from tinyedge.workflow.devices import Advance, Built, Log


def validate(
    built: Built, url: str, *, count: int, progress: Advance, on_log: Log
) -> ValidateReport:
    """Send frames of the test split; compare inputs and answers, byte for byte.

    The result is kept as validate.json. Raises ConfigError where no raw frames can be sent.
    """
    loaded = built.firmware.loaded
    name = loaded.model.name
    frames, samples = frames_of(built, count)
    with devices.connect(built, url, on_log) as session:
        sender = RawSender(session, frames, samples.inputs[0])
        report = validating.validate(
            session,
            Oracle(loaded.tflite, name),
            samples,
            model=name,
            elf_sha256=built.report.elf_sha256,
            url=url,
            baud=built.firmware.board.link.baud,
            infer=sender.infer,
            progress=progress,
        )
    raw = sender.report(built.firmware.board)
    held = report.held and raw.differing_input_bytes == 0
    report = msgspec.structs.replace(report, raw=raw, held=held)
    results.write(built.firmware.target / "validate.json", report)
    return report


def frames_of(built: Built, count: int) -> tuple[list[Frame], Samples]:
    """Frames of the test split, and the inputs that the host makes of them.

    Raises ConfigError where no raw frames can be sent.
    """
    loaded = built.firmware.loaded
    recipe = loaded.model.recipe
    wanted = sensor.require(loaded.model.name, recipe, loaded.graph)
    assert recipe is not None
    return sensor.samples(recipe, wanted, loaded.classes, count)


@dataclass
class RawSender:
    """Sends frames instead of inputs, and compares the input that the device makes of each."""

    session: Session
    frames: Sequence[Frame]
    inputs: NDArray[np.int8]
    ticks: list[int] = field(default_factory=list)
    differing: int = 0
    first: str = ""

    def infer(self, number: int) -> Inference:
        """Run the inference of frame ``number``."""
        made = link.send(self.session, self.frames[number].image)
        self.ticks.append(made.ticks)
        got = np.frombuffer(link.read_input(self.session), np.int8)
        wrong = np.flatnonzero(got != self.inputs[number].reshape(-1))
        if len(wrong) and not self.first:
            at = int(wrong[0])
            want = int(self.inputs[number].reshape(-1)[at])
            self.first = f"{self.frames[number].name}: input byte {at} is {got[at]}, not {want}"
        self.differing += len(wrong)
        return link.infer(self.session, made)

    def report(self, board: Board) -> RawReport:
        """What was compared, and the ticks that making an input took."""
        unit, ticks = in_unit(board, self.session.hello.tick_hz, self.ticks)
        shapes = sorted({frame.image.shape for frame in self.frames})
        return RawReport(
            frame_sizes=tuple(_size(*shape) for shape in shapes),
            frame_bytes=sum(frame.image.size for frame in self.frames),
            input_bytes=self.inputs.size,
            differing_input_bytes=self.differing,
            first_difference=self.first,
            ticks=Spread(median=statistics.median(ticks), min=min(ticks), max=max(ticks)),
            tick_unit=unit,
        )


def _size(height: int, width: int, channels: int) -> str:
    if channels == pcm.CHANNELS:
        return f"{height} samples"
    return f"{width}x{height}x{channels}"
