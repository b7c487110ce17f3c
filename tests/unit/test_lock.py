"""One run at a time in a folder; what cannot be written is told; a lock dies with its process."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support import tiny_model
from tests.support.tools import CHECKOUT
from tinyedge import workspace
from tinyedge.cli import cli
from tinyedge.errors import TinyedgeError
from tinyedge.lock import LOCK, exclusive, handles

HOLD = """
import sys
from pathlib import Path
from tinyedge.lock import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def _holder(folder: Path) -> subprocess.Popen[str]:
    """Another process that has the folder."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def test_the_other_run_is_named_and_its_death_frees_the_folder(tmp_path: Path) -> None:
    child = _holder(tmp_path)
    try:
        with pytest.raises(TinyedgeError, match=rf"another run of tinyedge \(pid {child.pid}\)"):
            exclusive(tmp_path).__enter__()
    finally:
        child.kill()
        child.communicate()
    with exclusive(tmp_path), exclusive(tmp_path):
        assert int((tmp_path / LOCK).read_text()) == os.getpid()
    _holder(tmp_path).communicate(timeout=120)  # given back at the end of the with


def test_a_program_that_inherits_the_lock_keeps_it(tmp_path: Path) -> None:
    with exclusive(tmp_path):
        argv = [sys.executable, "-c", "import sys; sys.stdin.read()"]
        heir = subprocess.Popen(argv, stdin=subprocess.PIPE, pass_fds=handles())
    try:
        with pytest.raises(TinyedgeError, match="another run"):
            exclusive(tmp_path).__enter__()
    finally:
        heir.kill()
        heir.communicate()
    assert handles() == ()
    with exclusive(tmp_path):
        assert len(handles()) == 1


def test_a_verb_ends_with_the_message_and_writes_nothing(tmp_path: Path) -> None:
    path, build = tiny_model.write(tmp_path / "x.tflite"), tmp_path / "build"
    target = build / "x" / "aot" / "host"
    child = _holder(target)
    try:
        arguments = ["generate", str(path), "--board", "host", "--workspace", str(build)]
        done = CliRunner().invoke(cli, arguments)
    finally:
        child.kill()
        child.communicate()
    assert isinstance(done.exception, TinyedgeError)
    assert f"pid {child.pid}" in str(done.exception)
    assert [path.name for path in target.iterdir()] == [LOCK]


def test_a_folder_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TinyedgeError, match=r"file/x/\.lock could not be written: Not a directory"):
        exclusive(tmp_path / "file" / "x").__enter__()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_full_disk_and_a_read_only_folder_leave_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(_handle: int) -> None:
        raise OSError(number, os.strerror(number))

    workspace.write_atomic(tmp_path / "x", "old")
    monkeypatch.setattr(workspace.os, "fsync", refuse)
    with pytest.raises(TinyedgeError, match=rf"x could not be written: {os.strerror(number)}"):
        workspace.write_atomic(tmp_path / "x", "new")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("x", "old")]
