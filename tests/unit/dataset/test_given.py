"""Samples given beside a recipe: in its shape and classes, whatever its own data set comes from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support import pictures
from tests.support.data import needs_package
from tinyedge import dataset
from tinyedge.dataset import Dataset, Split, given, kept
from tinyedge.dataset.collected import MANIFEST
from tinyedge.errors import ConfigError
from tinyedge.recipe import Audio, Data

RECIPE = Path("recipe.toml")
CLASSES = ("T-shirt/top", "bright", "dark", "gone")
SHAPE = (6, 8, 1)
BUILT_IN = Data(source="fashion-mnist")


def _like(shape: tuple[int, int, int] = SHAPE, full_scale: int = 255) -> Dataset:
    split = Split(np.zeros((4, *shape), np.uint8), np.arange(4), full_scale)
    return Dataset("like", split, split, split, CLASSES)


def _read(place: Path, data: Data = BUILT_IN, like: Dataset | None = None) -> given.Given:
    return given.read(place, data, RECIPE, like or _like(), 100)


def _collected(root: Path, name: str, *images: np.ndarray) -> None:
    needs_package("cv2")
    (root / name).mkdir(parents=True)
    for number, image in enumerate(images):
        (root / name / f"{number:06}.png").write_bytes(kept.png(image))


@pytest.mark.parametrize(
    "data",
    [
        BUILT_IN,
        pictures.data(Path("x"), classes=CLASSES[:3], others="gone"),
        Data(source="wav", path="x", audio=Audio(), minimum=3),
        Data(source="npz", path="x", unseen=("dark",)),
    ],
)
def test_an_npz_goes_with_every_recipe(data: Data, tmp_path: Path) -> None:
    x = np.random.default_rng(1).integers(0, 256, (9, *SHAPE), np.uint8)
    y = np.arange(9) % 3
    np.savez(tmp_path / "new.npz", x=x, y=y)
    found = _read(tmp_path / "new.npz", data, _like())
    assert found.labelled
    order = [int(np.flatnonzero((x == one).all(axis=(1, 2, 3)))[0]) for one in found.split.raw]
    assert sorted(order) == list(range(9))
    assert order != list(range(9))
    assert np.array_equal(found.split.labels, y[order])
    few = given.read(tmp_path / "new.npz", data, RECIPE, _like(), 4)
    assert np.array_equal(few.split.raw, found.split.raw[:4])


def test_an_npz_may_lack_labels_but_not_fit_ill(tmp_path: Path) -> None:
    path = tmp_path / "new.npz"
    x = np.full((5, *SHAPE), 17, np.uint8)
    np.savez(path, x=x)
    assert not _read(path).labelled
    with pytest.raises(ConfigError, match="run up to 17, the recipe's data has 0 to 16"):
        _read(path, like=_like(full_scale=16))
    with pytest.raises(ConfigError, match=r"\(6, 8, 1\), the recipe's \(6, 9, 1\)"):
        _read(path, like=_like((6, 9, 1)))


def test_real_numbers_are_scaled_as_the_recipes_own(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    x, y = rng.uniform(-2, 2, (40, *SHAPE)), np.arange(40) % 2
    x[0].flat[:2] = -2, 2
    np.savez(tmp_path / "own.npz", x=x, y=y)
    np.savez(tmp_path / "moved.npz", x=(x * 0.1 + 1).astype(np.float32), y=y)
    data = Data(source="npz", path=str(tmp_path / "own.npz"), test=0.3, validation=0.3)
    like = dataset.load(data, RECIPE)
    own, moved = (_read(tmp_path / name, data, like).split for name in ("own.npz", "moved.npz"))
    everything = np.concatenate([like.train.raw, like.validation.raw, like.test.raw])
    assert sorted(map(bytes, own.raw)) == sorted(map(bytes, everything))
    expected = (own.raw / 255 * 4 - 2) * 0.1 + 1  # in the recipe's units
    assert np.abs(moved.raw - (expected + 2) * 255 / 4).max() < 0.6


def test_real_numbers_go_with_no_recipe_of_whole_ones(tmp_path: Path) -> None:
    y = np.arange(4) % 2
    np.savez(tmp_path / "own.npz", x=np.ones((4, *SHAPE), np.uint8), y=y)
    np.savez(tmp_path / "real.npz", x=np.random.default_rng(3).random((4, *SHAPE)), y=y)
    for data in (BUILT_IN, Data(source="npz", path=str(tmp_path / "own.npz"))):
        with pytest.raises(ConfigError, match="whole ones, 0 to 16") as caught:
            _read(tmp_path / "real.npz", data, _like(full_scale=16))
        assert caught.value.hint == "write x as whole numbers, 0 to 16"


def test_a_folder_that_was_collected_goes_with_every_recipe_and_may_lack_classes(
    tmp_path: Path,
) -> None:
    (tmp_path / MANIFEST).write_bytes(b"")
    _collected(tmp_path, "T-shirt-top", *(np.full(SHAPE, value, np.uint8) for value in (1, 2)))
    _collected(tmp_path, "dark", np.full((12, 16, 3), 3, np.uint8))
    (tmp_path / "dark" / "damaged.png").write_bytes(b"no picture")
    for data in (BUILT_IN, Data(source="npz", path="x"), Data(source="pictures", path="x")):
        found = _read(tmp_path, data)
        assert found.labelled
        assert found.split.raw.shape == (3, *SHAPE)
        pairs = zip(found.split.raw[:, 0, 0, 0].tolist(), found.split.labels, strict=True)
        assert sorted(pairs) == [(1, 0), (2, 0), (3, 2)]


def test_a_folder_with_another_class_is_refused_by_its_name(tmp_path: Path) -> None:
    _collected(tmp_path, "brihgt", np.zeros(SHAPE, np.uint8))
    with pytest.raises(ConfigError, match='"brihgt" is no class') as caught:
        _read(tmp_path)
    assert "bright" in caught.value.message
    assert "gone" in (caught.value.hint or "")
    others = pictures.data(tmp_path, classes=CLASSES[:3], others="gone")
    assert _read(tmp_path, others).split.labels.tolist() == [3]


def test_without_labels_a_folders_files_may_be_anywhere_in_it(tmp_path: Path) -> None:
    _collected(tmp_path, "brihgt", np.full(SHAPE, 1, np.uint8), np.full(SHAPE, 2, np.uint8))
    (tmp_path / "loose.png").write_bytes(kept.png(np.full(SHAPE, 3, np.uint8)))
    (tmp_path / "train" / "dark").mkdir(parents=True)
    (tmp_path / "train" / "dark" / "1.png").write_bytes(kept.png(np.full(SHAPE, 4, np.uint8)))
    found = given.read(tmp_path, BUILT_IN, RECIPE, _like(), 100, labels_wanted=False)
    assert not found.labelled
    assert sorted(found.split.raw[:, 0, 0, 0].tolist()) == [1, 2, 3, 4]
    few = given.read(tmp_path, BUILT_IN, RECIPE, _like(), 3, labels_wanted=False)
    assert np.array_equal(few.split.raw, found.split.raw[:3])


def test_a_folder_without_samples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no sample in it"):
        _read(tmp_path)
    (tmp_path / "dark").mkdir()
    (tmp_path / "dark" / "1.png").write_bytes(b"no picture")
    with pytest.raises(ConfigError, match=r"no file in it can be read, .*1\.png"):
        _read(tmp_path)
    with pytest.raises(ConfigError, match="the recipe's samples 7"):
        _read(tmp_path, like=_like((1, 5, 7)))


def test_sounds_are_read_as_the_recipes_and_as_they_were_collected(tmp_path: Path) -> None:
    root = pictures.sounds(tmp_path / "own")
    settings = Audio(rate=8000, seconds=0.5, frames=8)
    data = Data(source="wav", path=str(root), audio=settings, minimum=2, validation=0.3, test=0.3)
    like = dataset.load(data, RECIPE)
    found = given.read(root, data, RECIPE, like, 1000)
    everything = np.concatenate([like.train.raw, like.validation.raw, like.test.raw])
    assert sorted(map(bytes, found.split.raw)) == sorted(map(bytes, everything))

    names = {"500hz", "2000hz"}
    (root / MANIFEST).write_bytes(b"")  # each file is the sound of one picture now
    assert len(given.read(root, data, RECIPE, like, 1000).split) == 12
    (root / "2000hz").rename(tmp_path / "away")
    assert {like.classes[i] for i in given.read(root, data, RECIPE, like, 99).split.labels} < names

    inputs = tmp_path / "inputs"
    _collected(inputs, "500hz", like.test.raw[0])
    assert np.array_equal(given.read(inputs, data, RECIPE, like, 9).split.raw, like.test.raw[:1])
