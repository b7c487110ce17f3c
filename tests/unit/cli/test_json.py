"""``--json -``: stdout has the result and nothing else."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tinyedge.cli import cli


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_stdout_holds_the_result_alone(name: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["stop", "--workspace", str(tmp_path), "--json", name])
    assert json.loads(done.stdout) == {"schema": "tinyedge-stop/1", "stopped": []}
    assert "no device is running" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_table_goes_to_stderr_then(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["boards", "--json", "-"])
    assert {board["id"] for board in json.loads(done.stdout)["boards"]} >= {"host"}
    assert "netduinoplus2" in done.stderr
    written = CliRunner().invoke(cli, ["boards", "--json", str(tmp_path / "boards.json")])
    assert "netduinoplus2" in written.stdout
    assert (tmp_path / "boards.json").read_text() == done.stdout
