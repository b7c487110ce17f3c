"""Files get where they belong whole, or not at all, and are vouched for."""

import fcntl
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tinyedge import workspace
from tinyedge.errors import TinyedgeError


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """The system refuses to write more than so many bytes to a file, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_write_that_breaks_off_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "model.tflite"
    workspace.write_atomic(path, "old")
    with room_for(4096), pytest.raises(TinyedgeError) as caught:
        workspace.write_atomic(path, bytes(10_000))
    caught.match(f"{path} could not be written: .*\n  free space or choose another folder")
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        workspace.write_atomic(pipe, "whole")
        assert os.read(reader, 100) == b"whole"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    link, target = tmp_path / "link", tmp_path / "there" / "result.json"
    link.symlink_to(target)
    for text in ("first", "second"):
        workspace.write_atomic(link, text)
        assert (link.readlink(), target.read_text()) == (target, text)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TinyedgeError, match=r"file/model\.tflite could not be written: "):
        workspace.write_atomic(tmp_path / "file" / "model.tflite", b"")


def test_a_tree_holds_what_is_listed_and_what_is_kept(tmp_path: Path) -> None:
    workspace.write_tree(tmp_path, {"a.c": "1", "old/b.c": "2"})
    (tmp_path / "managed").mkdir()
    (tmp_path / "managed" / "x").write_text("3")
    unchanged = (tmp_path / "a.c").stat().st_mtime_ns
    workspace.write_tree(tmp_path, {"a.c": "1", "c.c": "4"}, keep=["managed"])
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"a.c", "c.c", "managed/x"}
    assert (tmp_path / "a.c").stat().st_mtime_ns == unchanged


def test_a_tree_stays_in_its_folder(tmp_path: Path) -> None:
    with pytest.raises(TinyedgeError, match="refusing to write"):
        workspace.write_tree(tmp_path / "in", {"../out": "x"})
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("damage", ["", "half", None])
def test_a_stamp_vouches_only_for_what_is_unchanged(tmp_path: Path, damage: str | None) -> None:
    made, stamp = tmp_path / "model.npz", tmp_path / "stamp.json"
    made.write_text("whole")
    assert not workspace.is_current(stamp, "key")
    workspace.write_stamp(stamp, "key", [made])
    assert workspace.is_current(stamp, "key")
    assert not workspace.is_current(stamp, "another key")
    made.unlink() if damage is None else made.write_text(damage)
    assert not workspace.is_current(stamp, "key")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"key": "key", "files": 3}'])
def test_a_damaged_stamp_vouches_for_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "stamp.json").write_text(text)
    assert not workspace.is_current(tmp_path / "stamp.json", "key")


def test_what_a_killed_writer_left_goes_with_the_next_write(tmp_path: Path) -> None:
    path = tmp_path / "model.c"
    left, living, other = (
        tmp_path / f".{name}.abcd_12{end}"
        for name, end in (("model.c", "3"), ("model.c", "4"), ("weights.c", "3"))
    )
    for each in (left, living, other):
        each.write_text("half")
        os.utime(each, (0, 0))
    with living.open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        workspace.write_atomic(path, "whole")
        assert {entry.name for entry in tmp_path.iterdir()} == {path.name, living.name, other.name}
    workspace.write_atomic(path, "whole")
    assert {entry.name for entry in tmp_path.iterdir()} == {path.name, other.name}
