"""Training on the device, each step repeated in numpy, and a decision by samples held out."""

from __future__ import annotations

import contextlib
import hashlib
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tinyedge.errors import CheckFailed, ConfigError, TinyedgeError
from tinyedge.learn.head import Head, Quantized
from tinyedge.learn.sgd import Outcome, Settings, Trainer
from tinyedge.learn.write import patched
from tinyedge.link.learning import Learning
from tinyedge.link.protocol import Decision
from tinyedge.link.session import Session
from tinyedge.oracle import Oracle
from tinyedge.results import AdaptEpoch
from tinyedge.samples import Samples, answered

Hear = Callable[[int, int, str], None]
"""Hears (done, total, what there is to see)."""
Runs = Callable[[bytes | None], None]
"""Hears which model the device runs from now on; None: the firmware's own."""


@dataclass(frozen=True)
class Plan:
    """How to train. ``epochs`` are in orders drawn by ``seed``; a fraction ``hold_out`` decides.

    ``decay``: the learning rate of an epoch is that of the one before, times this.
    """

    settings: Settings
    epochs: int
    decay: float
    hold_out: float
    seed: int


@dataclass(frozen=True)
class Adapted:
    """What came of it. ``tflite``: the model that the device runs now; None: the firmware's own.

    ``begun_learned``: whether it began with what the device had learned before. ``kept``: whether
    anything of this run stays. ``classes``: of the samples held out, by label: how many, right
    before, right after.
    """

    begun_learned: bool
    samples: int
    held_out: int
    accuracy_before: float
    accuracy_after: float
    kept: bool
    classes: dict[int, tuple[int, int, int]]
    epochs: tuple[AdaptEpoch, ...]
    ticks: float
    weights_equal: bool
    answers: int
    answers_differ: int
    tflite: bytes | None


def adapt(
    session: Session,
    tflite: bytes,
    head: Head,
    samples: Samples,
    *,
    plan: Plan,
    hear: Hear,
    runs: Runs = lambda _tflite: None,
    forget: bool = False,
) -> Adapted:
    """Train the layers ``head`` of the device's model on ``samples``, which have labels.

    It goes on from the weights that run: what the device has learned before, if it has; with
    ``forget`` from the firmware's own. The device keeps the weights of the epoch that is best on
    the samples held out, if they are better than those before; else the old ones run on, also if
    this ends early. ``runs`` hears at once what it began with, and each that it keeps, so that it
    knows what runs however this ends. Raises LinkError if the device goes or cannot learn,
    ConfigError if there are too few samples, CheckFailed if training diverges.
    """
    learning = Learning(session)
    if forget:
        learning.decide(Decision.RESET)
    learned = learned_head(learning, head)
    made = patched(tflite, learned) if learned else None
    runs(made)
    run = _Run(session, learning, tflite, learned or head, samples, plan, hear)
    before = best = run.evaluate("before", made)
    run.begin()
    epochs = []
    for number in range(plan.epochs):
        trial, told = run.epoch(number, best)
        epochs.append(told)
        if told.kept:
            best = trial
            runs(best.tflite)
    return run.adapted(before, best, tuple(epochs), begun_learned=learned is not None)


def held_out(samples: Samples, plan: Plan) -> NDArray[np.bool_]:
    """Of each sample, whether it decides and is never trained on.

    It is drawn by ``plan.seed`` and the sample's bytes, wherever the sample comes from: so no run
    is decided by what another has trained on.
    """

    def drawn(index: int) -> bool:
        digest = hashlib.sha256(f"{plan.seed}:".encode())
        for array in samples[index]:
            digest.update(array.tobytes())
        return int.from_bytes(digest.digest()[:8], "big") < plan.hold_out * 2.0**64

    return np.array([drawn(index) for index in range(len(samples))], bool)


