"""Pictures of what the device was sent: wrong answers first, and never of something else."""

import io
from typing import cast

import matplotlib.image
import msgspec
import numpy as np
import pytest

from tests.support import made_up
from tinyedge import recipe as recipes
from tinyedge.dataset import Dataset, Split
from tinyedge.results import ValidateReport
from tinyedge.workflow import examples
from tinyedge.workflow.pipeline import Loaded, Model

LABELS = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2])
RAW = np.arange(9 * 4 * 6, dtype=np.uint8).reshape(9, 4, 6, 1) % 17


class _Loaded:
    """What the pictures are taken from."""

    def __init__(self, source: str = "digits", raw: np.ndarray = RAW) -> None:
        split = Split(raw, LABELS, full_scale=16)
        self.dataset = Dataset("digits", split, split, split, ("a", "b", "c"))
        data = msgspec.structs.replace(recipes.load("digits-cnn").data, source=source)
        recipe = msgspec.structs.replace(recipes.load("digits-cnn"), data=data)
        self.model = Model("digits-cnn", recipe, None)


def _loaded(**given: object) -> Loaded:
    return cast("Loaded", _Loaded(**given))  # type: ignore[arg-type]


def _validated(*answers: int, inputs: str = "test split of digits") -> ValidateReport:
    return msgspec.structs.replace(made_up.validate(), answers=answers, inputs=inputs)


def test_wrong_answers_then_the_first_right_one_of_each_class() -> None:
    found = examples.pick(_loaded(), _validated(0, 2, 2, 0, 1, 0, 0))
    assert [(e.sample, e.label, e.answer) for e in found] == [
        (1, 1, 2),
        (5, 2, 0),
        (0, 0, 0),
        (4, 1, 1),
        (2, 2, 2),
    ]
    pixels = matplotlib.image.imread(io.BytesIO(found[0].png))
    assert np.array_equal(np.round(pixels * 255), np.round(RAW[1, ..., 0] * (255 / 16)))
    assert (found[0].width, found[0].height) == (6, 4)


@pytest.mark.parametrize(
    "validated",
    [
        _validated(),
        _validated(0, 1, inputs="samples.npz"),
        _validated(*range(10)),  # more than the split has
    ],
    ids=["no labels", "a file", "another data set"],
)
def test_of_other_samples_nothing_is_shown(validated: ValidateReport) -> None:
    assert examples.pick(_loaded(), validated) == ()


def test_sound_has_time_to_the_right_and_low_bands_below() -> None:
    raw = np.zeros((9, 20, 5, 1), np.uint8)
    raw[:, 19, 0] = 16  # the last frame, the lowest band
    found = examples.pick(_loaded(source="wav", raw=raw), _validated(0))
    assert (found[0].width, found[0].height) == (20, 5)
    pixels = matplotlib.image.imread(io.BytesIO(found[0].png))
    assert pixels.shape == (5, 20, 3)
    bright = np.unravel_index(pixels.sum(axis=2).argmax(), (5, 20))
    assert tuple(map(int, bright)) == (4, 19)


def test_large_pictures_are_thinned_out() -> None:
    raw = np.zeros((9, 200, 300, 3), np.uint8)
    (one, *_) = examples.pick(_loaded(raw=raw), _validated(0))
    assert (one.width, one.height) == (75, 50)
