"""What is sent: data sets in the runner's layout, a recipe's test split, or noise."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinyedge.emit.mlperf import MlperfView
from tinyedge.errors import ConfigError
from tinyedge.graph.types import Graph
from tinyedge.mlperf.rules import Task
from tinyedge.samples import Array, Samples, random
from tinyedge.workspace import sha256

LABELS = "y_labels.csv"
_LINES = "write it with a line for each file: file name,classes,class"


@dataclass(frozen=True)
class Stimulus:
    """One file or sample, of which the device answers every window; and its class.

    ``size``: bytes of a window; one begins every ``stride`` bytes.
    """

    name: str
    label: int
    size: int
    stride: int
    path: Path | None = None
    data: bytes = b""

    @property
    def count(self) -> int:
        """How many windows there are."""
        whole = len(self.data) if self.path is None else self.path.stat().st_size
        return (whole - self.size) // self.stride + 1

    def windows(self) -> list[bytes]:
        """What is sent, one inference each."""
        data, stride = self.read(), self.stride
        return [data[at : at + self.size] for at in range(0, self.count * stride, stride)]

    def read(self) -> bytes:
        """All bytes. Raises ConfigError if its file cannot be read."""
        if self.path is None:
            return self.data
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise ConfigError(
                f"{self.path}: {error.strerror}", f"make it readable, or take it out of {LABELS}"
            ) from error


@dataclass(frozen=True)
class Stimuli:
    """All that one task is asked about, and where it comes from."""

    source: str
    items: tuple[Stimulus, ...]

    @property
    def digest(self) -> str:
        """What tells one set from another: names, classes, windows and every byte."""
        parts = [
            f"{one.name} {one.label} {one.size} {one.stride} {sha256(one.read())}"
            for one in self.items
        ]
        return sha256("\n".join(parts).encode())


def read(folder: Path, task: Task, view: MlperfView, classes: int) -> Stimuli:
    """The files of ``folder`` that its y_labels.csv lists: name, classes, class[, bytes, stride].

    Raises ConfigError naming file and line of what is missing or does not fit the model.
    """
    path = folder / LABELS
    try:
        rows = list(csv.reader(path.read_text().splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {getattr(error, 'strerror', None) or error}", _LINES) from error
    lines = [(number, row) for number, row in enumerate(rows, 1) if any(map(str.strip, row))]
    if not lines:
        raise ConfigError(f"{path}: lists no file", _LINES)
    known = 2 if task.metric == "AUC" else classes
    items = (_stimulus(folder, row, f"{path}:{number}", view, known) for number, row in lines)
    return Stimuli(str(folder), tuple(items))


def _stimulus(
    folder: Path, row: Sequence[str], where: str, view: MlperfView, classes: int
) -> Stimulus:
    name, *rest = (cell.strip() for cell in row)
    try:
        numbers = [int(cell) for cell in rest if cell]
        whole = len(numbers) == 2
        _, label, size, stride = (*numbers, view.bytes, view.bytes) if whole else numbers
    except ValueError as error:
        raise ConfigError(
            f"{where}: not a stimulus: {','.join(row)}",
            "write file name,classes,class[,bytes,stride]",
        ) from error
    if not 0 <= label < classes:
        raise ConfigError(
            f"{where}: there is no class {label}", f"the model has 0 to {classes - 1}"
        )
    if size != view.bytes or stride < 1:
        raise ConfigError(
            f"{where}: windows of {size} bytes, every {stride}",
            f"{view.model} takes {view.bytes} bytes; write every stride from 1",
        )
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        raise ConfigError(
            f"{where}: there is no file {path}",
            "put it there (links must not lead elsewhere), or take its line out",
        )
    have = path.stat().st_size
    if have < size or (whole and have != size):
        raise ConfigError(
            f"{path} has {have} bytes", f"{view.model} takes {size} bytes ({view.input})"
        )
    return Stimulus(name, label, size, stride, path=path)


def labelled(samples: Samples, graph: Graph, view: MlperfView) -> Stimuli:
    """Samples with classes, as the firmware takes them; none if they have no classes."""
    labels = () if samples.labels is None else samples.labels
    items = tuple(
        Stimulus(str(number), int(label), view.bytes, view.bytes, data=_sent(sample, graph, view))
        for number, (sample, label) in enumerate(zip(samples.inputs[0], labels, strict=False))
    )
    return Stimuli(samples.source, items)


def stand_ins(graph: Graph, view: MlperfView, count: int) -> Stimuli:
    """Pseudo-random inputs as the benchmark's data set would hold them; for timing alone."""
    drawn = random(graph, count)
    items = tuple(
        Stimulus(str(number), 0, view.bytes, view.bytes, data=_sent(sample, graph, view))
        for number, sample in enumerate(drawn.inputs[0])
    )
    return Stimuli(drawn.source, items)


def _sent(sample: Array, graph: Graph, view: MlperfView) -> bytes:
    """An input of the model as the benchmark's data set would hold it."""
    if view.input == "uint8":
        return (sample.astype(np.int16) + 128).astype(np.uint8).tobytes()
    if view.input == "float32":
        quant = graph.inputs[0].q
        real = (sample.astype(np.float32) - quant.zero_point) * quant.scale
        return real.astype("<f4").tobytes()
    return sample.tobytes()
