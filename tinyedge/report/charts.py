"""Results -> the geometry of the report's drawings, in SVG user units. Templates only print it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tinyedge.report.text import kilobytes
from tinyedge.results import ArenaBlock, Epoch


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where, and what it says."""

    at: float
    text: str


@dataclass(frozen=True)
class Point:
    """A point of a curve; ``text`` is what a pointer over it shows."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Line:
    """One curve. ``slot`` picks its colour in the style sheet, ``label_y`` places its name."""

    name: str
    slot: int
    points: tuple[Point, ...]
    label_y: float

    @property
    def path(self) -> str:
        """The ``points`` attribute of an SVG polyline."""
        return " ".join(f"{point.x:g},{point.y:g}" for point in self.points)


@dataclass(frozen=True)
class LineChart:
    """Curves over a common axis; the plot area is ``left..right`` by ``top..bottom``."""

    title: str
    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Block:
    """A block of the arena map, in percent of the map's width and height.

    ``label`` is shown where the block is wide, ``size`` where it is narrow.
    """

    left: float
    bottom: float
    width: float
    height: float
    kind: str
    label: str
    size: str
    text: str


@dataclass(frozen=True)
class ArenaMap:
    """Bytes of the arena (upwards) over the steps of an inference (to the right), in percent."""

    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    blocks: tuple[Block, ...]


#: percent of the picture's width
_ROOM_FOR_NAME, _ROOM_FOR_SIZE = 16, 5


@dataclass(frozen=True)
class ArenaPicture:
    """An arena map as a picture of its own; the map's size in SVG user units."""

    title: str
    map: ArenaMap
    width: int
    height: int

    def x(self, percent: float) -> float:
        """Percent from the left -> user units."""
        return round(percent * self.width / 100, 2)

    def tall(self, percent: float) -> float:
        """Percent of the height -> user units."""
        return round(percent * self.height / 100, 2)

    def text(self, block: Block) -> str:
        """What has room in the block."""
        if block.width > _ROOM_FOR_NAME:
            return block.label
        return block.size if block.width > _ROOM_FOR_SIZE else ""

    def y(self, percent: float) -> float:
        """Percent from the bottom -> user units from the top."""
        return round(self.height - percent * self.height / 100, 2)


def nice_ticks(low: float, high: float, count: int = 4) -> list[float]:
    """About ``count`` round values, 1, 2, 2.5 or 5 times a power of 10, that cover the range."""
    span = (high - low) or abs(low) or 1.0
    high = low + span
    raw = span / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def curves(epochs: Sequence[Epoch]) -> tuple[LineChart, LineChart]:
    """Loss and accuracy by epoch, each for the training and the validation split."""
    loss = _line_chart(
        "Loss",
        [
            ("training", [e.loss for e in epochs]),
            ("validation", [e.validation_loss for e in epochs]),
        ],
        "{:.3f}",
    )
    accuracy = _line_chart(
        "Accuracy",
        [
            ("training", [e.accuracy * 100 for e in epochs]),
            ("validation", [e.validation_accuracy * 100 for e in epochs]),
        ],
        "{:.2f} %",
    )
    return loss, accuracy


def _line_chart(title: str, series: list[tuple[str, list[float]]], form: str) -> LineChart:
    width, height = 440.0, 230.0
    left, right, top, bottom = 46.0, width - 84, 14.0, height - 34
    values = [value for _, line in series for value in line]
    ticks = nice_ticks(min(values), max(values))
    low, high = ticks[0], ticks[-1]
    count = len(series[0][1])

    def x(index: int) -> float:
        return round(left + (right - left) * (index / max(count - 1, 1)), 2)

    def y(value: float) -> float:
        return round(bottom - (bottom - top) * (value - low) / ((high - low) or 1), 2)

    ends = _apart([y(line[-1]) for _, line in series], 14.0)
    lines = tuple(
        Line(
            name,
            slot,
            tuple(
                Point(x(i), y(v), f"epoch {i + 1}, {name}: {form.format(v)}")
                for i, v in enumerate(values)
            ),
            round(ends[slot], 2),
        )
        for slot, (name, values) in enumerate(series)
    )
    marks = sorted({round((count - 1) * part / 4) for part in range(5)})
    x_ticks = tuple(Tick(x(index), str(index + 1)) for index in marks)
    unit = form.partition("}")[2]
    y_ticks = tuple(Tick(y(value), f"{value:g}{unit}") for value in ticks)
    return LineChart(title, width, height, left, right, top, bottom, x_ticks, y_ticks, lines)


def _apart(places: list[float], gap: float) -> list[float]:
    """Move two label positions away from each other until they are ``gap`` apart."""
    if len(places) == 2 and abs(places[0] - places[1]) < gap:
        middle, upper = sum(places) / 2, places[0] <= places[1]
        return (
            [middle - gap / 2, middle + gap / 2] if upper else [middle + gap / 2, middle - gap / 2]
        )
    return places


def arena_map(blocks: Sequence[ArenaBlock], arena_bytes: int, steps: int) -> ArenaMap:
    """Where each tensor lies while it lives: a column for the inputs, then one a step."""
    size, count = max(arena_bytes, 1), steps + 1

    def block(given: ArenaBlock) -> Block:
        room = given.bytes * 18 >= size  # as tall as a line of text
        return Block(
            left=round(100 * (given.first_step + 1) / count, 3),
            bottom=round(100 * given.offset / size, 3),
            width=round(100 * (given.last_step - given.first_step + 1) / count, 3),
            height=round(100 * given.bytes / size, 3),
            kind="scratch" if given.name == "scratch" else "tensor",
            label=f"{given.name} · {kilobytes(given.bytes)}" if room else "",
            size=kilobytes(given.bytes) if room else "",
            text=f"{given.name}: {given.bytes:,} bytes at {given.offset:,}, {_life(given)}",
        )

    every = math.ceil(count / 16)
    x_ticks = [Tick(round(50 / count, 3), "in")]
    x_ticks += [Tick(round(100 * (s + 1.5) / count, 3), str(s)) for s in range(0, steps, every)]
    marks = [mark for mark in nice_ticks(0, size / 1024, 5) if mark * 1024 <= size]
    y_ticks = (Tick(round(100 * mark * 1024 / size, 3), f"{mark:g} KB") for mark in marks)
    return ArenaMap(tuple(x_ticks), tuple(y_ticks), tuple(block(given) for given in blocks))


def _life(block: ArenaBlock) -> str:
    first = "the start" if block.first_step < 0 else f"step {block.first_step}"
    if block.first_step == block.last_step:
        return first
    return f"{first} to step {block.last_step}"
