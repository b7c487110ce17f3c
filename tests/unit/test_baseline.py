"""The committed counts are of the models that the project carries."""

from pathlib import Path

import msgspec
import pytest

from tests.baseline import __main__ as baseline
from tests.baseline import boards as others
from tests.baseline.networks import NETWORKS
from tests.support.tools import CHECKOUT
from tinyedge import results
from tinyedge.results import AnchorsReport
from tinyedge.workspace import sha256, write_atomic

CORTEX_M4 = ["--board", "qemu-mps2-an386"]
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
    assert baseline.main([*CORTEX_M4, "--folder", str(tmp_path)]) == code


def test_a_model_without_committed_counts_fails(
    committed: AnchorsReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = msgspec.structs.replace(committed, models=committed.models[1:])
    write_atomic(tmp_path / "baseline.json", baseline.encode(base))
    monkeypatch.setattr(baseline, "BASELINE", tmp_path / "baseline.json")
    monkeypatch.setattr(baseline, "measure", lambda _paths, _workspace: committed)
    assert baseline.main([*CORTEX_M4, "--folder", str(tmp_path)]) == 1


BOARDS = pytest.mark.parametrize("board", others.BOARDS)


@BOARDS
def test_boards_count_the_models_that_every_checkout_has(board: str) -> None:
    counts = others.committed(board)
    known = {one.model: one.sha256 for one in counts if one.bundled}
    golden = (CHECKOUT / "models").glob("*/golden/*.tflite")
    expected = CARRIED | {path.stem: sha256(path.read_bytes()) for path in golden}
    chosen = others.BOARDS[board]
    assert known == {k: v for k, v in expected.items() if chosen is None or k in chosen}
    assert not any(one.mismatches for one in counts)
    assert (others.FOLDER / f"{board}.json").read_text() == others.encode(counts)


BOARD = "qemu-mps3-an547"


@pytest.mark.parametrize(("factor", "code"), [(1.0, 0), (0.99, 0), (0.97, 1)])
def test_a_board_whose_count_has_grown_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, factor: float, code: int
) -> None:
    first, *rest = found = others.committed(BOARD)
    smaller = msgspec.structs.replace(first, instructions=round(first.instructions * factor))
    monkeypatch.setattr(others, "FOLDER", tmp_path)
    others.write(BOARD, (smaller, *rest))
    monkeypatch.setattr(others, "measure", lambda *_: found)
    assert baseline.main(["--board", BOARD, "--folder", str(tmp_path)]) == code


def test_a_model_without_committed_counts_of_a_board_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = others.committed(BOARD)
    monkeypatch.setattr(others, "FOLDER", tmp_path)
    others.write(BOARD, found[1:])
    monkeypatch.setattr(others, "measure", lambda *_: found)
    assert baseline.main(["--board", BOARD, "--folder", str(tmp_path)]) == 1


def test_counts_of_models_that_are_not_here_are_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, *rest = others.committed(BOARD)
    elsewhere = msgspec.structs.replace(first, model="elsewhere", bundled=False)
    gone = msgspec.structs.replace(first, model="gone")
    monkeypatch.setattr(others, "FOLDER", tmp_path)
    others.write(BOARD, (first, elsewhere, gone))
    others.write(BOARD, (first, *rest))
    assert others.committed(BOARD) == (first, *rest, elsewhere)


def test_what_is_not_here_is_not_compared(
    committed: AnchorsReport,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    here = tuple(one for one in committed.models if one.tflm is None)
    found = msgspec.structs.replace(committed, models=here)
    monkeypatch.setattr(baseline, "measure", lambda _paths, _workspace: found)
    assert baseline.main([*CORTEX_M4, "--folder", str(tmp_path)]) == 0
    bundled = tuple(one for one in others.committed(BOARD) if one.bundled)
    monkeypatch.setattr(others, "measure", lambda *_: bundled)
    assert baseline.main(["--board", BOARD, "--folder", str(tmp_path)]) == 0
    assert "is not in the new result" not in "".join(capsys.readouterr())
