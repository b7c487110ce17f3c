"""Results are written whole, read back equal, and refuse what is not theirs."""

from pathlib import Path

import msgspec
import pytest

from tinyedge import results
from tinyedge.cli import VERBS
from tinyedge.errors import ConfigError

STOP = results.StopReport(stopped=("socket://127.0.0.1:1",))


def test_every_verb_has_a_result_and_a_schema_of_its_name() -> None:
    # "boards doctor" has a result of its own, and "board new" writes no other file than the board.
    # "validate" writes "fleet" where it is given several ports.
    # "monitor --drift" writes "drift"; "update" and "rollback" write what "versions" does.
    written = set(results.VERBS) - {"doctor", "drift", "fleet"}
    assert written == set(VERBS) - {"board", "update", "rollback"}
    for verb, kind in results.VERBS.items():
        assert results.schema_of(kind) == f"tinyedge-{verb}/1"
        assert results.json_schema(verb)["$ref"] == f"#/$defs/{kind.__name__}"


def test_written_results_say_their_schema_and_read_back_equal(tmp_path: Path) -> None:
    path = tmp_path / "stop.json"
    results.write(path, STOP)
    assert msgspec.json.decode(path.read_bytes())["schema"] == "tinyedge-stop/1"
    assert results.read(path, results.StopReport) == STOP


@pytest.mark.parametrize(
    "data", [b"", b"{", b'{"schema": "tinyedge-stop/2", "stopped": []}', b'{"stopped": 3}']
)
def test_a_damaged_or_newer_result_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "stop.json"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=r"stop\.json: not a tinyedge-stop/1 result"):
        results.read(path, results.StopReport)


def test_a_missing_result_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.json: No such file"):
        results.read(tmp_path / "none.json", results.StopReport)


def test_what_the_harness_reads_is_in_the_schemas() -> None:
    bench = results.json_schema("bench")["$defs"]["BenchReport"]["required"]
    assert {
        *("model", "sha256", "board", "runtime", "macs", "ticks", "tick_unit", "arena_bytes"),
        *("stack_peak_bytes", "flash_code_bytes", "flash_weights_bytes", "flash_total_bytes"),
        "ram_static_bytes",
    } <= set(bench)
    validate = results.json_schema("validate")["$defs"]["ValidateReport"]["required"]
    assert {
        *("samples", "mismatches", "device_accuracy", "host_accuracy", "samples_per_second"),
    } <= set(validate)
