"""How far what a device sees and answers has moved from what the network was trained on.

Population stability index: the sum of (p - q) log(p / q) over bins; below 0.1 nothing moved, above
0.25 it did (the usual bounds of credit scoring, e.g. Siddiqi, Credit Risk Scorecards, 2006).
Kolmogorov-Smirnov: the largest difference of the two cumulative distributions, here of binned
values; its bound for samples of n and m at level alpha is sqrt(-ln(alpha / 2) / 2 * (n + m) / nm).
Where values have no order, the index's own bound: of equal distributions in k bins it is about
chi-squared with k - 1 degrees of freedom times 1/n + 1/m (Yurdakul, 2018).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from tinyedge.errors import ConfigError
from tinyedge.link.payloads import MONITOR_BINS, MONITOR_CLASSES
from tinyedge.link.statistics import Counts
from tinyedge.oracle import Oracle
from tinyedge.results import DriftScore, Thresholds
from tinyedge.results.drift import State
from tinyedge.workspace import write_atomic

SAMPLES = 300
"""Of the training split, whose answers are counted."""
FEWEST = 50
"""Inferences below which nothing is judged."""
_LEAST_SHARE = 1e-4  # stands for an empty bin, so that the logarithm exists
_PER_BIN = 256 // MONITOR_BINS


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """statistics.json: the same counts over ``samples`` of the training split, by the reference."""

    schema: Literal["tinyedge-statistics/1"] = "tinyedge-statistics/1"
    sha256: str
    samples: int
    confidence: tuple[int, ...]
    classes: tuple[int, ...]
    inputs: tuple[int, ...]
    input_mean: float
    input_spread: float


def measure(
    tflite: bytes,
    sha256: str,
    samples: NDArray[np.int8],
    hear: Callable[[int, int], None] = lambda _done, _total: None,
) -> Statistics:
    """Count what the reference reads and answers; ``samples`` int8, one a row."""
    oracle = Oracle(tflite)
    confidence = np.zeros(MONITOR_BINS, np.int64)
    classes = np.zeros(MONITOR_CLASSES, np.int64)
    for number, sample in enumerate(samples):
        hear(number, len(samples))
        output = oracle.run([sample])[0].reshape(-1)
        confidence[_bins(output.max(keepdims=True))] += 1
        classes[min(int(output.argmax()), MONITOR_CLASSES - 1)] += 1
    answers = Statistics(
        sha256=sha256,
        samples=len(samples),
        confidence=tuple(confidence.tolist()),
        classes=tuple(classes.tolist()),
        inputs=(),
        input_mean=0.0,
        input_spread=0.0,
    )
    return with_inputs(answers, samples)


def with_inputs(answers: Statistics, samples: NDArray[np.int8]) -> Statistics:
    """``answers`` to the same ``samples`` as another model reads them: in its own scale."""
    counted = np.bincount(_bins(samples.reshape(-1)), minlength=MONITOR_BINS)
    return msgspec.structs.replace(
        answers,
        inputs=tuple(counted.tolist()),
        input_mean=float(samples.mean(dtype=np.float64)),
        input_spread=float(samples.std(dtype=np.float64)),
    )


def _bins(values: NDArray[np.int8]) -> NDArray[np.int64]:
    return (values.astype(np.int64) + 128) // _PER_BIN


def write(path: Path, found: Statistics) -> None:
    """Write the whole file or none."""
    write_atomic(path, msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")


def read(path: Path, sha256: str) -> Statistics | None:
    """Read it back; None if it is missing, damaged, or of another model."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Statistics)
    except (OSError, msgspec.DecodeError):
        return None
    return found if found.sha256 == sha256 else None


def psi(expected: Sequence[int], found: Sequence[int]) -> float:
    """Population stability index of two histograms with equal bins."""
    p, q = _shares(expected), _shares(found)
    return float(np.sum((q - p) * np.log(q / p)))


def _shares(counts: Sequence[int]) -> NDArray[np.float64]:
    shares = np.maximum(np.array(counts, np.float64) / max(1, sum(counts)), _LEAST_SHARE)
    result: NDArray[np.float64] = shares / shares.sum()
    return result


