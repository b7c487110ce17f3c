"""Drives one device through performance and accuracy mode; what is done is kept, and goes on."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from tinyedge.board import Board
from tinyedge.emit import mlperf as emitting
from tinyedge.errors import ConfigError, LinkError, ModelError
from tinyedge.graph import read_tflite
from tinyedge.link.mlperf import Client
from tinyedge.mlperf.rules import RUNS, SECONDS, TASKS, Task
from tinyedge.mlperf.stimuli import Stimuli, Stimulus
from tinyedge.results import MlperfAccuracy, MlperfPerformance
from tinyedge.workspace import write_atomic

STATE = "mlperf.json"
"""In the firmware's folder: what is done."""

_BATCH = 16  # answers between two times that they are kept
_SPARE = 1.05  # a run is planned to take so much longer than it must
_MOST = 999_999_999  # inferences that the protocol's numbers allow

Advance = Callable[[int, int], None]


@dataclass(frozen=True)
class Entry:
    """A task, and the MODEL argument that stands for it."""

    task: Task
    model: str


class State(msgspec.Struct, kw_only=True):
    """What is done with one firmware and one set of stimuli; ``key`` names both.

    ``runs``: inferences and microseconds of each; ``answers``: of each window, in order.
    """

    key: str
    runs: list[tuple[int, int]] = []
    answers: list[tuple[float, ...]] = []


class Kept:
    """State in a file. One of another firmware, of other stimuli, or a damaged one is none."""

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self.state = State(key=key)
        try:
            found = msgspec.json.decode(path.read_bytes(), type=State)
        except (OSError, msgspec.DecodeError):
            return
        if found.key == key:
            self.state = found

    def save(self) -> None:
        """Write the whole file or none."""
        write_atomic(self._path, msgspec.json.encode(self.state))


def suite(folder: Path) -> tuple[list[Entry], list[str]]:
    """The benchmarks whose models are in ``folder``, known by their shapes; and those without.

    Raises ConfigError for two models of one benchmark.
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*.tflite")):
        name = _benchmark(path)
        if name in found:
            raise ConfigError(
                f"{found[name]} and {path} are both {name}", "leave one of them in the folder"
            )
        if name is not None:
            found[name] = path
    entries = [Entry(task, str(found[name])) for name, task in TASKS.items() if name in found]
    return entries, [name for name in TASKS if name not in found]


def _benchmark(path: Path) -> str | None:
    try:
        graph = read_tflite.read(path.read_bytes(), path.stem, allow_unsupported=True)
        name = emitting.view(graph).model
    except ModelError:
        return None
    return name if name in TASKS else None


def performance(
    client: Client,
    board: Board,
    task: Task,
    stimuli: Stimuli,
    kept: Kept,
    *,
    seconds: float = SECONDS,
    progress: Advance = lambda _done, _total: None,
) -> MlperfPerformance:
    """Time RUNS runs, each with another stimulus; the median counts.

    Where the clock tells time, a run is made to take ``seconds``. Raises LinkError if the device
    fails, or has no time stamps.
    """
    state, tells_time = kept.state, board.timer.measures != "instructions"
    while len(state.runs) < RUNS:
        progress(len(state.runs), RUNS)
        count = state.runs[0][0] if state.runs else task.inferences
        client.load(stimuli.items[len(state.runs) % len(stimuli.items)].windows()[0])
        lap = client.infer(count, task.warmups).lap_us
        if lap is None:
            raise LinkError("the firmware gives no time stamps", "flash it with --protocol mlperf")
        if tells_time and lap < seconds * 1e6 and count < _MOST:
            # Too short a run: all are done again, with as many inferences as it takes.
            longer = math.ceil(count * seconds * 1e6 / max(lap, 1) * _SPARE)
            state.runs[:] = []
            task = replace(task, inferences=min(longer, _MOST))
            continue
        state.runs.append((count, lap))
        kept.save()
    progress(RUNS, RUNS)
    return _timed(board, task, stimuli.source, state.runs)


def _timed(
    board: Board, task: Task, inputs: str, runs: Sequence[tuple[int, int]]
) -> MlperfPerformance:
    each_us = statistics.median(lap / count for count, lap in runs)
    ratio = board.ticks_per_instruction
    counts = board.timer.measures == "instructions"
    ticks = each_us * board.timer.hz / 1e6
    return MlperfPerformance(
        inputs=inputs,
        inferences=runs[0][0],
        warmups=task.warmups,
        lap_us=tuple(lap for _, lap in runs),
        per_second=None if counts else 1e6 / each_us if each_us else None,
        instructions=float(ticks / ratio) if counts and ratio else None,
        long_enough=None if counts else min(lap for _, lap in runs) >= SECONDS * 1e6,
    )


def accuracy(
    client: Client,
    task: Task,
    stimuli: Stimuli,
    kept: Kept,
    *,
    progress: Advance = lambda _done, _total: None,
) -> MlperfAccuracy:
    """Ask the device about every stimulus once, from where it was stopped."""
    items, answers = stimuli.items, kept.state.answers
    counts = [one.count for one in items]
    try:
        for window in itertools.islice(_windows(items), len(answers), None):
            progress(len(answers), sum(counts))
            client.load(window)
            answers.append(client.infer(1, 0).results)
            if len(answers) % _BATCH == 0:
                kept.save()
    finally:
        kept.save()
    progress(len(answers), sum(counts))
    each = [list(itertools.islice(windows, n)) for windows in [iter(answers)] for n in counts]
    # The mean over a file's windows, as the runner takes it.
    means = [tuple(map(statistics.fmean, zip(*some, strict=True))) for some in each]
    value = task.score(means, [one.label for one in items])
    return MlperfAccuracy(
        inputs=stimuli.source,
        stimuli=len(items),
        official=task.stimuli,
        metric=task.metric,
        value=value,
        target=task.target,
        held=task.target is None or value >= task.target,
    )


def _windows(items: Sequence[Stimulus]) -> Iterator[bytes]:
    """All windows of all stimuli, read as they are needed."""
    for one in items:
        yield from one.windows()


def key(elf_sha256: str, stimuli: Stimuli, seconds: float) -> str:
    """What a state belongs to."""
    return f"{elf_sha256} {stimuli.digest} {seconds:g}"
