"""A training that takes seconds, for the tests of train and quantize."""

import signal
from pathlib import Path

from tests.support.data import needs_data, needs_package
from tinyedge import recipe
from tinyedge.results import Epoch
from tinyedge.train import Progress

EPOCHS = 3
STOPPED_AT = 20  # batches of an epoch


def short_recipe(folder: Path, **changes: str) -> recipe.Recipe:
    """digits-cnn with few epochs; ``changes`` are texts of its file -> others."""
    needs_package("tensorflow")
    needs_data("digits")
    text = recipe.load("digits-cnn").path.read_text()
    for old, new in {"epochs = 12": f"epochs = {EPOCHS}", **changes}.items():
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "recipe.toml"
    path.write_text(text)
    return recipe.read(path)


class Heard(Progress):
    """Keeps what it hears; presses Ctrl-C in the middle of the epoch after ``stop_after``."""

    def __init__(self, stop_after: int = -1) -> None:
        self.stop_after = stop_after
        self.done_before: int | None = None
        self.batches = 0
        self.epochs: list[Epoch] = []

    def started(self, epochs: int, batches: int, done: int) -> None:
        self.done_before = done

    def batch(self, epoch: int, batch: int, loss: float, accuracy: float) -> None:
        if epoch == self.stop_after + 1 and batch == STOPPED_AT:
            signal.raise_signal(signal.SIGINT)
        self.batches += 1

    def epoch(self, result: Epoch) -> None:
        self.epochs.append(result)