def ks(expected: Sequence[int], found: Sequence[int]) -> float:
    """Largest difference of the cumulative distributions of two histograms."""
    sides = [np.cumsum(counts) / max(1, sum(counts)) for counts in (expected, found)]
    return float(np.abs(sides[0] - sides[1]).max())


def ks_bound(n: int, m: int, chance: float = Thresholds().chance) -> float:
    """Which ``ks`` equal distributions exceed with that probability, of n and m samples."""
    return math.sqrt(-math.log(chance / 2) / 2 * (n + m) / (n * m))


def psi_bound(bins: int, n: int, m: int, chance: float = Thresholds().chance) -> float:
    """Which ``psi`` equal distributions exceed with that probability, of n and m samples.

    The quantile of chi-squared by Wilson and Hilferty's cube.
    """
    k, normal = max(1, bins - 1), -NormalDist().inv_cdf(chance)
    quantile = k * max(0.0, 1 - 2 / (9 * k) + normal * math.sqrt(2 / (9 * k))) ** 3
    return quantile * (1 / n + 1 / m)


def require(limits: Thresholds) -> None:
    """Raise ConfigError for a warning above its alarm, and for what no distance is above or below.

    NaN is neither, and nothing is above infinity: no alarm could rise.
    """
    pairs = {
        "--psi": (limits.psi_warning, limits.psi_alarm),
        "--ks": (limits.ks_warning, limits.ks_alarm),
    }
    for name, (warning, alarm) in pairs.items():
        if not (math.isfinite(warning) and math.isfinite(alarm)):
            raise ConfigError(
                f"{name} {warning:g} {alarm:g}: a threshold is to be a finite number",
                "write two from 0 on, the lower one first",
            )
        if warning > alarm:
            raise ConfigError(
                f"{name} {warning:g} {alarm:g}: the warning is above the alarm",
                f'write the lower one first: "{name} {alarm:g} {warning:g}"',
            )
    if not 0 < limits.chance < 1:
        raise ConfigError(
            f"--chance {limits.chance:g}: it is no probability",
            f"write one above 0 and below 1: {Thresholds().chance:g}, say",
        )


def judge(
    expected: Statistics, found: Counts, limits: Thresholds | None = None
) -> tuple[DriftScore, ...]:
    """A score for classes, confidence and inputs. Raises ConfigError for too few inferences.

    An alarm needs a PSI over its threshold and a distance that chance does not explain: of KS
    where values have an order, else of PSI itself. Values of one input depend on each other: for
    inputs each inference counts as one sample.
    """
    answered = found.inferences - found.failed
    if answered < FEWEST:
        raise ConfigError(
            f"{answered} inferences are too few to judge", f"wait for {FEWEST}, or feed samples"
        )
    limits, counts = limits or Thresholds(), (expected.samples, answered)
    return (
        _unordered("classes", expected.classes, found.classes, counts, limits),
        _ordered("confidence", expected.confidence, found.confidence, counts, limits),
        _ordered("inputs", expected.inputs, found.inputs, counts, limits),
    )


_Histogram = Sequence[int]


def _unordered(
    name: str, expected: _Histogram, found: _Histogram, counts: tuple[int, int], limits: Thresholds
) -> DriftScore:
    index = psi(expected, found)
    bins = sum(a + b > 0 for a, b in zip(expected, found, strict=True))
    moved = index > psi_bound(bins, *counts, limits.chance)
    state = _state(moved and index > limits.psi_warning, moved and index > limits.psi_alarm)
    return DriftScore(what=name, psi=round(index, 6), ks=None, ks_bound=None, state=state)


def _ordered(
    name: str, expected: _Histogram, found: _Histogram, counts: tuple[int, int], limits: Thresholds
) -> DriftScore:
    index, distance = psi(expected, found), ks(expected, found)
    bound = ks_bound(*counts, limits.chance)
    warning = index > limits.psi_warning and distance > max(bound, limits.ks_warning)
    alarm = index > limits.psi_alarm and distance > max(bound, limits.ks_alarm)
    return DriftScore(
        what=name,
        psi=round(index, 6),
        ks=round(distance, 6),
        ks_bound=round(bound, 6),
        state=_state(warning, alarm),
    )


def _state(warning: bool, alarm: bool) -> State:
    return "alarm" if alarm else "warning" if warning else "steady"
