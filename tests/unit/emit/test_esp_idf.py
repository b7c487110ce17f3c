"""The ESP-IDF project: what the board's TOML and the runtime decide."""

import re
import subprocess
from pathlib import Path

import msgspec
import pytest

from tests.support import tiny_model
from tests.support.tools import need
from tinyedge import __version__, board
from tinyedge.compile import compile_graph
from tinyedge.emit import esp_idf, firmware
from tinyedge.emit.mlperf import spoken
from tinyedge.errors import ConfigError
from tinyedge.graph.read_tflite import read
from tinyedge.workspace import write_tree

PATHS = ["app/main.c", "include/te_port.h", "model/model.cc", "port/port.c", "runtime/tflm_port.h"]
MODEL = Path(__file__).parents[3] / "models/digits-cnn/golden/digits-cnn.tflite"
BOARDS = ["esp32", "esp32c3", "esp32s3", "esp32s3-psram"]


def _files(board_id: str, runtime: str = "tflm") -> dict[str, str]:
    return esp_idf.files(board.load(board_id), runtime, PATHS)


def _options(text: str) -> dict[str, str]:
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return dict(line.removeprefix("CONFIG_").split("=", 1) for line in lines)


@pytest.mark.parametrize(
    ("board_id", "target", "mhz", "flash"),
    [
        ("esp32", "esp32", 240, 4),
        ("esp32s3", "esp32s3", 240, 8),
        ("esp32c3", "esp32c3", 160, 4),
        ("esp32s3-psram", "esp32s3", 240, 8),
    ],
)
def test_options_follow_the_board(board_id: str, target: str, mhz: int, flash: int) -> None:
    options = _options(_files(board_id)["sdkconfig.defaults"])
    assert options["IDF_TARGET"] == f'"{target}"'
    assert options[f"ESP_DEFAULT_CPU_FREQ_MHZ_{mhz}"] == "y"
    assert options[f"ESPTOOLPY_FLASHSIZE_{flash}MB"] == "y"
    assert options["ESP_MAIN_TASK_STACK_SIZE"] == "8192"
    assert ("ESP_CONSOLE_SECONDARY_NONE" in options) == (target != "esp32")
    assert ("SPIRAM_MODE_OCT" in options) == (board_id == "esp32s3-psram")


@pytest.mark.parametrize("board_id", BOARDS)
def test_whatever_hangs_or_fails_restarts_and_is_kept(board_id: str) -> None:
    files = _files(board_id)
    options = _options(files["sdkconfig.defaults"])
    ends = ["SYSTEM_PANIC_SILENT_REBOOT", "TASK_WDT_INIT", "TASK_WDT_PANIC", "INT_WDT"]
    assert [options[f"ESP_{name}"] for name in ends] == ["y"] * len(ends)
    assert not [name for name in options if "GDBSTUB" in name or "HALT" in name]
    assert 'INTERFACE "-Wl,--wrap=esp_panic_handler")' in files["main/CMakeLists.txt"]


def test_tflm_brings_its_component_and_exact_kernels() -> None:
    files = _files("esp32")
    assert (
        f'espressif/esp-tflite-micro: "{esp_idf.TFLM_VERSION}"' in files["main/idf_component.yml"]
    )
    assert _options(files["sdkconfig.defaults"])["NN_SKIP_NUDGE"] == "n"


def test_aot_does_without_tflm() -> None:
    files = _files("esp32", "aot")
    assert "tflite" not in "".join(files.values())
    assert "CONFIG_NN_" not in files["sdkconfig.defaults"]


@pytest.mark.parametrize("board_id", ["esp32", "esp32s3"])
def test_both_xtensa_chips_build_the_assembly_kernels(board_id: str) -> None:
    data, target = MODEL.read_bytes(), board.load(board_id)
    graph = read(data, "x")
    plan = compile_graph(graph, target.cpu.core)
    cmake = firmware.render(graph, plan, target, "aot", data)["main/CMakeLists.txt"]
    assert isinstance(cmake, str)
    own = {"../model/layers.S", "../runtime/xtensa_lx6/conv.c"}
    assert own < set(re.findall(r'"(\.\./[^"]+)"', cmake))


