"""Package files: what is read is what was signed, and damage is a clear error."""

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


@pytest.mark.parametrize("text", ["1", "1.2", "v1.2.3", "1.2.70000", "0.0.0", "1.2.3.4", "-1.0.0"])
def test_versions_are_three_numbers(text: str) -> None:
    with pytest.raises(ConfigError, match="no version"):
        packaging.version(text)
