"""One file after each epoch, from which an interrupted training goes on to the same weights."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tinyedge.results import Epoch
from tinyedge.workspace import write_atomic

Weights = tuple[NDArray[Any], ...]


@dataclass(frozen=True, eq=False)
class State:
    """All that a further epoch depends on, and the best weights so far (of ``best_number``)."""

    weights: Weights
    optimizer: Weights
    best: Weights
    best_number: int = 0  # from 1; 0: none yet
    epochs: tuple[Epoch, ...] = ()
    seconds: float = 0.0

    @property
    def best_epoch(self) -> Epoch | None:
        """The epoch with the lowest validation loss."""
        return self.epochs[self.best_number - 1] if self.best_number else None


class _Facts(msgspec.Struct, frozen=True):
    key: str
    best_number: int
    epochs: tuple[Epoch, ...]
    seconds: float


@dataclass(frozen=True)
class Checkpoint:
    """The file. ``key`` names what the training depends on; another's checkpoint is not taken."""

    path: Path
    key: str

    def save(self, state: State) -> None:
        """Write the state: the whole file or none."""
        facts = _Facts(self.key, state.best_number, state.epochs, state.seconds)
        arrays: dict[str, NDArray[Any]] = {
            f"{group}{number}": array
            for group in ("weights", "optimizer", "best")
            for number, array in enumerate(getattr(state, group))
        }
        arrays["facts"] = np.frombuffer(msgspec.json.encode(facts), np.uint8)
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)  # type: ignore[arg-type]
        write_atomic(self.path, buffer.getvalue())

    def load(self) -> State | None:
        """The state, or None if there is none, it is damaged or belongs to something else."""
        try:
            with np.load(self.path, allow_pickle=False) as file:
                arrays = dict(file)
            facts = msgspec.json.decode(arrays["facts"].tobytes(), type=_Facts)
            if facts.key != self.key:
                return None
            return State(
                weights=_group(arrays, "weights"),
                optimizer=_group(arrays, "optimizer"),
                best=_group(arrays, "best"),
                best_number=facts.best_number,
                epochs=facts.epochs,
                seconds=facts.seconds,
            )
        except (OSError, ValueError, EOFError, KeyError, IndexError, zipfile.BadZipFile):
            return None

    def remove(self) -> None:
        """Forget it."""
        self.path.unlink(missing_ok=True)


def _group(arrays: dict[str, NDArray[Any]], name: str) -> Weights:
    count = sum(key.startswith(name) for key in arrays)
    return tuple(arrays[f"{name}{number}"] for number in range(count))
