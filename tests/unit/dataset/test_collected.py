"""A folder of collected frames is whole after every end of a run, and grows with the next."""

from pathlib import Path

import numpy as np
import pytest

from tests.support.data import needs_package
from tinyedge.dataset import picture_file
from tinyedge.dataset.collected import MANIFEST, Entry, Folder, check_label, folder_of
from tinyedge.dataset.kept import png
from tinyedge.errors import ConfigError

IMAGE = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)


def _add(folder: Folder, label: str, source: str) -> Path:
    needs_package("cv2")
    file = folder.next_file(label)
    entry = Entry(
        file=file, label=label, answer="b", score=0.5, source=source, stored="raw",
        size=(4, 5, 3), sha256="0" * 64, elf_sha256=None, ticks=7,
    )  # fmt: skip
    folder.add(png(IMAGE), entry)
    return folder.root / file


def test_pictures_are_kept_as_they_came_and_counted_on(tmp_path: Path) -> None:
    first = Folder(tmp_path / "out")
    path = _add(first, "a", "x")
    assert np.array_equal(picture_file.decode(path.read_bytes()), IMAGE)
    second = Folder(tmp_path / "out")
    assert second.entries == first.entries
    assert second.sources == {"x"}
    assert _add(second, "b", "y").name == "000001.png"
    assert len((tmp_path / "out" / MANIFEST).read_text().splitlines()) == 2


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    kept = _add(folder, "a", "x")
    with (tmp_path / MANIFEST).open("ab") as stream:
        stream.write(b'{"file": "a/0000')
    for name in ("000001.png", ".000001.png.q1w2"):
        (tmp_path / "a" / name).write_bytes(b"torn")
    (tmp_path / "a" / "mine.png").write_bytes(b"a user's")
    again = Folder(tmp_path)
    assert [entry.source for entry in again.entries] == ["x"]
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == [kept.name, "mine.png"]
    _add(again, "a", "y")
    assert [entry.source for entry in Folder(tmp_path).entries] == ["x", "y"]


def test_a_run_that_was_killed_before_its_first_line_is_none(tmp_path: Path) -> None:
    Folder(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "000000.png").write_bytes(b"whole, but not listed")
    assert Folder(tmp_path).entries == []
    assert not (tmp_path / "a" / "000000.png").exists()


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="holds other things"):
        Folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_sounds_and_pictures_are_not_mixed(tmp_path: Path) -> None:
    _add(Folder(tmp_path), "a", "x")
    with pytest.raises(ConfigError, match=r"other files than \.wav"):
        Folder(tmp_path, ".wav")
    assert len(Folder(tmp_path).entries) == 1
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    assert Folder(sounds, ".wav").next_file("a") == "a/000000.wav"
    (sounds / "a").mkdir()
    (sounds / "a" / "000000.wav").write_bytes(b"whole, but not listed")
    assert list(Folder(sounds, ".wav").root.glob("a/*")) == []


def test_a_manifest_of_another_kind_is_named(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text('{"file": 1}\n')
    with pytest.raises(ConfigError, match="not a manifest"):
        Folder(tmp_path)


@pytest.mark.parametrize(
    ("name", "folder"),
    [("T-shirt/top", "T-shirt-top"), ("../x", "x"), ("ünde", "nde"), ("..", "class"), ("7", "7")],
)
def test_a_class_gets_a_folder_of_its_own_name(name: str, folder: str) -> None:
    assert folder_of(name) == folder
    check_label(folder)


@pytest.mark.parametrize("label", ["", "..", "a/b", ".hidden", "-x", "a\nb"])
def test_a_label_that_names_no_folder_is_refused(label: str) -> None:
    with pytest.raises(ConfigError, match="cannot name a folder"):
        check_label(label)
