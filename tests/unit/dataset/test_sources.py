"""The built-in data sets: whole, split the same way everywhere, clear where they are missing."""

import gzip
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.data import needs_data
from tinyedge import backend, dataset, recipe
from tinyedge.dataset import digits, fashion_mnist
from tinyedge.dataset.types import permutation
from tinyedge.errors import TinyedgeError, ToolError


def _write(folder: Path, name: str, array: np.ndarray) -> None:
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    (folder / name).write_bytes(gzip.compress(header + array.tobytes()))


def _fashion(folder: Path, labels: np.ndarray) -> Path:
    for prefix in ("train", "t10k"):
        _write(folder, f"{prefix}-images-idx3-ubyte.gz", np.zeros((3, 28, 28), np.uint8))
        _write(folder, f"{prefix}-labels-idx1-ubyte.gz", labels)
    return folder


def _load(name: str) -> dataset.Dataset:
    loaded = recipe.load(name)
    needs_data(loaded.data.source)
    return dataset.load(loaded.data, loaded.path)


def test_fashion_mnist_keeps_its_own_test_set() -> None:
    data = _load("fashion-cnn")
    assert (len(data.train), len(data.validation), len(data.test)) == (54_000, 6_000, 10_000)
    assert data.shape == (28, 28, 1)
    assert np.array_equal(data.test.raw, fashion_mnist.read().test)
    assert np.bincount(data.test.labels).tolist() == [1000] * 10
    assert data.classes[data.test.labels[0]] == "ankle boot"


def test_splits_are_disjoint_whole_and_fixed_by_the_seed() -> None:
    data = _load("digits-cnn")
    parts = [data.train, data.validation, data.test]
    assert [len(part) for part in parts] == [1258, 180, 359]
    rows = np.concatenate([part.raw.reshape(len(part), -1) for part in parts])
    whole = digits.read().train.reshape(len(rows), -1)
    assert sorted(map(bytes, rows)) == sorted(map(bytes, whole))
    assert data.fingerprint == _load("digits-cnn").fingerprint
    # what every machine must get: same seed, same split
    assert data.fingerprint.startswith("d1a51b3981fa260f")


def test_another_seed_is_another_split() -> None:
    first = permutation(100, 1)
    assert sorted(first) == list(range(100))
    assert not np.array_equal(first, permutation(100, 2))
    assert np.array_equal(first, permutation(100, 1))


def test_inputs_span_the_recipe_s_range() -> None:
    data = _load("digits-cnn")
    assert data.train.inputs.dtype == np.float32
    assert (data.train.inputs.min(), data.train.inputs.max()) == (0.0, 1.0)
    signed = dataset.Split(data.train.raw, data.train.labels, 16, (-1.0, 1.0))
    assert (signed.inputs.min(), signed.inputs.max()) == (-1.0, 1.0)


def test_representative_samples_come_from_the_training_split() -> None:
    data = _load("digits-cnn")
    some = data.representative(50, seed=3)
    training = {bytes(row) for row in data.train.raw.reshape(len(data.train), -1)}
    assert len(some) == 50
    assert all(bytes(row) in training for row in some.raw.reshape(50, -1))
    assert np.array_equal(some.raw, data.representative(50, seed=3).raw)
    assert len(data.representative(10**6, seed=3)) == len(data.train)


def test_a_missing_data_set_says_which_package_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(backend, "load", _offline)
    with pytest.raises(TinyedgeError, match="apt-get install dataset-fashion-mnist"):
        fashion_mnist.read(tmp_path / "none")


def _offline() -> None:
    raise ToolError("training needs tensorflow, which is not installed", "install it")


def test_what_keras_has_downloaded_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    folder = tmp_path / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True)
    _fashion(folder, np.zeros(3, np.uint8))
    assert len(fashion_mnist.read(tmp_path / "none").train) == 3


def test_a_missing_file_says_how_to_get_it_back(tmp_path: Path) -> None:
    folder = _fashion(tmp_path, np.zeros(3, np.uint8))
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(TinyedgeError, match="t10k-labels") as caught:
        fashion_mnist.read(folder)
    assert "--reinstall dataset-fashion-mnist" in caught.value.hint


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(2, np.uint8), "2 labels for 3 pictures"),
        (np.array([0, 1, 10], np.uint8), "label 10"),
    ],
)
def test_labels_that_cannot_be_are_refused(
    labels: np.ndarray, message: str, tmp_path: Path
) -> None:
    with pytest.raises(TinyedgeError, match=message):
        fashion_mnist.read(_fashion(tmp_path, labels))


def test_without_scikit_learn_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ToolError, match="scikit-learn") as caught:
        digits.read()
    assert "tinyedge[train]" in caught.value.hint
