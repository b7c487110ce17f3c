"""Loss and accuracy of each epoch for TensorBoard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tinyedge.results import Epoch
from tinyedge.train.progress import Progress


class Logged(Progress):
    """Writes each epoch into ``folder`` and passes everything on."""

    def __init__(self, tf: Any, folder: Path, inner: Progress) -> None:
        self._tf, self._inner = tf, inner
        with tf.Graph().as_default():  # its writer for eager mode wants TensorBoard installed
            self._writer = tf.compat.v1.summary.FileWriter(str(folder))

    def started(self, epochs: int, batches: int, done: int) -> None:
        self._inner.started(epochs, batches, done)

    def batch(self, epoch: int, batch: int, loss: float, accuracy: float) -> None:
        self._inner.batch(epoch, batch, loss, accuracy)

    def epoch(self, result: Epoch) -> None:
        kind = self._tf.compat.v1.Summary
        values = [
            kind.Value(tag=name, simple_value=getattr(result, name))
            for name in ("loss", "accuracy", "validation_loss", "validation_accuracy")
        ]
        self._writer.add_summary(kind(value=values), result.epoch)
        self._writer.flush()
        self._inner.epoch(result)
