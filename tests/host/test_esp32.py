"""An ESP32 on the desk, from the verbs' side: a fake ESP-IDF and esptool, a board on a terminal."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.fake_tools import FakeTools, printing
from tests.support.pty_board import PtyBoard
from tests.support.tflite_writer import ModelWriter
from tests.support.tools import CHECKOUT, need
from tinyedge import board, cli
from tinyedge.build import idf
from tinyedge.flash import ports

Verb = Callable[..., tuple[int, str]]

# Plays idf.py: leaves what a build leaves, and what the component manager downloads.
IDF = """
if sys.argv[1] == "--version":
    print("ESP-IDF v5.5.1")
    sys.exit(0)
project, out = Path(sys.argv[2]), Path(sys.argv[4])
assert "project(firmware)" in (project / "CMakeLists.txt").read_text()
if not (project / "dependencies.lock").exists():
    (project / "managed_components" / "espressif__esp-nn").mkdir(parents=True)
    (project / "managed_components" / "espressif__esp-nn" / "CMakeLists.txt").write_text("")
    (project / "dependencies.lock").write_text("")
    print("downloaded")
for path in ("bootloader/bootloader.bin", "partition_table/partition-table.bin", "firmware.bin"):
    (out / path).parent.mkdir(parents=True, exist_ok=True)
    (out / path).write_bytes(b"bin")
