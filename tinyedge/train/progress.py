"""How training tells its caller how far it is."""

from __future__ import annotations

from tinyedge.results import Epoch


class Progress:
    """Called while training goes on; this one does nothing. Exceptions end the training."""

    def reading(self, done: int, total: int) -> None:
        """``done`` of the ``total`` files of the data set are read."""

    def started(self, epochs: int, batches: int, done: int) -> None:
        """Training is about to begin; ``done`` epochs were made by a run that was interrupted.

        It is called again for each stage that follows: pruning, clustering, quantization-aware.
        """

    def batch(self, epoch: int, batch: int, loss: float, accuracy: float) -> None:
        """``batch`` batches of ``epoch`` (from 1) are done; the figures are the epoch's so far."""

    def epoch(self, result: Epoch) -> None:
        """A whole epoch is done and its checkpoint is written."""
