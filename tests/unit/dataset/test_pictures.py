"""Folders of pictures: read whole, split the same way, damage skipped and listed."""

from pathlib import Path

import numpy as np
import pytest

from tests.support.pictures import CLASSES, data, folder
from tinyedge import dataset
from tinyedge.dataset import picture_file, store
from tinyedge.errors import ConfigError, TinyedgeError

RECIPE = Path("recipe.toml")


def _load(root: Path, cache: Path | None = None, **changes: object) -> dataset.Dataset:
    return dataset.load(data(root, **changes), RECIPE, cache)


def _reasons(loaded: dataset.Dataset) -> dict[str, str]:
    return {file.path: file.reason for file in loaded.skipped}


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp"])
@pytest.mark.parametrize("channels", [1, 3])
def test_formats_sizes_and_colours_become_the_recipe_s(
    tmp_path: Path, suffix: str, channels: int
) -> None:
    root = folder(tmp_path, suffix=suffix, channels=channels)
    for wanted in (1, 3):
        loaded = _load(root, channels=wanted)
        assert loaded.shape == (6, 8, wanted)
        assert loaded.classes == CLASSES
        sizes = [len(part) for part in (loaded.train, loaded.validation, loaded.test)]
        assert sizes == [8, 4, 4]
        for part in (loaded.train, loaded.validation, loaded.test):
            means = part.raw.reshape(len(part), -1).mean(axis=1)
            assert np.array_equal(means < 120, part.labels == 1)
        assert not loaded.skipped


def test_red_comes_first(tmp_path: Path) -> None:
    import cv2  # noqa: PLC0415 - an extra

    root = folder(tmp_path)
    for path in root.rglob("*.png"):
        cv2.imwrite(str(path), np.full((4, 4, 3), (10, 20, 200), np.uint8))  # blue, green, red
    assert _load(root).train.raw[0, 0, 0].tolist() == [200, 20, 10]


def test_splits_are_disjoint_and_fixed_by_the_seed(tmp_path: Path) -> None:
    root = folder(tmp_path)
    first, again, other = _load(root), _load(root), _load(root, seed=2)
    assert first.fingerprint == again.fingerprint != other.fingerprint
    parts = (first.train, first.validation, first.test)
    rows = [bytes(row) for part in parts for row in part.raw.reshape(len(part), -1)]
    assert len(set(rows)) == 16


def test_splits_by_folder_are_kept(tmp_path: Path) -> None:
    for name, each in (("train", 8), ("val", 3), ("test", 2)):
        folder(tmp_path / name, each)
    loaded = _load(tmp_path, test=None)
    sizes = [len(part) for part in (loaded.train, loaded.validation, loaded.test)]
    assert sizes == [16, 6, 4]
    for part in tmp_path.glob("val/*/*"):
        part.unlink()
    (tmp_path / "val").rename(tmp_path / "unused")
    loaded = _load(tmp_path, test=None)
    assert [len(part) for part in (loaded.train, loaded.validation)] == [12, 4]


