"""What moved between two results."""

import json
from pathlib import Path

import msgspec
import pytest

from tests.support import made_up
from tinyedge.errors import ConfigError
from tinyedge.results import AnchorsReport, BenchReport, ModelCounts, Spread, StepCounts
from tinyedge.results.compare import HostTimings, compare, read_timings

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


@pytest.mark.parametrize(
    ("fields", "over"),
    [
        ({"arena_bytes": 102}, False),
        ({"arena_bytes": 103}, True),
        ({"loads": 300}, True),
        ({"cycles": 1}, False),
        ({"mismatches": 1}, True),
        ({"steps": (msgspec.structs.replace(STEP, instructions=613),)}, True),
        ({"steps": (msgspec.structs.replace(STEP, instructions=612),)}, False),
    ],
)
def test_each_figure_fails_by_itself(fields: dict[str, object], over: bool) -> None:
    report = compare(_report(MODEL), _changed(**fields), 0.02)
    assert [change.over for change in report.changes] == [over]
    assert report.held == (not over)


def _timings(path: Path, node: str, median: float, best: float, q3: float) -> HostTimings:
    stats = {"min": best, "median": median, "q3": q3, "max": 9.0, "rounds": 5}
    benchmark = {"name": "test_compile", "stats": stats, "extra_info": {"loads": 7, "board": "b"}}
    machine = {"node": node, "cpu": {"count": 2}}
    path.write_text(json.dumps({"machine_info": machine, "benchmarks": [benchmark]}))
    found = read_timings(path)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("best", "median", "noise"), [(1.1, 1.5, True), (1.3, 1.5, False), (0.4, 0.5, False)]
)
def test_the_hosts_times_move_where_their_rounds_do_not_overlap(
    tmp_path: Path, best: float, median: float, noise: bool
) -> None:
    base = _timings(tmp_path / "a", "here", 1.1, 1.0, 1.2)
    report = compare(base, _timings(tmp_path / "b", "here", median, best, median), 0.02)
    (change,) = report.changes
    assert change.what == "test_compile on here: median us"
    assert (change.noise, change.over) == (noise, not noise and median > 1.1)
    assert report.compared == 2


def test_times_of_two_computers_are_not_compared(tmp_path: Path) -> None:
    base = _timings(tmp_path / "a", "here", 1.1, 1.0, 1.2)
    report = compare(base, _timings(tmp_path / "b", "there", 9.0, 9.0, 9.0), 0.02)
    assert (report.compared, report.changes, len(report.missing)) == (1, (), 2)


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
