"""Keys that other users can read are refused, as ssh does."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tinyedge import keys
from tinyedge.errors import ConfigError
from tinyedge.keys import device as device_keys
from tinyedge.keys import secret_file

READERS = {
    "device": (lambda folder: device_keys.make(folder, "shed-1"), device_keys.read),
    "signing": (lambda folder: keys.make(folder)[0], keys.secret),
}


@pytest.fixture(params=READERS)
def key(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Callable[[Path], object]]:
    make, read = READERS[request.param]
    return make(tmp_path / "a folder"), read


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o666, 0o777])
def test_a_key_open_to_others_is_refused(
    mode: int, key: tuple[Path, Callable[[Path], object]]
) -> None:
    path, read = key
    path.chmod(mode)
    with pytest.raises(ConfigError, match=f"open to other users: its mode is {mode:04o}") as caught:
        read(path)
    assert caught.value.hint.startswith(f"chmod 600 '{path}'")  # the folder's name has a space


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_one_for_its_owner_alone_is_read(
    mode: int, key: tuple[Path, Callable[[Path], object]]
) -> None:
    path, read = key
    path.chmod(mode)
    assert read(path)


def test_one_that_another_user_shares_is_theirs_to_guard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "shared"
    path.write_bytes(b"shared")
    path.chmod(0o640)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    assert secret_file.read(path) == b"shared"
