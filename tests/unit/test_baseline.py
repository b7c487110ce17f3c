"""The committed counts are of the models that the project carries."""

from pathlib import Path

import msgspec
import pytest

from tests.baseline import __main__ as baseline
from tests.baseline.networks import NETWORKS
from tests.support.tools import CHECKOUT
from tinyedge import results
from tinyedge.results import AnchorsReport
from tinyedge.workspace import sha256, write_atomic

CARRIED = {name: sha256(write()) for name, write in NETWORKS.items()}


@pytest.fixture(scope="module")
def committed() -> AnchorsReport:
    return results.read(baseline.BASELINE, AnchorsReport)


def test_networks_are_the_same_on_every_machine(committed: AnchorsReport) -> None:
    known = {one.model: one.sha256 for one in committed.models}
    for path in (CHECKOUT / "models").glob("*/golden/*.tflite"):
        assert known[path.stem] == sha256(path.read_bytes())
    assert {name: known[name] for name in CARRIED} == CARRIED


def test_every_model_is_counted_for_speed_and_for_size(committed: AnchorsReport) -> None:
    aims = {one.model: set() for one in committed.models}
    for one in committed.models:
        aims[one.model].add(one.optimize)
        assert sum(step.instructions for step in one.steps) == one.traced_instructions
        assert one.mismatches == 0
    assert all(found == {"speed", "size"} for found in aims.values())


def test_the_file_is_what_its_reader_reads(committed: AnchorsReport) -> None:
    assert baseline.BASELINE.read_text() == baseline.encode(committed)


@pytest.mark.parametrize(("factor", "code"), [(1.0, 0), (0.99, 0), (0.97, 1)])
def test_a_count_that_has_grown_fails(
    committed: AnchorsReport,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    factor: float,
    code: int,
) -> None:
    first, *others = committed.models
    smaller = msgspec.structs.replace(first, instructions=round(first.instructions * factor))
    base = msgspec.structs.replace(committed, models=(smaller, *others))
    write_atomic(tmp_path / "baseline.json", baseline.encode(base))
    monkeypatch.setattr(baseline, "BASELINE", tmp_path / "baseline.json")
    monkeypatch.setattr(baseline, "measure", lambda _paths, _workspace: committed)
    assert baseline.main(["--folder", str(tmp_path)]) == code


def test_a_model_without_committed_counts_fails(
    committed: AnchorsReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = msgspec.structs.replace(committed, models=committed.models[1:])
    write_atomic(tmp_path / "baseline.json", baseline.encode(base))
    monkeypatch.setattr(baseline, "BASELINE", tmp_path / "baseline.json")
    monkeypatch.setattr(baseline, "measure", lambda _paths, _workspace: committed)
    assert baseline.main(["--folder", str(tmp_path)]) == 1
