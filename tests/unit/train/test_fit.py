"""When training ends, and what a checkpoint keeps."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from tinyedge.errors import ModelError
from tinyedge.results import Epoch
from tinyedge.train.checkpoint import Checkpoint, State
from tinyedge.train.fit import finished, require_finite


def _state(epochs: int, best: int) -> State:
    results = tuple(
        Epoch(epoch=n, loss=1.0, accuracy=0.5, validation_loss=1.0, validation_accuracy=0.5)
        for n in range(1, epochs + 1)
    )
    weights = (np.arange(6, dtype=np.float32).reshape(2, 3), np.array([0.1], np.float32))
    optimizer = (np.array(7, np.int64), *(weight * 2 for weight in weights))
    return State(weights, optimizer, weights[::-1], best, results, 1.5)


@pytest.mark.parametrize(
    ("epochs", "best", "patience", "ends"),
    [(0, 0, 2, False), (4, 2, 2, True), (3, 2, 2, False), (4, 1, 0, False), (5, 5, 0, True)],
)
def test_training_ends(epochs: int, best: int, patience: int, ends: bool) -> None:
    assert finished(_state(epochs, best), 5, patience) is ends


@pytest.mark.parametrize("wrong", [{"loss": float("nan")}, {"validation_loss": float("inf")}])
def test_a_training_that_diverges_is_stopped(wrong: dict[str, float]) -> None:
    (epoch,) = _state(1, 1).epochs
    require_finite(epoch)
    with pytest.raises(ModelError, match="has diverged: after epoch 1") as caught:
        require_finite(msgspec.structs.replace(epoch, **wrong))
    assert "learning_rate" in caught.value.hint


def test_a_checkpoint_keeps_every_bit(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "checkpoint.npz", "key")
    saved = _state(3, 2)
    checkpoint.save(saved)
    loaded = checkpoint.load()
    assert loaded is not None
    assert (loaded.epochs, loaded.best_number, loaded.seconds) == (saved.epochs, 2, 1.5)
    assert loaded.best_epoch == saved.epochs[1]
    for group in ("weights", "optimizer", "best"):
        pairs = zip(getattr(loaded, group), getattr(saved, group), strict=True)
        assert all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs)


def test_a_checkpoint_of_something_else_or_a_damaged_one_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    assert Checkpoint(path, "key").load() is None
    Checkpoint(path, "key").save(_state(1, 1))
    assert Checkpoint(path, "other key").load() is None
    whole = path.read_bytes()
    for keep in range(0, len(whole), 97):
        path.write_bytes(whole[:keep])
        assert Checkpoint(path, "key").load() is None
