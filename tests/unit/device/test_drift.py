"""Scores of drift: known values, chance, and what is too little to judge."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.updatable import network
from tinyedge.device import drift
from tinyedge.errors import ConfigError
from tinyedge.graph import read_tflite
from tinyedge.link.payloads import MONITOR_BINS, MONITOR_CLASSES
from tinyedge.link.protocol import Reset
from tinyedge.link.statistics import Counts
from tinyedge.oracle import Oracle
from tinyedge.results import Thresholds


def test_psi_is_the_sum_over_bins() -> None:
    # (0.6 - 0.5) ln(0.6 / 0.5) + (0.4 - 0.5) ln(0.4 / 0.5)
    assert drift.psi([50, 50], [60, 40]) == pytest.approx(0.0405465, abs=1e-6)
    assert drift.psi([3, 5, 2], [3, 5, 2]) == 0
    assert np.isfinite(drift.psi([10, 0], [0, 10]))


def test_ks_is_the_largest_step_between_the_two() -> None:
    assert drift.ks([1, 1, 1, 1], [1, 1, 1, 1]) == 0
    assert drift.ks([4, 0, 0, 0], [0, 0, 0, 4]) == 1
    assert drift.ks([2, 2, 0, 0], [1, 1, 1, 1]) == pytest.approx(0.5)


def test_the_bounds_are_rarely_exceeded_by_chance() -> None:
    rng = np.random.default_rng(1)
    shares = np.arange(1, 11) / 55
    over = {"psi": 0, "ks": 0}
    for _ in range(2000):
        a, b = rng.multinomial(300, shares), rng.multinomial(200, shares)
        over["psi"] += drift.psi(a, b) > drift.psi_bound(10, 300, 200)
        over["ks"] += drift.ks(a, b) > drift.ks_bound(300, 200)
    assert over["psi"] <= 25  # 2 expected; the index' tail is heavier, for bins with few samples
    assert over["ks"] <= 4


def _counts(statistics: drift.Statistics, inferences: int) -> Counts:
    scale = inferences / statistics.samples
    return Counts(
        inferences=inferences,
        failed=0,
        damaged=0,
        overruns=0,
        stack_peak=0,
        ticks_least=0,
        ticks_most=0,
        ticks=0,
        input_bytes=0,
        input_sum=0,
        input_squares=0,
        confidence=tuple(round(count * scale) for count in statistics.confidence),
        classes=tuple(round(count * scale) for count in statistics.classes),
        inputs=tuple(round(count * scale) for count in statistics.inputs),
        resets=(0,) * len(Reset),
    )


@pytest.fixture(scope="module")
def trained() -> drift.Statistics:
    samples = np.random.default_rng(2).integers(-128, 128, (120, 1, 6, 6, 3), np.int8)
    return drift.measure(network(1), "hash", samples)


def test_what_is_measured_is_what_the_reference_answers(trained: drift.Statistics) -> None:
    samples = np.random.default_rng(2).integers(-128, 128, (120, 1, 6, 6, 3), np.int8)
    oracle = Oracle(network(1))
    answers = [oracle.run([sample])[0].reshape(-1) for sample in samples]
    classes = np.bincount([int(answer.argmax()) for answer in answers], minlength=MONITOR_CLASSES)
    assert trained.classes == tuple(classes.tolist())
    assert sum(trained.confidence) == len(samples)
    assert sum(trained.inputs) == samples.size
    assert trained.inputs[0] == int((samples < -112).sum())
    assert trained.input_mean == pytest.approx(samples.mean(dtype=np.float64))
    assert read_tflite.read(network(1), "n").sha256 != "hash"


def test_the_same_distribution_is_steady_and_another_an_alarm(trained: drift.Statistics) -> None:
    same = _counts(trained, 240)
    assert {score.state for score in drift.judge(trained, same)} == {"steady"}
    moved = replace(same, inputs=(*same.inputs[8:], *same.inputs[:8]), confidence=(240, *[0] * 15))
    states = {score.what: score.state for score in drift.judge(trained, moved)}
    assert states["confidence"] == "alarm"
    other = replace(same, classes=(0,) * (MONITOR_CLASSES - 1) + (240,))
    assert drift.judge(trained, other)[0].state == "alarm"
    calm = Thresholds(psi_warning=100, psi_alarm=200)
    assert drift.judge(trained, other, calm)[0].state == "steady"
    between = Thresholds(psi_warning=0.1, psi_alarm=200)
    assert drift.judge(trained, other, between)[0].state == "warning"


def test_each_distance_has_its_thresholds_and_chance_its_own(trained: drift.Statistics) -> None:
    found = replace(_counts(trained, 240), confidence=(240, *[0] * 15))

    def confidence(**limits: float) -> str:
        return drift.judge(trained, found, Thresholds(**limits))[1].state

    score = drift.judge(trained, found)[1]
    assert score.ks is not None
    assert score.ks_bound is not None
    assert score.state == confidence(ks_alarm=score.ks - 0.01) == "alarm"
    assert confidence(ks_alarm=score.ks + 1e-5) == "warning"
    assert confidence(ks_warning=score.ks + 1e-5, ks_alarm=1) == "steady"
    for chance, bound in ((0.05, 1.3581), (0.01, 1.6276)):  # of tables, times sqrt(1/n + 1/m)
        got = drift.judge(trained, found, Thresholds(chance=chance))[1].ks_bound
        assert got == pytest.approx(bound * (1 / 120 + 1 / 240) ** 0.5, abs=1e-4)
    # chi-squared's 95 % quantile with 9 degrees of freedom is 16.919
    assert drift.psi_bound(10, 100, 100, 0.05) == pytest.approx(16.919 * 0.02, rel=2e-3)
    assert confidence(chance=1e-300) == "steady"
    with pytest.raises(ConfigError, match="the warning is above the alarm") as caught:
        drift.require(Thresholds(psi_warning=0.3))
    assert '"--psi 0.25 0.3"' in caught.value.hint
    for never in (
        Thresholds(psi_warning=np.nan, psi_alarm=np.nan),
        Thresholds(psi_alarm=np.inf),
        Thresholds(ks_warning=np.nan),
        Thresholds(ks_alarm=np.nan),
    ):
        with pytest.raises(ConfigError, match="is to be a finite number"):
            drift.require(never)
    with pytest.raises(ConfigError, match="--chance nan: it is no probability"):
        drift.require(Thresholds(chance=np.nan))


def test_too_few_inferences_are_not_judged(trained: drift.Statistics) -> None:
    with pytest.raises(ConfigError, match="too few"):
        drift.judge(trained, _counts(trained, 20))


def test_statistics_are_of_one_model(trained: drift.Statistics, tmp_path: Path) -> None:
    path = tmp_path / "statistics.json"
    assert drift.read(path, "hash") is None
    drift.write(path, trained)
    assert drift.read(path, "hash") == trained
    assert drift.read(path, "other") is None
    path.write_text("{")
    assert drift.read(path, "hash") is None
    assert len(trained.inputs) == MONITOR_BINS