def test_what_is_damaged_or_foreign_is_skipped_and_listed(tmp_path: Path) -> None:
    root = folder(tmp_path)
    jpeg = folder(tmp_path / "x", suffix=".jpg") / "dark" / "00.jpg"
    photo, png = jpeg.read_bytes(), (root / "dark" / "07.png").read_bytes()
    for path in (tmp_path / "x").rglob("*.jpg"):
        path.unlink()
    bmp = folder(tmp_path / "y", 1, suffix=".bmp") / "dark" / "00.bmp"
    bitmap = bmp.read_bytes()
    flipped = bytearray(png)
    flipped[len(png) // 2] ^= 1
    wrong = {
        "dark/cut.jpg": (photo[:-20], "truncated JPEG"),
        "dark/cut2.jpg": (photo[:30], "truncated or damaged JPEG"),
        "dark/cut.png": (png[:-20], "truncated PNG"),
        "dark/flipped.png": (bytes(flipped), "damaged PNG (checksum)"),
        "dark/cut.bmp": (bitmap[:-9], "truncated BMP"),
        "dark/empty.png": (b"", "empty file"),
        "dark/text.png": (b"not a picture", "neither JPEG, PNG nor BMP"),
        "dark/notes.txt": (b"x", "not .jpg, .jpeg, .png, .bmp"),
        "dark/.hidden.png": (png, "not .jpg, .jpeg, .png, .bmp"),
        "README": (b"x", "in no class's folder"),
    }
    for name, (content, _) in wrong.items():
        (root / name).write_bytes(content)
    loaded = _load(root, classes=CLASSES)
    assert _reasons(loaded) == {name: reason for name, (_, reason) in wrong.items()}
    assert sum(map(len, (loaded.train, loaded.validation, loaded.test))) == 16


def test_a_picture_of_another_name_is_read_by_its_content(tmp_path: Path) -> None:
    root = folder(tmp_path)
    (root / "dark" / "00.png").rename(root / "dark" / "00.jpg")
    assert not _load(root).skipped


def test_a_size_that_no_memory_holds_is_refused() -> None:
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0\x0f\xff\xff" * 2 + b"\x08\2\0\0\0"
    import zlib  # noqa: PLC0415

    whole = header + zlib.crc32(header[12:]).to_bytes(4, "big")
    with pytest.raises(ValueError, match="1048575 x 1048575 pixels"):
        picture_file.decode(whole)


def test_a_class_with_too_few_is_an_error_that_counts(tmp_path: Path) -> None:
    root = folder(tmp_path)
    with pytest.raises(TinyedgeError, match=r'fewer than 9 files of class "bright" 8, "dark" 8'):
        _load(root, minimum=9)
    for number in range(3):
        (root / "dark" / f"{number:02}.png").write_bytes(b"")
    with pytest.raises(TinyedgeError, match=r'of class "dark" 5; 3 files were skipped'):
        _load(root, minimum=6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"path": "none"}, "there is no .*none"),
        ({"size": None}, '"data.size" is missing'),
        ({"test": None}, '"data.test" is missing'),
        ({"classes": ("bright", "drak")}, 'no subfolder "drak"; did you mean "dark"'),
        ({"classes": ("bright",)}, "not two or more different ones: bright"),
        ({"test": 0.01}, "test split has no sample of class"),
    ],
)
def test_a_recipe_that_does_not_match_the_folder_is_refused(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    root = folder(tmp_path)
    with pytest.raises(TinyedgeError, match=message):
        _load(root, **changes)


def test_a_class_that_only_a_test_folder_has_is_refused(tmp_path: Path) -> None:
    folder(tmp_path / "train")
    (folder(tmp_path / "test") / "dim").mkdir()
    with pytest.raises(ConfigError, match=r'dim is of no class: the train folder has no "dim"'):
        _load(tmp_path, test=None)


def test_further_subfolders_can_make_up_one_class(tmp_path: Path) -> None:
    root = folder(tmp_path)
    (folder(tmp_path / "more") / "dark").rename(root / "dim")
    for path in (tmp_path / "more").rglob("*.png"):
        path.unlink()
    loaded = _load(root, classes=("bright",), others="rest", minimum=2)
    assert loaded.classes == ("bright", "rest")
    parts = (loaded.train, loaded.validation, loaded.test)
    assert np.bincount(np.concatenate([part.labels for part in parts])).tolist() == [8, 16]


def test_samples_are_read_once_and_mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, cache = folder(tmp_path / "in"), tmp_path / "kept"
    heard: list[tuple[int, int]] = []
    first = dataset.load(data(root), RECIPE, cache, lambda *at: heard.append(at))
    assert heard == [(0, 16), (16, 16)]
    assert isinstance(first.train.raw, np.memmap)
    assert first.fingerprint == _load(root).fingerprint
    read: list[Path] = []
    whole = store._read
    monkeypatch.setattr(store, "_read", lambda how, path: read.append(path) or whole(how, path))
    assert _load(root, cache).fingerprint == first.fingerprint
    assert not read
    kept = cache / "samples.bin"
    kept.write_bytes(kept.read_bytes()[:-1] + b"\0")
    assert _load(root, cache).fingerprint == first.fingerprint
    assert len(read) == 16
    (root / "dark" / "00.png").write_bytes((root / "dark" / "01.png").read_bytes())
    assert _load(root, cache).fingerprint != first.fingerprint
    assert sorted(path.name for path in cache.iterdir()) == ["samples.bin", "samples.json"]


def test_a_run_that_was_stopped_leaves_nothing_that_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, cache = folder(tmp_path / "in"), tmp_path / "kept"

    def stop(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dataset.load(data(root), RECIPE, cache, stop)
    assert not list(cache.iterdir())
    assert len(_load(root, cache).train) == 8
