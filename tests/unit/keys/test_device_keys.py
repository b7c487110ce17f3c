"""Keys of devices: made once, read back, found by the name that a device says."""

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from tinyedge import results
from tinyedge.cli import cli
from tinyedge.errors import ConfigError
from tinyedge.keys import device as device_keys
from tinyedge.keys import secret_file
from tinyedge.results import KeysReport


def test_a_key_is_random_and_for_its_owner_alone(tmp_path: Path) -> None:
    first, second = (device_keys.make(tmp_path / "devices", name) for name in ("shed-1", "shed.2"))
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    one, two = device_keys.read(first), device_keys.read(second)
    assert (one.name, len(one.key)) == ("shed-1", device_keys.BYTES)
    assert one.key != two.key
    assert one.key.hex() not in repr(one)
    with pytest.raises(ConfigError, match="is there already"):
        device_keys.make(tmp_path / "devices", "shed-1")


@pytest.mark.parametrize("name", ["", "../shed", "a/b", ".key", "x" * 32, "sh ed", 'a"b'])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no name of a device"):
        device_keys.make(tmp_path, name)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.key", "00" * 31, "holds 31 bytes"),
        ("a.key", "hello", "not of hexadecimal digits"),
        ("a.txt", "00" * 32, "is not called NAME.key"),
        ("a.key", None, "No such file"),
    ],
)
def test_a_file_without_a_key_is_refused(
    name: str, text: str | None, words: str, tmp_path: Path
) -> None:
    if text is not None:
        secret_file.write(tmp_path / name, text.encode())
    with pytest.raises(ConfigError, match=words) as caught:
        device_keys.read(tmp_path / name)
    assert "tinyedge keys --device" in caught.value.hint


def test_of_several_devices_each_is_found_by_its_name_once(tmp_path: Path) -> None:
    given = device_keys.read(device_keys.make(tmp_path / "elsewhere", "shed-1"))
    other = device_keys.read(device_keys.make(tmp_path, "shed-2"))
    find = device_keys.finder(tmp_path, given)
    assert find is not None
    assert find("shed-1") == given.key
    assert find("shed-2") == other.key
    for name in ("shed-3", "../elsewhere/shed-1", "", "\n"):
        with pytest.raises(ConfigError, match="no key for the device"):
            find(name)
    for name in ("shed-1", "shed-2"):
        with pytest.raises(ConfigError, match=f"'{name}' answers at two ports"):
            find(name)
    assert device_keys.finder(tmp_path, None) is None


def test_another_device_does_not_pass_for_the_one_that_is_meant(tmp_path: Path) -> None:
    given = device_keys.read(device_keys.make(tmp_path, "shed-1"))
    device_keys.make(tmp_path, "shed-2")
    find = device_keys.only(given)
    assert find is not None
    for _ in range(2):
        assert find("shed-1") == given.key
    with pytest.raises(ConfigError, match=r"it is 'shed-2'.*of 'shed-1'") as caught:
        find("shed-2")
    assert "--device-key" in caught.value.hint
    assert device_keys.only(None) is None


def test_the_feature_needs_a_key() -> None:
    assert device_keys.wanted(["monitor"], None) is None
    with pytest.raises(ConfigError, match="auth needs the key") as caught:
        device_keys.wanted(["auth"], None)
    assert "--device-key" in caught.value.hint


def test_the_verb_makes_one(tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    arguments = ["keys", "--device", "shed-1", "--out", str(tmp_path), "--json", str(told)]
    assert CliRunner().invoke(cli, arguments).exit_code == 0
    report = results.read(told, KeysReport)
    assert report.device == "shed-1"
    assert device_keys.read(Path(report.secret)).name == "shed-1"
