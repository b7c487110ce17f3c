"""Sizes -> rectangles whose areas they are, as square as can be (Bruls, Huizing, van Wijk 2000)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A rectangle, in any unit; ``y`` grows downwards."""

    x: float
    y: float
    width: float
    height: float


def squarify(sizes: Sequence[float], frame: Box) -> list[Box]:
    """A box a size, in the order given; sizes that fall from one to the next look best.

    The areas are in proportion to the sizes, and fill the frame.
    """
    total = sum(sizes)
    scale = frame.width * frame.height / total if total else 0.0
    return list(_rows([size * scale for size in sizes], frame))


def _rows(areas: list[float], frame: Box) -> Iterator[Box]:
    """Row by row along the shorter side, each as long as its boxes grow no thinner."""
    at = 0
    while at < len(areas):
        side = min(frame.width, frame.height)
        end = at + 1
        while end < len(areas) and _worst(areas[at : end + 1], side) <= _worst(areas[at:end], side):
            end += 1
        row = areas[at:end]
        yield from _placed(row, frame)
        frame = _rest(sum(row), frame)
        at = end


def _worst(row: Sequence[float], side: float) -> float:
    """The greatest ratio of a box's sides, if the row lies along ``side``."""
    total = sum(row)
    if not total or not min(row) or not side:
        return float("inf")
    thick = total / side
    return max(max(thick * thick / area, area / (thick * thick)) for area in row)


def _placed(row: Sequence[float], frame: Box) -> Iterator[Box]:
    total = sum(row)
    upright = frame.width >= frame.height  # the row is a column at the left
    side = frame.height if upright else frame.width
    thick = total / side if side else 0.0
    at = 0.0
    for area in row:
        length = area / thick if thick else 0.0
        if upright:
            yield Box(frame.x, frame.y + at, thick, length)
        else:
            yield Box(frame.x + at, frame.y, length, thick)
        at += length


def _rest(taken: float, frame: Box) -> Box:
    if frame.width >= frame.height:
        thick = taken / frame.height if frame.height else 0.0
        return Box(frame.x + thick, frame.y, max(0.0, frame.width - thick), frame.height)
    thick = taken / frame.width if frame.width else 0.0
    return Box(frame.x, frame.y + thick, frame.width, max(0.0, frame.height - thick))
