"""Confusion -> the matrix as it is drawn, and precision, recall and F1 of each class."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from tinyedge.report.data import Example, ReportData
from tinyedge.report.text import NOTHING
from tinyedge.results import ValidateReport

_HOT = 55.0  # percent of shade over which a figure is printed light on it


@dataclass(frozen=True)
class Cell:
    """One field of the confusion matrix; ``heat`` is its shade in percent."""

    count: str
    heat: float
    hot: bool
    right: bool
    text: str


@dataclass(frozen=True)
class ConfusionRow:
    """All samples of one label; ``number`` is what its column is called."""

    number: str
    name: str
    recall: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class ClassRow:
    """One class, or all of them; ``value`` of each figure is what a table is sorted by."""

    name: str
    figures: tuple[tuple[str, float], ...]  # (percent, value): precision, recall, F1
    support: str
    mean: bool = False


@dataclass(frozen=True)
class Picture:
    """A sample with what the device said it is; ``source`` is a data URI."""

    source: str
    width: int
    height: int
    right: bool
    label: str
    answer: str
    alt: str


def confusion(result: ValidateReport) -> tuple[ConfusionRow, ...]:
    """A row a label, its cells in the order of the answers."""
    rows = []
    for label, counts in enumerate(result.confusion or ()):
        total = sum(counts)
        cells = tuple(
            _cell(result, label, answer, count, total) for answer, count in enumerate(counts)
        )
        recall = f"{100 * counts[label] / total:.0f}\u00a0%" if total else NOTHING
        name = result.class_names[label]
        shown = "" if name == str(label) else name
        rows.append(ConfusionRow(str(label), shown, recall, cells))
    return tuple(rows)


def _cell(result: ValidateReport, label: int, answer: int, count: int, total: int) -> Cell:
    """Errors are shaded three times as strongly, since they are few."""
    right = label == answer
    share = 100 * count / total if total else 0.0
    heat = round(share if right else min(3 * share, 100.0), 1)
    names = result.class_names
    text = f"{names[label]} answered as {names[answer]}: {count}"
    return Cell(str(count) if count else "", heat, heat > _HOT, right, text)


def figures(result: ValidateReport) -> tuple[ClassRow, ...]:
    """A row a class, then their mean (each class counts the same). A figure of nothing: a dash."""
    matrix = result.confusion or ()
    answered = [sum(column) for column in zip(*matrix, strict=True)]
    rows, each = [], []
    for label, counts in enumerate(matrix):
        scores = _scores(counts[label], answered[label], sum(counts))
        each.append(scores)
        rows.append(_row(result.class_names[label], scores, f"{sum(counts):,}"))
    if not rows:
        return ()
    known = [[s for s in column if s is not None] for column in zip(*each, strict=True)]
    means = [sum(column) / len(column) if column else None for column in known]
    total = f"{sum(map(sum, matrix)):,}"
    return (*rows, _row("mean", means, total, mean=True))


def _scores(right: int, answered: int, support: int) -> tuple[float | None, ...]:
    """Precision, recall, F1; None: no such answer, no such label, neither."""
    return (
        right / answered if answered else None,
        right / support if support else None,
        2 * right / (answered + support) if answered + support else None,
    )


def _row(
    name: str, scores: Sequence[float | None], support: str, *, mean: bool = False
) -> ClassRow:
    shown = tuple(
        (NOTHING, -1.0) if score is None else (f"{score * 100:.1f}", round(score, 6))
        for score in scores
    )
    return ClassRow(name, shown, support, mean)


def pictures(data: ReportData) -> tuple[Picture, ...]:
    """The examples, wrong answers first."""
    return tuple(_picture(example, data) for example in data.examples)


def _picture(example: Example, data: ReportData) -> Picture:
    names = data.validate.class_names
    label, answer = names[example.label], names[example.answer]
    right = example.label == example.answer
    kind = "Spectrogram" if data.spectrograms else "Picture"
    said = "rightly answered" if right else f"wrongly answered as {answer}"
    encoded = base64.b64encode(example.png).decode()
    return Picture(
        source=f"data:image/png;base64,{encoded}",
        width=example.width,
        height=example.height,
        right=right,
        label=label,
        answer=answer,
        alt=f"{kind} of {label}, sample {example.sample}, {said}",
    )
