"""The firmware of a device with a key: the key, the ciphers, the source of random numbers."""

import subprocess
from pathlib import Path

import pytest

from tests.support import updatable
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge.board import Board
from tinyedge.keys import device as device_keys
from tinyedge.recipe import Compile
from tinyedge.workflow import pipeline
from tinyedge.workflow.pipeline import Firmware
from tinyedge.workspace import Workspace

#: what the driver uses of ESP-IDF's headers
ESP = {
    "esp_random.h": "#include <stddef.h>\nvoid esp_fill_random(void *buf, size_t len);\n",
    "bootloader_random.h": "void bootloader_random_enable(void);\n"
    "void bootloader_random_disable(void);\n",
}


def _firmware(folder: Path, board: Board, key: Path | None, *features: str) -> Firmware:
    path = folder / "net.tflite"
    path.write_bytes(updatable.network(1))
    given = Compile(features=features, device_key=key and str(key))
    loaded = pipeline.load(pipeline.resolve(str(path), given), Workspace(folder))
    return pipeline.generate(loaded, board, "aot", Workspace(folder))


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return device_keys.make(tmp_path / "keys", "shed-2")


@pytest.mark.parametrize("name", ["host", "nrf52840dk", "esp32", "netduinoplus2"])
def test_a_board_has_its_source_of_random_numbers(name: str, tmp_path: Path, key: Path) -> None:
    made = _firmware(tmp_path, boards.load(name), key, "auth")
    paths = {file.path for file in made.files}
    assert {"app/auth.c", "auth/te_device_key.h", "monocypher/monocypher.c"} <= paths
    assert ("port/entropy.c" in paths) == (name != "netduinoplus2")
    header = (made.folder / "auth" / "te_device_key.h").read_text()
    assert '#define TE_DEVICE_NAME "shed-2"' in header
    first = device_keys.read(key).key[:2]
    assert ", ".join(f"0x{byte:02x}" for byte in first) in header
    assert made.folder.parent.stat().st_mode & 0o077 == 0
    assert made.keys is not None
    assert made.keys("shed-2") == device_keys.read(key).key


def test_firmware_without_a_key_has_nothing_of_it(tmp_path: Path) -> None:
    made = _firmware(tmp_path, boards.load("nrf52840dk"), None, "locked")
    paths = {file.path for file in made.files}
    assert "app/locked.c" in paths
    assert not {path for path in paths if "auth" in path or "monocypher" in path}
    assert "port/entropy.c" not in paths
    assert made.keys is None


def test_the_driver_of_esp_idf_fits_its_headers(tmp_path: Path, key: Path) -> None:
    need("gcc")
    folder = _firmware(tmp_path, boards.load("esp32"), key, "auth").folder
    assert "bootloader_support" in (folder / "main" / "CMakeLists.txt").read_text()
    (folder / "fake").mkdir()
    for name, text in ESP.items():
        (folder / "fake" / name).write_text(text)
    flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-Ifake", "-Iinclude"]
    subprocess.run(["gcc", *flags, "port/entropy.c"], cwd=folder, check=True)
