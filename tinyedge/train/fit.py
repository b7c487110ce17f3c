"""The training loop: epoch by epoch, each a function of the state before it and the seed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge.backend import Backend, held
from tinyedge.dataset import Dataset, Split
from tinyedge.dataset.types import permutation
from tinyedge.errors import ModelError
from tinyedge.recipe import Augment, Recipe, Training
from tinyedge.results import Epoch
from tinyedge.train import architectures, augment, tasks
from tinyedge.train.architectures import Task
from tinyedge.train.batches import batches
from tinyedge.train.checkpoint import Checkpoint, State, Weights
from tinyedge.train.progress import Progress

_EPOCH_SEEDS = 1_000_003  # a prime apart, so that no two recipes' seeds share their epochs' orders


@dataclass(frozen=True, eq=False)
class Course:
    """How a model is trained: settings, data, task, and callbacks of Keras' for each epoch."""

    training: Training
    dataset: Dataset
    task: Task
    callbacks: tuple[Any, ...] = ()
    augment: Augment | None = None

    @property
    def steps(self) -> int:
        """Batches an epoch."""
        return math.ceil(len(tasks.learned(self.dataset.train, self.task)) / self.training.batch)


def fresh(backend: Backend, recipe: Recipe, dataset: Dataset) -> Any:
    """The recipe's network with its first weights, which its seed fixes."""
    backend.keras.backend.clear_session()
    backend.keras.utils.set_random_seed(recipe.training.seed)
    return architectures.build(recipe, backend.keras, dataset.shape, len(dataset.classes))


def fit(
    backend: Backend, model: Any, course: Course, checkpoint: Checkpoint, progress: Progress
) -> State:
    """Train to the end, or to where it no longer gets better; write a checkpoint each epoch.

    Ctrl-C is heard after a batch.
    """
    training = course.training
    with held() as check:
        _compile(backend.keras, model, course)
        loop = _Loop(backend, model, course, progress, check)
        state = checkpoint.load() or loop.start()
        loop.restore(state)
        progress.started(training.epochs, course.steps, len(state.epochs))
        while not finished(state, training.epochs, training.patience):
            state = loop.epoch(state)
            checkpoint.save(state)
            progress.epoch(state.epochs[-1])
    return state


def finished(state: State, epochs: int, patience: int) -> bool:
    """Whether all epochs are done, or ``patience`` of them (0: no limit) brought nothing."""
    done = len(state.epochs)
    return done >= epochs or 0 < patience <= done - state.best_number


def class_weights(split: Split, course: Course) -> dict[int, float] | None:
    """What a sample of each class counts, if the recipe wants them balanced; 1 on average."""
    if course.training.class_weights == "equal" or course.task != "classify":
        return None
    counts = np.bincount(split.labels)
    return {label: len(split) / (len(counts) * int(n)) for label, n in enumerate(counts)}


def _compile(keras: Any, model: Any, course: Course) -> None:
    training = course.training
    rate: Any = training.learning_rate
    if training.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, course.steps * training.epochs)
    elif training.schedule == "linear":
        rate = keras.optimizers.schedules.PolynomialDecay(
            rate, course.steps * training.epochs, end_learning_rate=0.0
        )
    tasks.compile_model(keras, model, optimizer(keras, training, rate), course.task)
    model.optimizer.build(model.trainable_variables)


def optimizer(keras: Any, training: Training, rate: Any) -> Any:
    """Keras' optimizer of that name; ``rate`` is the learning rate or its schedule."""
    kinds = keras.optimizers
    if training.optimizer == "momentum":
        return kinds.SGD(rate, momentum=training.momentum)
    if training.optimizer == "adamw":
        return kinds.AdamW(rate, weight_decay=training.weight_decay)
    return {"adam": kinds.Adam, "sgd": kinds.SGD, "rmsprop": kinds.RMSprop}[training.optimizer](
        rate
    )


