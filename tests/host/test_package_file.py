"""Package files: what is read is what was signed, and damage is a clear error."""

import json
import zipfile
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import updatable
from tests.support.updatable import Made
from tinyedge import keys, packaging
from tinyedge.errors import ConfigError


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return updatable.made(tmp_path_factory.mktemp("package"))


def test_a_package_file_is_checked_before_it_is_sent(made: Made, tmp_path: Path) -> None:
    package, path = made.package(2, (1, 0, 0)), tmp_path / "p.tepkg"
    packaging.write(path, package)
    whole = path.read_bytes()
    key = keys.public(made.workspace.root / "keys" / keys.PUBLIC)
    found = packaging.read(path, key)
    assert (found.signed, found.signature, found.content, found.tflite) == (
        package.signed,
        package.signature,
        package.content,
        package.tflite,
    )
    assert found.manifest == package.manifest
    packaging.write(path, package)
    assert path.read_bytes() == whole
    with pytest.raises(ConfigError, match="not signed with"):
        packaging.read(path, bytes(32))
    for damaged in (whole[:100], b"", whole[:-30], b"PK" + whole[2:400] + whole[420:]):
        path.write_bytes(damaged)
        with pytest.raises(ConfigError):
            packaging.read(path, key)


def test_a_package_whose_reference_is_not_the_signed_one_is_refused(
    made: Made, tmp_path: Path
) -> None:
    package, path = made.package(2, (1, 0, 0)), tmp_path / "p.tepkg"
    for changed, words in (
        (replace(package, tflite=updatable.network(3)), "model.tflite is not the one"),
        (replace(package, signed=package.signed + b"0"), "another format"),
        (replace(package, signed=package.signed[:-1]), "another format"),
    ):
        packaging.write(path, changed)
        with pytest.raises(ConfigError, match=words):
            packaging.read(path)


def test_a_package_file_damaged_anywhere_is_a_clear_error(made: Made, tmp_path: Path) -> None:
    path = tmp_path / "p.tepkg"
    packaging.write(path, made.package(2, (1, 0, 0)))
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[at] ^= 0xFF
        path.write_bytes(damaged)
        try:
            packaging.read(path)
        except ConfigError:
            continue


def _members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _rewrite(path: Path, members: Iterable[tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members:
            archive.writestr(name, data)


def _text(about: dict[str, object]) -> bytes:
    return json.dumps(about, indent=2).encode() + b"\n"


OTHER = {
    "name": "evil-g",
    "version": "9.9.9",
    "board": "qemu-riscv32",
    "runtime": "tflm",
    "architecture": "0" * 64,
    "format": 2,
    "downgrade": True,
    "accuracy": 0.999,
}


def test_whatever_people_read_of_a_package_is_what_was_signed(made: Made, tmp_path: Path) -> None:
    path, key = tmp_path / "p.tepkg", keys.public(made.workspace.root / "keys" / keys.PUBLIC)
    packaging.write(path, made.package(2, (1, 0, 0)))
    parts = _members(path)
    about = json.loads(parts["manifest.json"])
    assert {*about} == {*OTHER, "sha256"}
    hashes = [about | {"sha256": about["sha256"] | {name: "0" * 64}} for name in about["sha256"]]
    assert len(hashes) == len(parts) - 1
    changed = [(f"{name} is ", _text(about | {name: other})) for name, other in OTHER.items()]
    changed += [("sha256 of ", _text(each)) for each in hashes]
    changed += [
        (f"{name} is null", _text({n: v for n, v in about.items() if n != name})) for name in OTHER
    ]
    last = parts["manifest.json"]
    changed += [
        ("sha256 of", _text(about | {"sha256": "all of it"})),
        ("another way", _text(about | {"note": "newer than all"})),
        ("another way", last.replace(b"{", b'{"version": "9.9.9",', 1)),  # the last one counts
        ("another way", json.dumps(about).encode()),
        ("name is null", b"[]"),
        ("damaged", last[:-9]),
        ("damaged", b"\xff" + last),
        ("damaged", b"[" * 100_000),
    ]
    for words, text in changed:
        _rewrite(path, (parts | {"manifest.json": text}).items())
        with pytest.raises(ConfigError, match=words) as caught:
            packaging.read(path, key)
        assert "get it anew from who signed it" in caught.value.hint
    _rewrite(path, parts.items())
    packaging.read(path, key)


def test_no_part_of_another_package_takes_the_place_of_a_signed_one(
    made: Made, tmp_path: Path
) -> None:
    path, key = tmp_path / "p.tepkg", keys.public(made.workspace.root / "keys" / keys.PUBLIC)
    first, second = made.package(2, (1, 0, 0)), made.package(3, (1, 1, 0))
    for name in ("signed", "signature", "content", "tflite"):
        packaging.write(path, replace(first, **{name: getattr(second, name)}))
        with pytest.raises(ConfigError, match=r"not what was|not the one|not signed with"):
            packaging.read(path, key)
    packaging.write(path, first)
    parts = _members(path)
    for added in ("README", "manifest.json"):
        with pytest.warns(UserWarning, match="Duplicate") if added in parts else nullcontext():
            _rewrite(path, [*parts.items(), (added, b"{}")])
        with pytest.raises(ConfigError, match="more than its 5 parts"):
            packaging.read(path, key)


@pytest.mark.parametrize("text", ["1", "1.2", "v1.2.3", "1.2.70000", "0.0.0", "1.2.3.4", "-1.0.0"])
def test_versions_are_three_numbers(text: str) -> None:
    with pytest.raises(ConfigError, match="no version"):
        packaging.version(text)
