"""Many inferences on one device that is never restarted, each compared with the reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import numpy as np

from tests.support.tools import CHECKOUT
from tests.wire.endure import Growth
from tinyedge import board as boards
from tinyedge import flash
from tinyedge.link.session import Session
from tinyedge.oracle import Oracle
from tinyedge.workflow import devices, pipeline
from tinyedge.workspace import Workspace

DIGITS = CHECKOUT / "models" / "digits-cnn" / "golden" / "digits-cnn.tflite"
INPUTS = 64  # different ones, in turn
_WARM = 3 * INPUTS  # inferences after which memory must not grow
_CHECK_MEMORY = 256


@dataclass
class Found:
    """What has happened. ``problems`` must stay empty."""

    answers: int = 0
    ticks: dict[int, int] = field(default_factory=dict)  # number of the input -> instructions
    stack_peaks: set[int] = field(default_factory=set)
    memory_kb: dict[str, list[int]] = field(default_factory=dict)  # role -> least, most
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        memory = ", ".join(
            f"{role} {low:,} to {up:,} KB" for role, (low, up) in self.memory_kb.items()
        )
        return (
            f"{self.answers:,} answers compared in {self.seconds:.0f} s; "
            f"instructions {self._span()}, the same for the same input; "
            f"stack peaks {sorted(self.stack_peaks)}; memory: {memory}; "
            f"{len(self.problems)} problems"
        )

    def _span(self) -> str:
        counts = sorted(self.ticks.values())
        return f"{counts[0]:,} to {counts[-1]:,}" if counts else "not counted"


Hear = Callable[[Found], None]


def built(board: str, runtime: str, folder: Path) -> devices.Built:
    """The digits' network for ``board``."""
    workspace = Workspace(folder)
    loaded = pipeline.load(pipeline.resolve(str(DIGITS)), workspace)
    return devices.build(pipeline.generate(loaded, boards.load(board), runtime, workspace))


def run(firmware: devices.Built, count: int, *, hear: Hear = lambda _: None) -> Found:
    """``count`` inferences on one device; stops at the first problem."""
    loaded = firmware.firmware.loaded
    (tensor,) = loaded.graph.inputs
    rng = np.random.default_rng(1)
    inputs = [rng.integers(-128, 128, tensor.shape).astype(np.int8) for _ in range(INPUTS)]
    oracle = Oracle(loaded.tflite, loaded.model.name)
    expected = [tuple(output.tobytes() for output in oracle.run([data])) for data in inputs]
    found, began = Found(), monotonic()
    with flash.run(firmware.artifact, firmware.firmware.board) as device:
        assert device.pid is not None
        with Session(device.url, expect_sha256=loaded.graph.sha256) as session:
            watch = _Watch(session, device.pid, found)
            while found.answers < count and not found.problems:
                which = found.answers % INPUTS
                answer = session.infer([inputs[which].tobytes()])
                if answer.outputs != expected[which]:
                    found.problems.append(f"answer {found.answers} is not the reference's")
                found.answers += 1
                found.seconds = monotonic() - began
                watch.after(which, answer.ticks, last=found.answers == count)
                hear(found)
    return found


class _Watch:
    """What must not change from one inference to the next."""

    def __init__(self, session: Session, pid: int, found: Found) -> None:
        self._session, self._pid, self._found = session, pid, found
        self._grown = Growth()
        self._exact = session.hello.tick_measures == "instructions"

    def after(self, which: int, ticks: int, *, last: bool) -> None:
        found = self._found
        if self._exact and found.ticks.setdefault(which, ticks) != ticks:
            found.problems.append(f"input {which} took {found.ticks[which]} ticks, now {ticks}")
        if found.answers >= _WARM and (last or found.answers % _CHECK_MEMORY == 0):
            self._memory()
        if last or found.answers == _WARM:
            self._status()

    def _memory(self) -> None:
        for role, pid in (("host", "self"), ("device", self._pid)):
            complaint = self._grown.check(role, pid)
            if complaint:
                self._found.problems.append(complaint)
            now = self._grown.last[role]
            low, up = self._found.memory_kb.get(role, (now, now))
            self._found.memory_kb[role] = [min(low, now), max(up, now)]

    def _status(self) -> None:
        status, found = self._session.status(), self._found
        found.stack_peaks.add(status.stack_peak)
        if len(found.stack_peaks) > 1:
            found.problems.append(f"the stack's peak has moved: {sorted(found.stack_peaks)}")
        if (status.inferences, status.damaged, status.overruns) != (found.answers, 0, 0):
            found.problems.append(f"after {found.answers} inferences the device says {status}")