def require_finite(epoch: Epoch) -> None:
    """Raise ModelError where training has diverged: from there on nothing is learned."""
    if not math.isfinite(epoch.loss) or not math.isfinite(epoch.validation_loss):
        raise ModelError(
            f"training has diverged: after epoch {epoch.epoch} the loss is {epoch.loss:g}, in "
            f"validation {epoch.validation_loss:g}",
            "lower learning_rate, of [training] or of the compression stage that was running",
        )


@dataclass(frozen=True, eq=False)
class _Loop:
    backend: Backend
    model: Any
    course: Course
    progress: Progress
    check: Callable[[], None]  # raises KeyboardInterrupt after Ctrl-C

    def start(self) -> State:
        """The state before the first epoch."""
        weights, optimizer = self._weights()
        return State(weights, optimizer, best=weights)

    def restore(self, state: State) -> None:
        """Put the state into the model and its optimizer."""
        self.model.set_weights(state.weights)
        variables = self.model.optimizer.variables
        for variable, value in zip(variables, state.optimizer, strict=True):
            variable.assign(value)

    def epoch(self, before: State) -> State:
        """One pass over the training split."""
        started = time.monotonic()
        number = len(before.epochs) + 1
        result = self._pass(number)
        weights, optimizer = self._weights()
        best = before.best_epoch
        better = best is None or result.validation_loss < best.validation_loss
        return State(
            weights,
            optimizer,
            best=weights if better else before.best,
            best_number=number if better else before.best_number,
            epochs=(*before.epochs, result),
            seconds=before.seconds + time.monotonic() - started,
        )

    def _weights(self) -> tuple[Weights, Weights]:
        optimizer = (variable.numpy() for variable in self.model.optimizer.variables)
        return tuple(self.model.get_weights()), tuple(optimizer)

    def _pass(self, number: int) -> Epoch:
        dataset, task = self.course.dataset, self.course.task
        seed = (self.course.training.seed * _EPOCH_SEEDS + number) % 2**32
        learned = tasks.learned(dataset.train, task)
        self._reseed(seed)
        history = self.model.fit(
            # the order is the epoch's own, so that a later run can go on with it
            self._batches(
                dataset.train, learned[permutation(len(learned), seed)], self._transforms(seed)
            ),
            class_weight=class_weights(dataset.train, self.course),
            validation_data=self._batches(
                dataset.validation, tasks.learned(dataset.validation, task)
            ),
            callbacks=[
                self._told(number),
                *self.course.callbacks,
            ],
            verbose=0,
        ).history
        result = Epoch(
            epoch=number,
            loss=history["loss"][0],
            accuracy=history["accuracy"][0],
            validation_loss=history["val_loss"][0],
            validation_accuracy=history["val_accuracy"][0],
        )
        require_finite(result)
        return result

    def _batches(
        self,
        split: Split,
        order: NDArray[np.int64],
        transforms: NDArray[np.float32] | None = None,
    ) -> Any:
        size, task = self.course.training.batch, self.course.task
        return batches(self.backend.tf, split, size, order, task, transforms=transforms)

    def _transforms(self, seed: int) -> NDArray[np.float32] | None:
        if self.course.augment is None:
            return None
        height, width, _ = self.course.dataset.shape
        count = len(tasks.learned(self.course.dataset.train, self.course.task))
        return augment.draw(self.course.augment, count, (height, width), seed)

    def _reseed(self, seed: int) -> None:
        """Let layers that draw (dropout, noise) draw the epoch's own numbers."""
        random = self.backend.keras.__internal__.layers.BaseRandomLayer
        if any(isinstance(layer, random) for layer in self.model.submodules):
            self.backend.keras.utils.set_random_seed(seed)
            self.model.make_train_function(force=True)  # the generators are in the traced graph

    def _told(self, number: int) -> Any:
        """What Keras calls after each batch."""
        loop = self

        class Told(self.backend.keras.callbacks.Callback):  # type: ignore[name-defined,misc]
            def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
                loop.progress.batch(number, batch + 1, logs["loss"], logs["accuracy"])
                loop.check()

            def on_test_batch_end(self, *_: object) -> None:
                loop.check()

        return Told()
