"""Firmware folders of the tflm runtime: what builds them on each kind of board."""

from pathlib import Path

import msgspec
import pytest

from tests.support.tools import need
from tests.unit.emit.test_tflm_runtime import small
from tinyedge import board, build, tool
from tinyedge.build import make
from tinyedge.emit import firmware
from tinyedge.errors import ConfigError, ToolError
from tinyedge.graph.read_tflite import read
from tinyedge.workspace import write_tree


def _render(board_id: str) -> dict[str, str | bytes]:
    data = small()
    return firmware.render(read(data, "small"), None, board.load(board_id), "tflm", data)


def test_on_the_host_the_file_is_all() -> None:
    assert _render("host") == {"model/small.tflite": small()}


def test_an_esp32_gets_a_project_with_all_sources() -> None:
    files = _render("esp32")
    assert "Makefile" not in files
    text = files["main/CMakeLists.txt"]
    assert isinstance(text, str)
    for path in files:
        if path.endswith((".c", ".cc")):
            assert f'"../{path}"' in text, path


def test_a_core_that_tflm_does_not_know_is_refused() -> None:
    loaded = board.load("qemu-mps2-an386")
    odd = msgspec.structs.replace(loaded, cpu=msgspec.structs.replace(loaded.cpu, core="avr"))
    with pytest.raises(ConfigError, match="not built for avr"):
        firmware.render(read(small(), "small"), None, odd, "tflm", small())


@pytest.mark.parametrize("folder", ["", "elsewhere"])
def test_without_tflm_the_build_says_what_to_do(
    tmp_path: Path, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("make", "arm-none-eabi-gcc")
    monkeypatch.setenv("TFLM_DIR", str(tmp_path / folder) if folder else "")
    write_tree(tmp_path / "firmware", _render("qemu-mps2-an386"))
    with pytest.raises(ToolError, match="TFLM_DIR names no tree") as caught:
        build.build(tmp_path / "firmware", board.load("qemu-mps2-an386"))
    assert "TARGET_ARCH=cortex-m4+fp TARGET_TOOLCHAIN_ROOT=/usr/bin/ " in caught.value.hint
    assert "BUILD_TYPE=release_with_logs OPTIMIZED_KERNEL_DIR=cmsis_nn" in caught.value.hint


def _library(tree: Path, build_type: str) -> Path:
    path = tree / f"gen/cortex_m_generic_cortex-m4+fp_{build_type}_gcc/lib"
    path.mkdir(parents=True)
    (path / "libtensorflow-microlite.a").touch()
    return path / "libtensorflow-microlite.a"


@pytest.mark.parametrize(
    ("built", "chosen", "flags"),
    [
        (["default"], "default", ""),
        (["default", "default_cmsis_nn"], "default_cmsis_nn", "-DCMSIS_NN"),
        (
            ["release_cmsis_nn"],
            "release_cmsis_nn",
            "-DCMSIS_NN -DNDEBUG -DTF_LITE_STRIP_ERROR_STRINGS",
        ),
        (["release_with_logs"], "release_with_logs", "-DNDEBUG"),
    ],
)
def test_library_and_flags_are_those_of_the_tree(
    tmp_path: Path, built: list[str], chosen: str, flags: str
) -> None:
    need("make")
    libraries = {name: _library(tmp_path / "tflm", name) for name in built}
    write_tree(tmp_path / "firmware", _render("qemu-mps2-an386"))
    argv = [*make.argv(tmp_path / "firmware", tmp_path / "out", 1), "-n"]
    printed = tool.run([*argv, f"TFLM_DIR={tmp_path / 'tflm'}"]).stdout
    compiled = next(line for line in printed.splitlines() if "runtime/tflm_port.cc" in line)
    defined = [word for word in compiled.split() if word.startswith("-D")]
    assert " ".join(defined) == f"-DTF_LITE_STATIC_MEMORY {flags}".strip()
    linked = next(line for line in printed.splitlines() if "-o" in line and ".elf" in line)
    assert str(libraries[chosen]) in linked
