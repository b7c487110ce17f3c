"""Samples that the device was sent, as pictures: where it was wrong, and a right one of a class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset import Split
from tinyedge.report import Example, png
from tinyedge.results import ValidateReport
from tinyedge.workflow.pipeline import Loaded

_SHOWN = 10  # of the wrong answers, and of the right ones
_LARGEST = 96  # pixels of a side; larger pictures are thinned out


def pick(loaded: Loaded, validated: ValidateReport) -> tuple[Example, ...]:
    """The first wrong answers, then the first right one of each class.

    Nothing without labels, and nothing if the samples were not the data set's test split.
    """
    dataset = loaded.dataset
    if dataset is None or validated.inputs != f"test split of {dataset.name}":
        return ()
    answers = np.array(validated.answers, np.int64)
    split = dataset.test.first(len(answers))
    if len(answers) == 0 or len(split) < len(answers):
        return ()
    right = answers == split.labels
    wrong = np.flatnonzero(~right)[:_SHOWN]
    firsts = {int(label): i for i, label in reversed(list(enumerate(split.labels))) if right[i]}
    chosen = [*map(int, wrong), *(firsts[label] for label in sorted(firsts)[:_SHOWN])]
    return tuple(_example(loaded, split, number, answers) for number in chosen)


def are_spectrograms(loaded: Loaded) -> bool:
    """Whether the samples are sound, and their pictures frames by bands."""
    recipe = loaded.model.recipe
    return recipe is not None and recipe.data.source == "wav"


def _example(loaded: Loaded, split: Split, number: int, answers: NDArray[np.int64]) -> Example:
    raw = np.asarray(split.raw[number])
    scaled = np.round(raw.astype(np.float64) * (255 / split.full_scale)).astype(np.uint8)
    pixels = _spectrogram(scaled) if are_spectrograms(loaded) else scaled
    step = -(-max(pixels.shape[:2]) // _LARGEST)
    pixels = np.ascontiguousarray(pixels[::step, ::step])
    return Example(
        sample=number,
        label=int(split.labels[number]),
        answer=int(answers[number]),
        png=png.encode(pixels),
        width=pixels.shape[1],
        height=pixels.shape[0],
    )


def _spectrogram(features: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(frames, bands, 1) -> RGB, time to the right, the lowest band at the bottom."""
    import matplotlib as mpl  # noqa: PLC0415 - slow, and only sound needs it

    colours = (mpl.colormaps["viridis"](np.arange(256))[:, :3] * 255).round().astype(np.uint8)
    turned = features[..., 0].T[::-1]
    return np.asarray(colours[turned], np.uint8)
