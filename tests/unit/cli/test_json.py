"""``--json``: a result or an error in its place; with ``-`` stdout has it and nothing else."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import pytest
from click.testing import CliRunner

from tinyedge import results
from tinyedge.cli import cli, main
from tinyedge.cli._options import json_option, save
from tinyedge.errors import CheckFailed
from tinyedge.results import ErrorReport, StopReport


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


def _main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """Run the program; return its exit code."""
    monkeypatch.setattr("sys.argv", ["tinyedge", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.mark.parametrize(
    ("arguments", "kind", "told"),
    [
        (["inspect", "none.tflite"], "config", "none.tflite: there is no such file"),
        (["inspect", "x.tflite"], "model", "x.tflite: 3 bytes are too few"),
        (["inspect", "x.tflite", "--runtime", "y"], "usage", "'y' is not one of"),
        (["compare", "x.tflite", "x.tflite"], "config", "x.tflite: not a result of tinyedge"),
    ],
)
def test_an_error_takes_the_place_of_a_result(
    arguments: list[str],
    kind: str,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with TemporaryDirectory() as folder:
        monkeypatch.chdir(folder)
        Path("x.tflite").write_text("not")
        Path("out.json").write_text("of an earlier run")
        assert _main(monkeypatch, *arguments, "--json", "out.json") == 2
        report = results.read(Path("out.json"), ErrorReport)
        assert (report.kind, report.exit_code) == (kind, 2)
        assert told in report.message
        printed = capsys.readouterr()
        assert report.message in printed.err
        assert not printed.out
        assert _main(monkeypatch, *arguments, "--json", "-") == 2
        assert capsys.readouterr().out == Path("out.json").read_text()
        monkeypatch.undo()


def test_a_result_that_fell_short_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fall_short(json_path: Path | None) -> None:
        save(json_path, StopReport(stopped=()))
        raise CheckFailed("fell short", "look")

    short = click.Command("short", params=[], callback=fall_short)
    monkeypatch.setattr("tinyedge.cli.stop.command", json_option(short))
    assert _main(monkeypatch, "stop", "--json", str(tmp_path / "x.json")) == 1
    assert results.read(tmp_path / "x.json", StopReport).stopped == ()


def test_a_result_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    arguments = ["--workspace", str(tmp_path), "--json", str(tmp_path / "file" / "x.json")]
    assert _main(monkeypatch, "stop", *arguments) == 2
    assert "x.json could not be written" in capsys.readouterr().err
