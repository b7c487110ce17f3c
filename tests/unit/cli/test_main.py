"""Every failure becomes a message and an exit code."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support import tiny_model
from tinyedge import cli as program
from tinyedge.errors import CheckFailed, ConfigError, LinkError


@pytest.mark.parametrize(
    ("failure", "code", "said"),
    [
        (ConfigError("what and where", "next step"), 2, "tinyedge: what and where\n  next step\n"),
        (CheckFailed("fell short", "next step"), 1, "tinyedge: fell short\n  next step\n"),
        (KeyboardInterrupt(), 130, "tinyedge: stopped; "),
        (SystemExit(1), 128 + signal.SIGPIPE, ""),  # click's and rich's, where nobody reads
        (SystemExit(3), 3, ""),
        (OSError(errno.ENOSPC, "No space left", "/build/x"), 2, "the disk is full (/build/x)\n"),
        (OSError(errno.EDQUOT, "Quota exceeded"), 2, "the disk is full\n  free space"),
        (OSError(errno.EIO, "I/O error"), 2, "a defect of tinyedge: OSError: [Errno 5] I/O error"),
        (ZeroDivisionError("oh"), 2, "a defect of tinyedge: ZeroDivisionError: oh\n  please"),
        (
            MemoryError(),
            2,
            "tinyedge: not enough memory\n  ask for fewer samples or",
        ),
    ],
)
def test_a_failure_is_told_without_a_traceback(
    failure: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(**_: object) -> None:
        raise failure

    monkeypatch.setattr(program, "cli", fail)
    monkeypatch.delenv("TINYEDGE_TRACEBACK", raising=False)
    with pytest.raises(SystemExit) as ended:
        program.main()
    assert ended.value.code == code
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told


def test_a_defect_shows_where_it_is_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "cli", lambda **_: 1 // 0)
    monkeypatch.setenv("TINYEDGE_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        program.main()


@pytest.mark.parametrize("verb", ["validate", "bench", "profile", "debug", "bridge", "report"])
def test_a_port_that_is_none_is_refused_before_any_work(verb: str, tmp_path: Path) -> None:
    model = str(tiny_model.write(tmp_path / "x.tflite"))
    arguments = [verb, model, "--board", "host", "--port", "/dev/nothing"]
    done = CliRunner().invoke(program.cli, [*arguments, "--workspace", str(tmp_path / "build")])
    assert isinstance(done.exception, LinkError)
    assert "there is no port /dev/nothing" in done.exception.message
    assert not (tmp_path / "build").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["inspect", "--feature", "leanr"], 'no feature "leanr"; did you mean "learn"?'),
        (["inspect", "--board", ""], 'there is no board ""'),
        (["validate", "--port", ""], "it is empty; name a port such as /dev/ttyUSB0"),
        (["bench", "--port", " "], "it is empty; name a port"),
        (
            ["flash", "--board", "host", "--port", "/dev/nothing"],
            "host is started here, not plugged",
        ),
        (["adapt", "--shift", "rotate=abc"], 'the shift "rotate=abc" is not allowed'),
        (["fit", "--max-width", "nan"], "nan is not a finite number"),
        (["fit", "--max-width", "inf"], "inf is not a finite number"),
        (["fit", "--latency-ms", "nan"], "nan is not a finite number"),
        (["stop", "--runtime", "foo"], "'foo' is not one of 'aot', 'tflm'"),
    ],
)
def test_wrong_input_is_refused_before_any_work(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    model = str(tiny_model.write(tmp_path / "x.tflite"))
    verb, *more = arguments
    done = CliRunner().invoke(
        program.cli, [verb, model, *more, "--workspace", str(tmp_path / "build")]
    )
    assert said in done.output + str(done.exception)
    assert not (tmp_path / "build").exists()


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "x.tflite").mkdir()
    done = CliRunner().invoke(program.cli, ["inspect", str(tmp_path / "x.tflite")])
    assert "x.tflite: that is a folder" in str(done.exception)


def test_output_that_nobody_reads_is_neither_a_success_nor_a_check_that_fell_short() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tinyedge", "--help"], stdout=writes, check=False
        )
    finally:
        os.close(writes)
    assert done.returncode == 128 + signal.SIGPIPE


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_are_no_defect(closed: str, tmp_path: Path) -> None:
    line = f'exec "$0" -m tinyedge stop --workspace "$1" {closed}'
    done = subprocess.run(
        ["sh", "-c", line, sys.executable, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_folder_that_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    monkeypatch.setattr(program, "cli", lambda **_: Path.cwd())
    with pytest.raises(SystemExit):
        program.main()
    assert "the current folder is gone\n  go to" in capsys.readouterr().err
