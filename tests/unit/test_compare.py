"""What moved between two results."""

import msgspec
import pytest

from tests.support import made_up
from tinyedge.compare import compare
from tinyedge.errors import ConfigError
from tinyedge.results import AnchorsReport, BenchReport, ModelCounts, Spread, StepCounts

STEP = StepCounts(
    index=0,
    name="CONV_2D",
    kernel="te_conv2d",
    output_shape=(1, 4, 4, 8),
    macs=500,
    instructions=600,
    loads=200,
    cycles=900,
    instructions_per_mac=1.2,
    loads_per_mac=0.4,
    cycles_per_mac=1.8,
    tflm_instructions=None,
    tflm_per_mac=None,
)
MODEL = ModelCounts(
    model="small",
    sha256=made_up.SHA,
    optimize="speed",
    macs=500,
    instructions=1000,
    traced_instructions=975,
    outside_instructions=25,
    loads=200,
    cycles=900,
    arena_bytes=100,
    flash_code_bytes=3000,
    flash_runtime_bytes=2000,
    flash_weights_bytes=500,
    samples=2,
    mismatches=0,
    steps=(STEP,),
    tflm=None,
)


def _report(*models: ModelCounts) -> AnchorsReport:
    return AnchorsReport(
        board="qemu-mps2-an386", compiler="gcc", tflm_source="", models=models, held=True
    )


def _changed(**fields: object) -> AnchorsReport:
    return _report(msgspec.structs.replace(MODEL, **fields))


def _bench(median: float, least: float, most: float) -> BenchReport:
    spread = Spread(median=median, min=least, max=most)
    return msgspec.structs.replace(made_up.bench(), ticks=spread)


def test_nothing_moved() -> None:
    report = compare(_report(MODEL), _report(MODEL), 0.02)
    assert (report.changes, report.missing, report.held) == ((), (), True)
    assert report.compared == 9


@pytest.mark.parametrize(("after", "held"), [(1020, True), (1021, False), (500, True)])
def test_instructions_may_grow_up_to_the_limit(after: int, held: bool) -> None:
    report = compare(_report(MODEL), _changed(instructions=after), 0.02)
    (change,) = report.changes
    assert (change.before, change.after, change.noise) == (1000, after, False)
    assert change.growth == pytest.approx(after / 1000 - 1)
    assert change.over == (not held)
    assert report.held == held


def test_sizes_and_steps_are_told_but_do_not_fail() -> None:
    step = msgspec.structs.replace(STEP, instructions=700)
    report = compare(_report(MODEL), _changed(arena_bytes=200, steps=(step,)), 0.02)
    assert [change.what.split(": ", 1)[1] for change in report.changes] == [
        "arena_bytes",
        "0 CONV_2D: instructions",
    ]
    assert report.held


def test_a_model_with_other_weights_is_another() -> None:
    report = compare(_report(MODEL), _changed(sha256="f" * 64, instructions=9999), 0.02)
    assert (report.compared, report.changes) == (0, ())
    assert len(report.missing) == 18
    assert "small (01234567), speed: instructions is not in the new result" in report.missing
    assert "small (ffffffff), speed: instructions is not in the base" in report.missing


def test_time_counts_only_where_the_ranges_do_not_overlap() -> None:
    noisy = compare(_bench(100, 90, 130), _bench(120, 110, 150), 0.02)
    assert [(change.noise, change.over) for change in noisy.changes] == [(True, False)]
    clear = compare(_bench(100, 90, 105), _bench(120, 110, 150), 0.02)
    assert [(change.noise, change.over) for change in clear.changes] == [(False, True)]


def test_results_of_two_kinds_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"tinyedge-bench-anchors/1 .* cannot be compared"):
        compare(_report(MODEL), _bench(1, 1, 1), 0.02)