(out / "firmware.elf").write_bytes(Path({elf!r}).read_bytes())
(out / "firmware.map").write_text("Linker script and memory map\\n")
(out / "flasher_args.json").write_text({flasher!r})
"""
FLASHER = {
    "write_flash_args": ["--flash_mode", "dio", "--flash_size", "4MB", "--flash_freq", "80m"],
    "flash_files": {
        "0x1000": "bootloader/bootloader.bin",
        "0x10000": "firmware.bin",
        "0x8000": "partition_table/partition-table.bin",
    },
    "extra_esptool_args": {
        "after": "hard_reset",
        "before": "default_reset",
        "stub": True,
        "chip": "esp32",
    },
}
_SMALLEST_ELF = shutil.which("true") or sys.executable


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTools:
    found = FakeTools(tmp_path / "bin", monkeypatch, rest="/usr/bin:/bin")
    found.add("idf.py", IDF.format(elf=_SMALLEST_ELF, flasher=json.dumps(FLASHER)))
    found.add("esptool.py")
    return found


@pytest.fixture
def tflite(tmp_path: Path) -> Path:
    model = ModelWriter()
    x = model.input((1, 6, 6, 2), scale=0.05, zero_point=-3)
    y = model.conv2d(
        x,
        weights=np.arange(4 * 18, dtype=np.int8).reshape(4, 3, 3, 2),
        weight_scales=[0.01, 0.02, 0.03, 0.04],
        bias=np.arange(4, dtype=np.int32),
        scale=0.5,
        zero_point=-7,
    )
    path = tmp_path / "small.tflite"
    path.write_bytes(model.finish(y))
    return path


@pytest.fixture
def desk(tflite: Path) -> Iterator[PtyBoard]:
    with PtyBoard(tflite.read_bytes(), "small") as on_the_desk:
        yield on_the_desk


def _make(target: str, tflite: Path, *variables: str) -> str:
    """Standard output of ``make TARGET BOARD=esp32``, without what "make setup" would install."""
    argv = ["make", "-o", "setup", f"VENV={Path(sys.executable).parent}", target, "BOARD=esp32"]
    done = subprocess.run(
        [*argv, f"MODEL={tflite}", f"ARGS=--workspace {tflite.parent / 'build'}", *variables],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_from_flash_to_a_proof(tools: FakeTools, desk: PtyBoard, tflite: Path) -> None:
    need("make")
    folder = tflite.parent / "build/small/tflm/esp32"
    out = folder / "out"
    # The version is asked for before the build, and for the bill of materials.
    version = ["idf.py", "--version"]
    built = [version, idf.build_argv(folder / "firmware", out, "esp32"), version]
    told = _make("flash", tflite, f"PORT={desk.port}")
    assert tools.calls() == [
        *built,
        [
            *("esptool.py", "--chip", "esp32", "--port", desk.port, "--baud", "460800"),
            *("--before", "default_reset", "--after", "hard_reset", "write_flash"),
            *("--flash_mode", "dio", "--flash_size", "4MB", "--flash_freq", "80m"),
            *("0x1000", f"{out}/bootloader/bootloader.bin"),
            *("0x8000", f"{out}/partition_table/partition-table.bin"),
            *("0x10000", f"{out}/firmware.bin"),
        ],
    ]
    assert f"tinyedge validate {tflite} --board esp32 --runtime tflm" in told
    assert re.search(
        r"RUNTIME=aot \(--runtime aot\), too: an arena of [\d,]+ bytes instead of [\d,]+, ", told
    )
    told = _make("validate", tflite, "SAMPLES=5")
    assert "5 answers equal the TFLM reference, byte for byte" in told
    assert tools.calls()[4:] == built  # the board has this very firmware
    assert (folder / "firmware/managed_components/espressif__esp-nn/CMakeLists.txt").is_file()
    told = _make("bench", tflite, f"PORT={desk.port}")
    assert "arena, planned / used" in told
    told = _make("monitor", tflite, f"ARGS=--workspace {tflite.parent / 'build'} --seconds 0.1")
    assert [call[0] for call in tools.calls()[7:]] == ["idf.py"] * 3


@pytest.fixture
def verb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Verb:
    """``tinyedge ...`` in this process: exit code and standard error."""

    def call(*argv: object) -> tuple[int, str]:
        words = ["tinyedge", *map(str, argv), "--workspace", str(tmp_path / "build")]
        monkeypatch.setattr(sys, "argv", words)
        code = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        return code, capsys.readouterr().err

    return call


@pytest.mark.parametrize(
    "failure",
    [
        ("idf.py", None, "ESP-IDF is not active", "export.sh"),
        ("idf.py", printing("ESP-IDF v5.0.7"), "ESP-IDF 5.0 is too old", "newer release"),
        (
            "esptool.py",
            printing("This chip is ESP32-S3 not ESP32. Wrong --chip argument?", 2),
            "has an ESP32-S3, and the firmware is for an ESP32",
            "BOARD=esp32s3",
        ),
        ("esptool.py", printing("[Errno 16] Device or resource busy", 2), "in use", "monitor"),
        ("esptool.py", printing("[Errno 13] Permission denied", 2), "no permission", "dialout"),
        (
            "esptool.py",
            printing("Failed to connect to ESP32: No serial data received.", 2),
            "download mode was not reached",
            "BOOT button",
        ),
    ],
)
def test_what_keeps_the_board_from_being_flashed_is_told(
    tools: FakeTools,
    tflite: Path,
    verb: Verb,
    failure: tuple[str, str | None, str, str],
) -> None:
    tool, body, message, todo = failure
    if body is None:
        tools.remove(tool)
    else:
        tools.add(tool, body)
    (port := tflite.parent / "port").touch()
    code, told = verb("flash", tflite, "--board", "esp32", "--port", port)
    assert code == 2
    assert message in told
    assert todo in told
    assert "Traceback" not in told


def test_several_boards_are_listed(
    tools: FakeTools, tflite: Path, verb: Verb, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugged = [("/dev/ttyUSB0", (0x10C4, 0xEA60)), ("/dev/ttyUSB1", (0x1A86, 0x7523))]
    monkeypatch.setattr(ports, "_comports", lambda: plugged)
    code, told = verb("flash", tflite, "--board", "esp32")
    assert code == 2
    assert tools.calls() == []  # before any work
    assert "/dev/ttyUSB0 (CP210x), /dev/ttyUSB1 (CH340)" in told
    assert "PORT=/dev/ttyUSB0" in told


def test_a_model_too_large_is_refused_before_the_build(
    tools: FakeTools, tmp_path: Path, verb: Verb
) -> None:
    model = ModelWriter()
    x = model.input((1, 320, 320, 2), scale=0.05, zero_point=0)
    path = tmp_path / "big.tflite"
    path.write_bytes(model.finish(model.max_pool2d(x, window=(2, 2), stride=(2, 2))))
    (port := tmp_path / "port").touch()
    code, told = verb("flash", path, "--board", "esp32", "--port", port)
    assert code == 1
    over = re.search(r"does not fit esp32: ([\d,]+) bytes of RAM too much", told)
    assert over is not None, told
    least = 320 * 320 * 2 + 160 * 160 * 2 - board.load("esp32").memory.ram.bytes
    assert least < int(over[1].replace(",", "")) < least + 40_000
    # the same chip's family comes first, and the others are counted
    assert re.search(r"it fits esp32s3-psram, .* and \d+ more$", told, re.MULTILINE)
    assert tools.calls() == []
