"""A device collects: frames of its sensor, with its answers, become a data set to train on."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyedge import results
from tinyedge.dataset.collected import Entry, Folder, folder_of
from tinyedge.dataset.frames import Frame, of_folder, of_test_split
from tinyedge.dataset.kept import Form, Stored, form
from tinyedge.errors import ConfigError
from tinyedge.link import frames as link
from tinyedge.link import sensing
from tinyedge.link.messages import Inference, TensorInfo
from tinyedge.link.sensing import Shot
from tinyedge.link.session import Session
from tinyedge.lock import exclusive
from tinyedge.recipe import Recipe
from tinyedge.results import ClassCount, CollectReport
from tinyedge.samples import answered
from tinyedge.workflow import devices, sensor
from tinyedge.workflow.devices import Advance, Built, Log

_ATTEMPTS = 3
_SENSOR = "sensor"


@dataclass(frozen=True)
class Wish:
    """What is to be collected.

    ``source``: a folder of files that stands in for the sensor, None: the recipe's test split;
    ``from_sensor``: the board's own sensor. ``label``: of every frame, "" for the source's class,
    and with ``by_answer`` the model's. ``stored``: the raw frame, or the input made of it.
    """

    out: Path
    count: int
    source: Path | None = None
    from_sensor: bool = False
    label: str = ""
    by_answer: bool = False
    stored: Stored = "raw"


def collect(built: Built, url: str, wish: Wish, *, progress: Advance, on_log: Log) -> CollectReport:
    """Add frames to the folder; those of it that came from the same source are not taken again.

    A frame that did not come whole is asked for again, and after three attempts left out. The
    folder is sound whenever this ends. Raises ConfigError for a model of no raw frames, LinkError
    if the device goes.
    """
    loaded = built.firmware.loaded
    recipe = loaded.model.recipe
    wanted = sensor.require(loaded.model.name, recipe, loaded.graph)
    assert recipe is not None
    kept = form(wish.stored, recipe.data, recipe.path, wish.out)
    with exclusive(wish.out), devices.connect(built, url, on_log) as session:
        folder = Folder(wish.out, kept.suffix)
        before, started = len(folder.entries), time.perf_counter()
        collector = _Collector(built, session, wish, wanted, recipe, kept, folder)
        lost = collector.run(progress)
        seconds = time.perf_counter() - started
        board = session.hello.board
    added = folder.entries[before:]
    report = CollectReport(
        model=loaded.model.name,
        sha256=loaded.graph.sha256,
        board=board,
        runtime=built.firmware.runtime,
        elf_sha256=built.report.elf_sha256,
        url=url,
        folder=str(wish.out),
        sensor="board" if wish.from_sensor else "host",
        stored=wish.stored,
        recipe=kept.recipe,
        before=before,
        collected=len(added),
        lost=lost,
        labels=_counts(entry.label for entry in added),
        answers=_counts(entry.answer for entry in added),
        seconds=round(seconds, 6),
    )
    results.write(built.firmware.target / "collect.json", report)
    return report


def _counts(names: Iterable[str]) -> tuple[ClassCount, ...]:
    return tuple(ClassCount(name=name, count=n) for name, n in sorted(Counter(names).items()))


@dataclass
class _Collector:
    built: Built
    session: Session
    wish: Wish
    wanted: sensor.Wanted
    recipe: Recipe
    kept: Form
    folder: Folder

    def run(self, progress: Advance) -> int:
        """Collect; returns how many frames were lost on the way."""
        done = lost = 0
        for source, label, take in self._frames():
            if done + lost == self.wish.count:
                break
            progress(done + lost, self.wish.count)
            shot = _whole(take)
            if shot is None:
                lost += 1
                continue
            self._add(source, label, shot)
            done += 1
        progress(self.wish.count, self.wish.count)
        return lost

    def _frames(self) -> Iterator[tuple[str, str, Callable[[], Shot]]]:
        """Where each frame comes from, the class that is known of it, and how it is taken."""
        if self.wish.from_sensor:
            while True:
                yield _SENSOR, "", lambda: sensing.sense(self.session)
        earlier = self.folder.sources
        for frame in self._pushed():
            if frame.name in earlier:
                continue
            yield frame.name, self._class(frame), _pusher(self.session, frame.image)

    def _pushed(self) -> Iterator[Frame]:
        data, path = self.recipe.data, self.recipe.path
        if self.wish.source is not None:
            return of_folder(self.wish.source, data, path)
        return of_test_split(data, path)

    def _class(self, frame: Frame) -> str:
        if self.wish.source is None:
            names = self.built.firmware.loaded.classes
            return names[frame.label] if frame.label < len(names) else ""
        return frame.name.split("/")[0] if "/" in frame.name else ""

    def _add(self, source: str, known: str, shot: Shot) -> None:
        assert shot.image is not None
        image = shot.image
        if self.wish.stored == "input":
            image = self._input()
        inference = link.infer(self.session, shot.made)
        answer, score = self._answer(inference)
        label = answer if self.wish.by_answer else self.wish.label or known
        if not label:
            raise ConfigError(
                f"{source}: nothing says which class it is of",
                "give --label NAME, or --by-answer to sort by the model's answer for review",
            )
        file = self.folder.next_file(folder_of(label))
        entry = Entry(
            file=file,
            label=label,
            answer=answer,
            score=score,
            source=source,
            stored=self.wish.stored,
            size=_size(image),
            sha256=self.session.hello.sha256,
            elf_sha256=self.built.report.elf_sha256,
            ticks=inference.ticks,
        )
        self.folder.add(self.kept.encode(image), entry)

    def _input(self) -> NDArray[np.uint8]:
        """The input as a picture again: the least raw value of each int8 that it holds."""
        raw = {int(q): value for value, q in reversed(list(enumerate(self.wanted.quantized)))}
        values = np.frombuffer(link.read_input(self.session), np.int8)
        pixels = np.array([raw[int(value)] for value in values], np.uint8)
        return pixels.reshape(sensor.shape(self.wanted))

    def _answer(self, inference: Inference) -> tuple[str, float]:
        """The class's name, and the output's real value."""
        tensor = self.session.hello.outputs[0]
        output = np.frombuffer(inference.outputs[0], tensor.dtype)
        index = answered(output)
        names = self.built.firmware.loaded.classes
        name = names[index] if index < len(names) else str(index)
        return name, _score(tensor, output, index)


def _score(tensor: TensorInfo, output: NDArray[np.generic], index: int) -> float:
    value = float(output.reshape(-1)[index]) if output.size > 1 else 1.0
    return round((value - tensor.zero_point) * tensor.scale, 6) if tensor.scale else value


def _size(image: NDArray[np.uint8]) -> tuple[int, int, int]:
    height, width, channels = image.shape
    return height, width, channels


def _pusher(session: Session, image: NDArray[np.uint8]) -> Callable[[], Shot]:
    return lambda: sensing.show(session, image)


def _whole(take: Callable[[], Shot]) -> Shot | None:
    """A frame of which every byte has come; None after some attempts."""
    for _ in range(_ATTEMPTS):
        shot = take()
        if shot.image is not None:
            return shot
    return None
