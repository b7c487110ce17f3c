"""What is wrong with a data set: duplicates, near-constant samples, balance; and sheets of it."""

from __future__ import annotations

import hashlib
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset import Dataset, Split
from tinyedge.results import DataReport, Duplicates, SkippedFile, SplitBalance

Advance = Callable[[int, int], None]

_SPLITS = ("train", "validation", "test")
_AT_ONCE = 1000  # samples
_FLAT = 0.02  # of full scale: a smaller deviation is hardly more than noise
_LISTED = 100  # groups of duplicates, and near-constant samples, that a report lists
_UNBALANCED = 3.0
_ACROSS = 10  # pictures a row of a sheet


@dataclass
class _Found:
    """What one pass over all samples collects."""

    places: dict[bytes, list[tuple[str, int, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    constant: list[str] = field(default_factory=list)
    count: int = 0
    total: Any = 0.0
    squares: Any = 0.0


def examine(model: str, dataset: Dataset, advance: Advance) -> DataReport:
    """Read every sample once. The paths of the sheets are left empty."""
    found, done = _Found(), 0
    every = sum(len(split) for _, split in _splits(dataset))
    for name, split in _splits(dataset):
        for start in range(0, len(split), _AT_ONCE):
            advance(done + start, every)
            _pass(name, split, start, found)
        done += len(split)
    advance(every, every)
    groups = [group for group in found.places.values() if len(group) > 1]
    duplicates = tuple(_duplicates(group) for group in groups)
    mean = found.total / found.count
    spread = np.sqrt(np.maximum(found.squares / found.count - mean**2, 0))
    report = DataReport(
        model=model,
        dataset=dataset.name,
        dataset_sha256=dataset.fingerprint,
        shape=dataset.shape,
        class_names=dataset.classes,
        splits=tuple(_balance(name, split, dataset) for name, split in _splits(dataset)),
        imbalance=_imbalance(dataset),
        mean=tuple(float(value) for value in mean),
        spread=tuple(float(value) for value in spread),
        duplicates=duplicates[:_LISTED],
        duplicate_samples=sum(len(group) - 1 for group in groups),
        constant=tuple(found.constant[:_LISTED]),
        constant_samples=len(found.constant),
        skipped=tuple(SkippedFile(path=file.path, reason=file.reason) for file in dataset.skipped),
        advice=(),
        contact_path="",
        augmented_path="",
    )
    return msgspec.structs.replace(report, advice=_advice(report, duplicates))


def contact_sheet(dataset: Dataset) -> bytes:
    """A PNG: the first training samples of each class, a row each."""
    rows = []
    for label, name in enumerate(dataset.classes):
        places = np.flatnonzero(dataset.train.labels == label)[:_ACROSS]
        rows.append((f"{name} ({int((dataset.train.labels == label).sum()):,})", places))
    return sheet(
        [(title, dataset.train.raw[places] / dataset.train.full_scale) for title, places in rows]
    )


def sheet(rows: Sequence[tuple[str, NDArray[Any]]]) -> bytes:
    """A PNG: rows of pictures (n, height, width, channels), 0 ... 1, with a title each."""
    # half a second to import, and no display needed
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(_ACROSS + 2, len(rows) + 0.2), layout="constrained")
    grid = figure.subplots(len(rows), _ACROSS, squeeze=False)
    for line, (title, pictures) in zip(grid, rows, strict=True):
        for axes in line:
            axes.set_axis_off()
        line[0].set_title(title, loc="left", fontsize=9)
        for axes, picture in zip(line, pictures, strict=False):
            shown = picture[..., 0] if picture.shape[-1] == 1 else picture
            axes.imshow(np.clip(shown, 0, 1), cmap="gray", vmin=0, vmax=1)
    made = io.BytesIO()
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(made, metadata={"Software": None})
    return made.getvalue()


def _splits(dataset: Dataset) -> Iterator[tuple[str, Split]]:
    for name in _SPLITS:
        yield name, getattr(dataset, name)


def _pass(name: str, split: Split, start: int, found: _Found) -> None:
    raw = np.asarray(split.raw[start : start + _AT_ONCE])
    flat = raw.reshape(len(raw), -1)
    for offset, row in enumerate(flat):
        digest = hashlib.sha256(row.tobytes()).digest()
        found.places[digest].append((name, start + offset, int(split.labels[start + offset])))
    still = np.flatnonzero(flat.std(axis=1) < _FLAT * split.full_scale)
    found.constant += [f"{name} {start + int(offset)}" for offset in still]
    if name == "train":
        values = split.scale(raw).astype(np.float64).reshape(-1, raw.shape[-1])
        found.count += len(values)
        found.total = found.total + values.sum(axis=0)
        found.squares = found.squares + (values**2).sum(axis=0)


def _duplicates(group: list[tuple[str, int, int]]) -> Duplicates:
    return Duplicates(
        samples=tuple(f"{split} {place}" for split, place, _ in group),
        across=len({split for split, _, _ in group}) > 1,
        contradict=len({label for _, _, label in group}) > 1,
    )


def _balance(name: str, split: Split, dataset: Dataset) -> SplitBalance:
    each = np.bincount(split.labels, minlength=len(dataset.classes))
    return SplitBalance(split=name, samples=len(split), each=tuple(map(int, each)))


def _imbalance(dataset: Dataset) -> float:
    each = np.bincount(dataset.train.labels, minlength=len(dataset.classes))
    return float(each.max() / max(1, each.min()))


def _advice(report: DataReport, duplicates: tuple[Duplicates, ...]) -> tuple[str, ...]:
    advice = []
    across = sum(group.across for group in duplicates)
    contradicting = sum(group.contradict for group in duplicates)
    if across:
        advice.append(f"{across} samples are in more than one split: remove the copies")
    if contradicting:
        advice.append(f"{contradicting} samples have copies of another class: look at their labels")
    if report.constant_samples:
        advice.append(f"{report.constant_samples} samples are nearly one colour: look at them")
    if report.imbalance > _UNBALANCED:
        advice.append(
            f"one class has {report.imbalance:.1f} times the samples of another: "
            'training.class_weights = "balanced"'
        )
    if report.skipped:
        advice.append(f"{len(report.skipped)} files are no samples and are left out")
    return tuple(advice)
