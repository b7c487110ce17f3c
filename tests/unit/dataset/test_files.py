""".npz files and what Keras has downloaded: whole, never run, damage named."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from tests.support.data import needs_package
from tinyedge import backend, dataset
from tinyedge.dataset import keras_files, npz
from tinyedge.errors import TinyedgeError
from tinyedge.recipe import Data

RECIPE = Path("recipe.toml")
X = np.arange(40 * 6, dtype=np.uint8).reshape(40, 2, 3)
Y = np.arange(40) % 2


def _npz(tmp_path: Path, **arrays: np.ndarray) -> Path:
    np.savez(tmp_path / "x.npz", **arrays)
    return tmp_path / "x.npz"


def test_x_and_y_are_split_by_the_seed(tmp_path: Path) -> None:
    data = Data(source="npz", path=str(_npz(tmp_path, x=X, y=Y)), test=0.2, validation=0.2)
    loaded = dataset.load(data, RECIPE)
    assert loaded.shape == (2, 3, 1)
    assert loaded.classes == ("0", "1")
    assert [len(part) for part in (loaded.train, loaded.validation, loaded.test)] == [24, 8, 8]


def test_a_test_set_of_its_own_is_kept(tmp_path: Path) -> None:
    path = _npz(tmp_path, x_train=X, y_train=Y, x_test=X[:4], y_test=Y[:4])
    found = npz.read(path, ("even", "odd"))
    assert np.array_equal(found.test[..., 0], X[:4])
    assert found.classes == ("even", "odd")


def test_real_values_span_the_raw_ones(tmp_path: Path) -> None:
    x = np.linspace(-2, 2, 24).reshape(6, 2, 2)
    found = npz.read(_npz(tmp_path, x=x, y=Y[:6]))
    assert (found.train.min(), found.train.max()) == (0, 255)
    assert np.array_equal(found.train[..., 0], np.floor((x + 2) / 4 * 255 + 0.5))
    rows = npz.read(_npz(tmp_path, x=X.reshape(40, 6), y=Y))
    assert rows.train.shape == (40, 1, 6, 1)


def test_numbers_that_a_network_sees_as_others_are_told(tmp_path: Path) -> None:
    real = np.linspace(-2, 2, X.size, dtype=np.float32).reshape(X.shape)
    path = _npz(tmp_path, x=real, y=Y)
    told = npz.scaling(path, (0.0, 1.0))
    assert "real numbers from -2 to 2, which the network sees as 0 to 1" in told
    assert "write range = [-2, 2] in [data]" in told
    assert npz.scaling(path, (-2.0, 2.0)) == ""
    assert npz.scaling(_npz(tmp_path, x=X, y=Y), (0.0, 1.0)) == ""


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"y": Y}, 'there is no array "x"'),
        ({"x_train": X, "y_train": Y, "x_test": X}, 'there is no array "y_test"'),
        ({"x": X, "y": Y[:3]}, "3 labels for 40 samples"),
        ({"x": X, "y": Y - 1}, "label -1"),
        ({"x": X, "y": Y / 2}, "float64"),
        ({"x": X + 200.0 * np.inf, "y": Y}, "not finite"),
        ({"x": X * 0.0, "y": Y}, "all values are 0"),
        ({"x": X.astype(np.int64) * 9, "y": Y}, "not within 0 and 255"),
        ({"x": X[0, 0], "y": Y}, "has shape"),
        ({"x": X.astype("S1"), "y": Y}, "not numbers"),
        ({"x_train": X, "y_train": Y, "x_test": X[:, :1], "y_test": Y}, "x_test has samples of"),
        ({"x": X, "y": Y + 5}, "label 6, the recipe names 2 classes"),
    ],
)
def test_arrays_that_cannot_be_are_refused(
    tmp_path: Path, arrays: dict[str, np.ndarray], message: str
) -> None:
    with pytest.raises(TinyedgeError, match=message):
        npz.read(_npz(tmp_path, **arrays), ("a", "b"))


def test_without_labels_there_is_one_class(tmp_path: Path) -> None:
    for arrays in ({"x": X}, {"x_train": X, "x_test": X[:4]}):
        found = npz.read(_npz(tmp_path, **arrays), ("even", "odd"))
        assert found.classes == ("unlabelled",)
        assert not found.train_labels.any()
        assert len(found.train_labels) == len(X)


class _Trap:
    def __reduce__(self) -> tuple[object, ...]:
        return (Path.write_text, (Path("trap"), "sprung"))


def test_nothing_is_unpickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = _npz(tmp_path, x=np.array([_Trap()], object), y=Y)
    with pytest.raises(TinyedgeError, match=r"not an \.npz file of plain arrays"):
        npz.read(path)
    assert not Path("trap").exists()


@pytest.mark.parametrize("keep", [0, 50, 300])
def test_a_cut_archive_is_refused(tmp_path: Path, keep: int) -> None:
    path = _npz(tmp_path, x=X, y=Y)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(TinyedgeError, match=r"x\.npz"):
        npz.read(path)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder where Keras keeps its downloads."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "datasets").mkdir()
    return tmp_path / "datasets"


def test_mnist_is_read_from_keras_file(kept: Path) -> None:
    y = np.arange(100, dtype=np.uint8) % 10
    x = np.zeros((100, 28, 28), np.uint8)
    np.savez(kept / "mnist.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    loaded = dataset.load(Data(source="mnist", validation=0.5), RECIPE)
    assert loaded.shape == (28, 28, 1)
    assert len(loaded.test) == 100


def _cifar(folder: Path, rows: int = 20) -> None:
    folder.mkdir()
    for name in (*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"):
        pixels = np.tile(np.repeat([1, 2, 3], 1024), (rows, 1)).astype(np.uint8)
        batch = {b"data": pixels, b"labels": [n % 10 for n in range(rows)], b"batch_label": b"x"}
        (folder / name).write_bytes(pickle.dumps(batch, 2))


def test_cifar10_is_read_from_keras_folder(kept: Path) -> None:
    _cifar(kept / "cifar-10-batches-py")
    found = keras_files.cifar10()
    assert (found.train.shape, found.test.shape) == ((100, 32, 32, 3), (20, 32, 32, 3))
    assert (found.train[..., 0] == 1).all()
    assert (found.train[..., 2] == 3).all()
    assert found.classes[int(found.test_labels[3])] == "cat"
    small = Data(source="cifar10", size=(16, 16), channels=1, validation=0.5)
    assert dataset.load(small, RECIPE).shape == (16, 16, 1)


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (pickle.dumps({b"data": np.zeros((3, 9), np.uint8), b"labels": [0] * 3}), "wrong shapes"),
        (pickle.dumps({b"data": np.zeros((1, 3072), np.uint8), b"labels": [10]}), "beyond 0"),
        (pickle.dumps(_Trap()), "it asks for"),
        (b"\x80\x02}", "no batch of CIFAR-10"),
        (b"", "no batch of CIFAR-10"),
    ],
)
def test_a_damaged_batch_is_named_and_runs_nothing(
    kept: Path, batch: bytes, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(kept)
    _cifar(kept / "cifar-10-batches-py")
    (kept / "cifar-10-batches-py" / "test_batch").write_bytes(batch)
    with pytest.raises(TinyedgeError, match=message) as caught:
        keras_files.cifar10()
    assert "test_batch" in caught.value.message
    assert not Path("trap").exists()


def test_what_cannot_be_downloaded_says_where_to_put_it(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_package("tensorflow")

    def fail() -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(backend.load().keras.datasets.mnist, "load_data", fail)
    with pytest.raises(TinyedgeError, match="mnist could not be downloaded: no route") as caught:
        keras_files.mnist()
    assert str(kept / "mnist.npz") in caught.value.hint