def test_the_c_compiler_aims_at_what_the_aot_compiler_does() -> None:
    for optimize, option in (("speed", "PERF"), ("size", "SIZE")):
        files = esp_idf.files(board.load("esp32"), "aot", PATHS, optimize)
        assert _options(files["sdkconfig.defaults"])[f"COMPILER_OPTIMIZATION_{option}"] == "y"


def test_sources_and_headers_are_the_folders_own() -> None:
    text = _files("esp32c3")["main/CMakeLists.txt"]
    assert re.findall(r'"(\.\./[^"]+)"', text) == [
        "../app/main.c",
        "../model/model.cc",
        "../port/port.c",
        "../include",
        "../runtime",
    ]


#: what the mark uses of ESP-IDF's driver/gpio.h
GPIO = """
#include <stdint.h>
typedef int esp_err_t;
typedef enum { GPIO_NUM_0 } gpio_num_t;
typedef enum { GPIO_MODE_OUTPUT = 2 } gpio_mode_t;
esp_err_t gpio_reset_pin(gpio_num_t gpio_num);
esp_err_t gpio_set_direction(gpio_num_t gpio_num, gpio_mode_t mode);
esp_err_t gpio_set_level(gpio_num_t gpio_num, uint32_t level);
"""


@pytest.mark.parametrize("runtime", ["aot", "tflm"])
def test_energy_mode_is_in_the_project_and_compiles(runtime: str, tmp_path: Path) -> None:
    need("gcc")
    data = tiny_model.write(tmp_path / "x.tflite").read_bytes()
    graph, target = read(data, "x"), spoken(board.load("esp32"), "mlperf-energy")
    plan = compile_graph(graph, target.cpu.core) if runtime == "aot" else None
    files = firmware.render(graph, plan, target, runtime, data, protocol="mlperf-energy")
    write_tree(tmp_path / "firmware", {**files, "fake/driver/gpio.h": GPIO})
    cmake = files["main/CMakeLists.txt"]
    assert isinstance(cmake, str)
    own = ["app/main.c", "app/mlperf.c", "app/mlperf_text.c", "port/mark.c"]
    assert {f"../{path}" for path in own} < set(re.findall(r'"(\.\./[^"]+)"', cmake))
    assert "esp_driver_uart esp_driver_gpio" in cmake
    assert "app/command.c" not in files
    assert "#define TE_BAUD 9600u" in str(files["include/te_board.h"])
    flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-Iinclude", "-Ifake"]
    subprocess.run(["gcc", *flags, *own], cwd=tmp_path / "firmware", check=True)


@pytest.mark.parametrize("board_id", BOARDS)
def test_the_partition_fills_the_flash_chip(board_id: str) -> None:
    loaded = board.load(board_id)
    row = _files(board_id)["partitions.csv"].splitlines()[1]
    origin, size = (int(value, 16) for value in re.findall(r"0x[0-9a-f]+", row))
    assert loaded.esp is not None
    assert (origin, origin + size) == (0x10000, loaded.esp.flash_mb * 1024 * 1024)


def test_the_firmware_does_not_depend_on_the_repository_around_it() -> None:
    files = _files("esp32")
    text = files["CMakeLists.txt"]
    assert text.index(f'set(PROJECT_VER "{__version__}")') < text.index("project.cmake)")
    assert _options(files["sdkconfig.defaults"])["APP_REPRODUCIBLE_BUILD"] == "y"


def test_a_board_without_the_esp_table_is_refused() -> None:
    bare = msgspec.structs.replace(board.load("esp32"), esp=None)
    with pytest.raises(ConfigError, match=r"needs a table \[esp\]"):
        esp_idf.files(bare, "tflm", PATHS)
