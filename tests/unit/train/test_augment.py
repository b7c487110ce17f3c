"""Augmentation is what Keras' ImageDataGenerator does with the same numbers, new each epoch."""

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Trained
from tests.support.data import needs_package
from tests.support.training import Heard, short_recipe
from tinyedge import backend, dataset
from tinyedge.recipe import Augment
from tinyedge.train import augment, model_path, train
from tinyedge.train.batches import batches
from tinyedge.workspace import Workspace

pytestmark = pytest.mark.timeout(900)  # seconds where the machine is free

PICTURE = np.random.RandomState(1).uniform(0, 1, (11, 11, 3)).astype(np.float32)


def _ours(matrices: np.ndarray) -> np.ndarray:
    tf = backend.load().tf
    many = np.repeat(PICTURE[np.newaxis], len(matrices), axis=0)
    made: np.ndarray = augment.apply(tf, many, augment.rows(matrices)).numpy()
    return made


@pytest.mark.parametrize(
    "change",
    [
        {"theta": 20.0}, {"tx": 1.5, "ty": -2.25}, {"shear": 15.0}, {"zx": 0.8, "zy": 1.2},
        {"theta": -13.0, "tx": 1.0, "ty": 2.0, "shear": 8.0, "zx": 1.1, "zy": 0.9},
    ],
    ids="+".join,
)  # fmt: skip
def test_a_transform_is_that_of_keras(change: dict[str, float]) -> None:
    needs_package("tensorflow")
    needs_package("scipy")
    keras = backend.load().keras
    wanted = keras.preprocessing.image.apply_affine_transform(
        PICTURE, **change, row_axis=0, col_axis=1, channel_axis=2, fill_mode="nearest", order=1
    )
    one = {"theta": 0.0, "tx": 0.0, "ty": 0.0, "shear": 0.0, "zx": 1.0, "zy": 1.0} | change
    matrices = augment.matrices(
        turned=np.array([one["theta"]]),
        shifted=np.array([[one["tx"], one["ty"]]]),
        sheared=np.array([one["shear"]]),
        zoomed=np.array([[one["zx"], one["zy"]]]),
        size=PICTURE.shape[:2],
    )
    (got,) = _ours(matrices)
    # float32 here, double there: a coordinate near an edge may round to the other pixel
    close = np.abs(got - wanted) < 2e-3
    assert close.mean() > 0.99
    assert np.abs(PICTURE - wanted).max() > 0.1


def test_what_is_drawn_stays_within_the_recipe_s_limits() -> None:
    still = {"rotation": 0.0, "shift": 0.0, "shear": 0.0, "zoom": 0.0, "flip": False}
    nothing = augment.draw(Augment(**still), 5, (9, 12), 1)
    assert np.allclose(nothing, [[1, 0, 0, 0, 1, 0, 0, 0]])
    moved = augment.draw(Augment(**{**still, "shift": 0.25}), 2000, (9, 12), 1)
    assert np.abs(moved[:, 2]).max() == pytest.approx(3, abs=0.02)  # columns
    assert np.abs(moved[:, 5]).max() == pytest.approx(2.25, abs=0.02)  # rows
    zoomed = augment.draw(Augment(**{**still, "zoom": 0.2}), 2000, (9, 12), 1)
    assert (zoomed[:, 0].min(), zoomed[:, 0].max()) == pytest.approx((0.8, 1.2), abs=0.01)
    turned = augment.draw(Augment(**{**still, "rotation": 20.0}), 2000, (9, 9), 1)
    assert np.rad2deg(np.arcsin(np.abs(turned[:, 1]).max())) == pytest.approx(20, abs=0.1)
    flipped = augment.draw(Augment(**{**still, "flip": True}), 2000, (9, 12), 1)
    assert (flipped[:, 0] < 0).mean() == pytest.approx(0.5, abs=0.05)


def test_a_flip_mirrors_columns() -> None:
    needs_package("tensorflow")
    settings = Augment(rotation=0.0, shift=0.0, shear=0.0, zoom=0.0)
    drawn = augment.draw(settings, 50, PICTURE.shape[:2], 1)
    (mirrored,) = augment.apply(backend.load().tf, PICTURE[np.newaxis], drawn[drawn[:, 0] < 0][:1])
    assert np.allclose(mirrored, PICTURE[:, ::-1], atol=1e-6)


def test_each_epoch_draws_anew_and_the_same_each_time() -> None:
    drawn = [augment.draw(Augment(), 10, (8, 8), seed) for seed in (1, 1, 2)]
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


def test_only_training_pictures_change(trained: Trained) -> None:
    data = dataset.load(trained.recipe.data, trained.recipe.path)
    tf, order = backend.load().tf, np.arange(40, dtype=np.int64)
    drawn = augment.draw(Augment(), 40, (8, 8), 1)
    (plain,) = batches(tf, data.train, 64, order, "classify")
    (changed,) = batches(tf, data.train, 64, order, "classify", transforms=drawn)
    assert np.array_equal(plain[0], data.train.inputs[:40])
    assert np.array_equal(plain[1], changed[1])
    assert np.abs(plain[0].numpy() - changed[0].numpy()).max() > 0.1
    assert changed[0].numpy().max() <= 1


def test_a_stopped_training_with_augmentation_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    recipe = short_recipe(
        tmp_path,
        **{
            "[training]": '[augment]\nflip = false\n[training]\nclass_weights = "balanced"',
            "epochs = 12": "epochs = 2",
            'schedule = "cosine"': 'schedule = "linear"\ntensorboard = true',
        },
    )
    whole, stopped = Workspace(tmp_path / "whole"), Workspace(tmp_path / "stopped")
    train(recipe, whole)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, stopped, Heard(stop_after=1))
    train(recipe, stopped)
    made = [model_path(recipe, where).read_bytes() for where in (whole, stopped)]
    assert made[0] == made[1]
    (logs,) = (whole.model(recipe.name) / "logs").glob("events.out.tfevents.*")
    assert _tags(logs) == {"loss", "accuracy", "validation_loss", "validation_accuracy"}


def _tags(path: Path) -> set[str]:
    tf = backend.load().tf
    events = [
        tf.compat.v1.Event.FromString(record.numpy())
        for record in tf.data.TFRecordDataset(str(path))
    ]
    assert {event.step for event in events if event.summary.value} == {1, 2}
    return {value.tag for event in events for value in event.summary.value}