def learned_head(learning: Learning, head: Head) -> Head | None:
    """What the device has learned, as it runs; None: the firmware's own weights, ``head``, run."""
    if not learning.runs_learned():
        return None
    return head.having(
        [
            Quantized(
                learning.weights(index, layer.outputs, layer.inputs),
                learning.bias(index, layer.outputs),
                learning.scales(index, layer.outputs),
            )
            for index, layer in enumerate(head.layers)
        ]
    )


@dataclass(frozen=True)
class _Held:
    """What a model (``tflite``; None: the firmware's own) answers to the samples held out."""

    tflite: bytes | None
    answers: tuple[bytes, ...]
    right: tuple[bool, ...]

    @property
    def accuracy(self) -> float:
        return sum(self.right) / len(self.right)


@dataclass
class _Run:
    session: Session
    learning: Learning
    tflite: bytes
    head: Head
    samples: Samples
    plan: Plan
    hear: Hear
    twin: Trainer = field(init=False)
    trained: NDArray[np.int64] = field(init=False)
    held_out: NDArray[np.int64] = field(init=False)
    done: int = 0
    same: bool = True
    ticks: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        count = len(self.samples)
        decide = held_out(self.samples, self.plan)
        held = int(decide.sum())
        if self.samples.labels is None or not 0 < held < count:
            raise ConfigError(
                f"{self.samples.source}: {count} labelled samples are too few to train on and to "
                "decide by",
                "give more, or another hold_out",
            )
        self.held_out, self.trained = np.flatnonzero(decide), np.flatnonzero(~decide)
        self.twin = Trainer(self.head, self.plan.settings)
        self._oracle = Oracle(self.tflite)
        self._features: dict[int, NDArray[np.int8]] = {}
        self._total = held + self.plan.epochs * count

    def begin(self) -> None:
        """Start training on the device."""
        s = self.plan.settings
        self.learning.begin(s.learning_rate, s.momentum, s.l2, s.batch)

    def epoch(self, number: int, best: _Held) -> tuple[_Held, AdaptEpoch]:
        """Train once on all samples, try what was learned; kept if it is better than ``best``."""
        loss, accuracy = self._train(number)
        if not all(np.isfinite(weights).all() for weights in self.twin.weights):
            raise _diverged()
        trial = self._trial(number, best.accuracy)
        return trial, AdaptEpoch(
            loss=loss,
            accuracy=accuracy,
            held_out_accuracy=trial.accuracy,
            kept=trial.accuracy > best.accuracy,
        )

    def adapted(
        self, before: _Held, best: _Held, epochs: tuple[AdaptEpoch, ...], *, begun_learned: bool
    ) -> Adapted:
        """What came of it, with the device's weights and answers compared."""
        return Adapted(
            begun_learned=begun_learned,
            samples=len(self.trained),
            held_out=len(self.held_out),
            accuracy_before=before.accuracy,
            accuracy_after=best.accuracy,
            kept=best is not before,
            classes=self._by_class(before, best),
            epochs=epochs,
            ticks=statistics.median(self.ticks),
            weights_equal=self.same and self._weights_equal(),
            answers=len(best.answers),
            answers_differ=self._differing(best),
            tflite=best.tflite,
        )

    def _trial(self, number: int, best: float) -> _Held:
        """Run what was learned, and keep it if its accuracy is better than ``best``.

        Whatever ends this early, the device is told to go back to what ran before.
        """
        try:
            self.learning.decide(Decision.APPLY)
            made = patched(self.tflite, self.twin.apply())
            held = self.evaluate(f"epoch {number + 1}, held out", made)
            self.learning.decide(Decision.KEEP if held.accuracy > best else Decision.UNDO)
        except BaseException:
            # if it cannot hear this, it goes back when the next session begins
            with contextlib.suppress(TinyedgeError):
                self.learning.decide(Decision.UNDO)
            raise
        return held

    def evaluate(self, what: str, tflite: bytes | None) -> _Held:
        """What the device, which runs ``tflite``, answers to the samples held out."""
        answers: list[bytes] = []
        right: list[bool] = []
        for number, index in enumerate(self.held_out):
            outputs = self.session.infer(self._inputs(index)).outputs
            answers.append(b"".join(outputs))
            answer = answered(np.frombuffer(outputs[0], np.int8))
            right.append(answer == self._label(index))
            self._tell(f"{what}: {sum(right) / (number + 1):.1%} right")
        return _Held(tflite, tuple(answers), tuple(right))

    def _by_class(self, before: _Held, after: _Held) -> dict[int, tuple[int, int, int]]:
        """Of each label held out: how many, right ``before``, right ``after``."""
        found: dict[int, tuple[int, int, int]] = {}
        for index, was, now in zip(self.held_out, before.right, after.right, strict=True):
            count, first, last = found.get(self._label(index), (0, 0, 0))
            found[self._label(index)] = (count + 1, first + was, last + now)
        return dict(sorted(found.items()))

    def _train(self, number: int) -> tuple[float, float]:
        """Train on all samples once: mean loss and accuracy before each step."""
        self._set_rate(number)
        seen: list[tuple[float, bool]] = []
        for index in self._order(number):
            outcome = self._step(int(index))
            loss = -float(np.log(max(outcome.probability, 1e-30)))
            seen.append((loss, outcome.predicted == self._label(index)))
            recent = seen[-50:]
            self._tell(
                f"epoch {number + 1}: loss {statistics.fmean(loss for loss, _ in recent):.3f}, "
                f"{sum(right for _, right in recent) / len(recent):.0%} right"
            )
        return statistics.fmean(loss for loss, _ in seen), sum(r for _, r in seen) / len(seen)

    def _set_rate(self, number: int) -> None:
        if number == 0 or self.plan.decay == 1:
            return
        rate = self.plan.settings.learning_rate * self.plan.decay**number
        self.learning.rate(rate)
        self.twin.rate(rate)

    def _weights_equal(self) -> bool:
        """Whether the device's float32 weights are the twin's, bit for bit."""
        return all(
            self.learning.real(index, layer.outputs, layer.inputs).tobytes() == weights.tobytes()
            for index, (layer, weights) in enumerate(
                zip(self.head.layers, self.twin.weights, strict=True)
            )
        )

    def _differing(self, held: _Held) -> int:
        """How many of the device's answers are not the reference's with the same model."""
        oracle = Oracle(held.tflite or self.tflite)
        expected = (
            b"".join(output.tobytes() for output in oracle.run(self.samples[int(index)]))
            for index in self.held_out
        )
        return sum(a != b for a, b in zip(held.answers, expected, strict=True))

    def _step(self, index: int) -> Outcome:
        label = self._label(index)
        learned = self.learning.sample(self._inputs(index), label)
        with np.errstate(over="ignore", invalid="ignore"):
            twin = self.twin.sample(self._read(index), label)
        if not np.isfinite(twin.probability):
            raise _diverged()
        self.same &= (learned.probability, learned.predicted) == (twin.probability, twin.predicted)
        self.ticks.append(learned.ticks)
        return twin

    def _read(self, index: int) -> NDArray[np.int8]:
        """What the reference's first trained layer reads."""
        if index not in self._features:
            self._oracle.run(self.samples[index])
            first = self.head.layers[0].op.inputs[0].index
            self._features[index] = self._oracle.tensors()[first].reshape(-1).copy()
        return self._features[index]

    def _order(self, number: int) -> Iterator[np.int64]:
        seed = (self.plan.seed, number)
        return iter(np.random.default_rng(seed).permutation(self.trained))

    def _inputs(self, index: int | np.int64) -> list[bytes]:
        return self.samples.payload(int(index))

    def _label(self, index: int | np.int64) -> int:
        assert self.samples.labels is not None
        return int(self.samples.labels[index])

    def _tell(self, text: str) -> None:
        self.done += 1
        self.hear(self.done, self._total, text)


def _diverged() -> CheckFailed:
    return CheckFailed(
        "training has diverged: weights beyond float32; the device runs those of before",
        "lower learning_rate, momentum or l2 in [adapt] of the recipe",
    )
