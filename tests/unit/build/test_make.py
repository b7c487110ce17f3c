"""The argument list for make, its environment, and what its failures are turned into."""

from pathlib import Path

import pytest

from tests.support import fixture_firmware
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import build
from tinyedge.build import make
from tinyedge.errors import CheckFailed, ToolError

BOARD = boards.load("netduinoplus2")


def test_argv() -> None:
    folder, out = Path("/w/m/aot/host/firmware"), Path("/w/m/aot/host/out")
    assert make.argv(folder, out, 2) == [
        "make",
        "-C",
        "/w/m/aot/host/firmware",
        "-j2",
        "--no-print-directory",
        "OUT=../out",
    ]
    assert make.argv(folder, out, 1, ("address", "undefined"))[-1] == "SANITIZE=address,undefined"
    assert make.argv(folder, out, 1, observe=True)[-1] == "OBSERVE=1"


def test_a_make_that_calls_tinyedge_does_not_leak_into_the_build() -> None:
    given = {"MAKEFLAGS": "-j8 -- OUT=x", "MAKELEVEL": "1", "PATH": "/bin", "LC_ALL": "de_DE"}
    assert make.environment(given) == {"PATH": "/bin", "LC_ALL": "C"}


def test_paths_of_tflm_are_taken_from_where_the_user_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"TFLM_DIR": "../tflm", "TFLM_LIB": ""}
    found = make.environment(given)
    assert found == {"TFLM_DIR": f"{tmp_path.parent}/tflm", "TFLM_LIB": "", "LC_ALL": "C"}


def test_too_little_memory_is_a_check_that_fell_short_by_so_much() -> None:
    log = (
        "ld: ../out/firmware.elf section `.bss' will not fit in region `RAM'\n"
        "ld: region `RAM' overflowed by 12345 bytes\n"
        "ld: region `FLASH' overflowed by 7 bytes\n"
    )
    error = make.explain(BOARD, Path("f"), log)
    assert isinstance(error, CheckFailed)
    assert error.message == (
        "the firmware does not fit netduinoplus2: memory.flash has 1,048,576 bytes, 7 too few; "
        "memory.ram has 131,072 bytes, 12,345 too few"
    )


def test_the_memory_of_code_alone_is_named() -> None:
    error = make.explain(
        boards.load("esp32-bare"), Path("f"), "ld: region `CODE' overflowed by 3 bytes\n"
    )
    assert error.message == (
        "the firmware does not fit esp32-bare: memory.code has 131,072 bytes, 3 too few"
    )


def test_a_compiler_error_is_shown_from_where_it_begins() -> None:
    log = (
        "gcc -Werror -c z.c\n" * 40
        + "gcc -Werror -c a.c\na.c:1:2: error: nonsense\n"
        + "note\n" * 100
        + "make: *** [a.o] Error 1\n"
    )
    error = make.explain(BOARD, Path("f"), log)
    assert isinstance(error, ToolError)
    assert "a.c:1:2: error: nonsense" in error.message
    assert len(error.message.splitlines()) < 40


def test_a_missing_cxx_library_is_named() -> None:
    log = "model/model.cc:4:10: fatal error: cstdint: No such file or directory\n"
    error = make.explain(BOARD, Path("f"), log)
    assert "lacks the C++ library's headers" in error.message
    assert "libstdc++-arm-none-eabi-newlib" in error.hint


def test_a_full_disk_is_named() -> None:
    log = "app/crc.c:16:1: fatal error: error writing to /tmp/x.s: No space left on device\n"
    error = make.explain(BOARD, Path("f"), log)
    assert error.message == "f does not build: the disk is full"
    assert "TMPDIR" in error.hint


def test_a_warning_stops_the_build(tmp_path: Path) -> None:
    need("make", "gcc")
    host = boards.load("host")
    folder = fixture_firmware.write(tmp_path / "firmware", host)
    (folder / "app" / "main.c").write_text("int main(void) { int unused; }\n")
    with pytest.raises(ToolError, match="unused variable"):
        build.build(folder, host)


def test_a_model_that_is_too_large_is_refused_with_the_figures(tmp_path: Path) -> None:
    need("make", "arm-none-eabi-gcc")
    with pytest.raises(CheckFailed, match=r"memory.ram has 131,072 bytes, \d\d,\d\d\d too few"):
        fixture_firmware.made(tmp_path, BOARD, FIXTURE_FIRST=80_000)


def test_the_same_sources_give_the_same_bytes_in_another_folder(tmp_path: Path) -> None:
    need("make", "arm-none-eabi-gcc")
    first = fixture_firmware.made(tmp_path / "a", BOARD)
    second = fixture_firmware.made(tmp_path / "some" / "other", BOARD)
    assert first.elf.read_bytes() == second.elf.read_bytes()
    assert str(tmp_path).encode() not in first.elf.read_bytes()


def test_only_what_changed_is_compiled_again(tmp_path: Path) -> None:
    need("make", "gcc")
    host = boards.load("host")
    artifact = fixture_firmware.made(tmp_path, host)
    before = {path: path.stat().st_mtime_ns for path in artifact.out.rglob("*.o")}
    fixture_firmware.made(tmp_path, host, FIXTURE_SECOND=9)
    after = {path: path.stat().st_mtime_ns for path in artifact.out.rglob("*.o")}
    assert [path.name for path in before if before[path] != after[path]] == ["model.c.o"]
