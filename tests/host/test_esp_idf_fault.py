"""A fault under ESP-IDF, from its panic handler to the frame that the next start sends.

ESP-IDF is not here: the port is compiled against the declarations of tests/host/esp_idf.h, which
are those of its versions 5.1 to 6.1. Each start is a process of its own, a file the RTC's memory.
"""

import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.native import SANITIZED, WARNINGS
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import resources
from tinyedge.emit import board_files, esp_idf, features
from tinyedge.link import messages
from tinyedge.link.framing import Decoder
from tinyedge.link.protocol import Code, Type

HERE = Path(__file__).parent
TEMPLATES = resources.root("firmware_templates")
PORT = TEMPLATES / "port" / "esp-idf"
OLD_FRAME, NEW_FRAME = "xtensa/xtensa_context.h", "xtensa_context.h"
VERSIONS = {"5.1": (5, 1, 0), "5.5": (5, 5, 1), "6.1": (6, 1, 0)}
CHIPS = [("esp32", "5.1"), ("esp32", "5.5"), ("esp32c3", "5.5"), ("esp32c3", "6.1")]
POWERON, SW, PANIC, TASK_WDT, BROWNOUT = 1, 3, 4, 6, 9
MAIN_TASK, OTHER_TASK, STACK = 1, 2, 0x3FFB_8000
#: Where the chips' frames have it, by words: components/xtensa/include/xtensa_context.h and
#: components/riscv/include/riscv/rvruntime-frames.h.
PLACES = {
    "esp32": {"pc": 1, "cause": 20, "value": 21, "sp": 4, "words": 28},
    "esp32c3": {"pc": 0, "cause": 34, "value": 35, "sp": 2, "words": 37},
}
REGISTERS = {
    "esp32": [(f"a{number}", 3 + number) for number in range(16)],
    "esp32c3": [("ra", 1), ("sp", 2), *((f"a{number}", 10 + number) for number in range(8))],
}
VALUES = {"esp32": "excvaddr", "esp32c3": "mtval"}
#: ESP-IDF's half: --wrap leaves it the name with __real_.
SYSTEM = """
#include "esp_idf.h"
void esp_panic_handler(panic_info_t *info);
void chip_restart(void);
void esp_panic_handler(panic_info_t *info) { if (info->frame != NULL) chip_restart(); }
"""
Start = Callable[..., list[tuple[Type, str]]]


def _included() -> Iterator[str]:
    """Names of the headers that the port takes from ESP-IDF."""
    own = {path.name for path in TEMPLATES.rglob("*.h*")} | {"te_board.h"}
    own |= {path.name.removesuffix(".j2") for path in TEMPLATES.rglob("*.h.j2")}
    for path in sorted(PORT.glob("*.[ch]")):
        found = re.findall(r'#\s*include "([^"]+)"', path.read_text())
        yield from (name for name in found if name not in own)


def _headers(folder: Path, board_id: str, version: str, locked: bool = False) -> list[str]:
    """Write ESP-IDF's headers and the generated ones; return the flags that find them."""
    board, xtensa = boards.load(board_id), board_id != "esp32c3"
    major, minor, patch = VERSIONS[version]
    texts = dict.fromkeys(_included(), '#include "esp_idf.h"\n')
    texts.pop(NEW_FRAME if version == "5.1" else OLD_FRAME)
    texts["sdkconfig.h"] = f"#define CONFIG_IDF_TARGET_ARCH_XTENSA {int(xtensa)}\n"
    texts["esp_idf_version.h"] = (
        '#include "esp_idf.h"\n'
        f"#define ESP_IDF_VERSION ESP_IDF_VERSION_VAL({major}, {minor}, {patch})\n"
    )
    selected = [features.LOCKED] if locked else []
    texts["te_board.h"] = board_files.board_header(board, selected)
    texts["te_protocol.h"] = board_files.protocol_header()
    texts["te_features.h"] = features.header(())
    texts["te_slot_bytes.h"] = "enum { TE_SLOT_BYTES = 1000 };\n"
    for name, text in texts.items():
        path = folder / "idf" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    folders = [folder / "idf", HERE, PORT, *(TEMPLATES / name for name in ("include", "app"))]
    defined = [f"CONFIG_IDF_TARGET_ARCH_XTENSA={int(xtensa)}", f"OLDEST={int(version == '5.1')}"]
    flags = [f"-I{path}" for path in (*folders, TEMPLATES / "update")]
    return [*flags, *(f"-D{name}" for name in (*defined, "TE_WATCHDOG_S=8"))]


def _wrapped(board_id: str) -> list[str]:
    """The linker's options that the project gives with its component."""
    text = esp_idf.files(boards.load(board_id), "aot", ["port/panic.c"])["main/CMakeLists.txt"]
    return re.findall(r'target_link_options\(\$\{COMPONENT_LIB\} INTERFACE "(\S+)"\)', text)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The port around ESP-IDF's half, for a board, version and lock; compiled once each."""
    need("gcc")

    @cache
    def program(board_id: str, version: str = "5.5", locked: bool = False) -> Path:
        folder = tmp_path_factory.mktemp("idf")
        (folder / "system.c").write_text(SYSTEM)
        flags = [*WARNINGS, "-D_GNU_SOURCE", "-g", "-ffunction-sections", *SANITIZED]
        flags += [*_headers(folder, board_id, version, locked), "-Wl,--gc-sections"]
        own = [PORT / f"{name}.c" for name in ("port", "panic", "flash")]
        own += [TEMPLATES / "app" / "frame.c", TEMPLATES / "app" / "crc.c"]
        own += [HERE / "esp_idf_main.c", folder / "system.c"]
        argv = ["gcc", *flags, *_wrapped(board_id), *map(str, own), "-o", str(folder / "program")]
        subprocess.run(argv, check=True)
        return folder / "program"

    return program


@pytest.fixture
def start(tmp_path: Path, program: Callable[..., Path]) -> Start:
    """Starts a board after a reset for some reason; what its serial line says."""

    def start(
        board_id: str, reason: int, *words: object, version: str = "5.5", locked: bool = False
    ) -> list[tuple[Type, str]]:
        argv = [program(board_id, version, locked), tmp_path / "rtc", reason, *words]
        done = subprocess.run(list(map(str, argv)), capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return [_said(frame.type, frame.payload) for frame in Decoder().feed(done.stdout)]

    return start


def _said(kind: int, payload: bytes) -> tuple[Type, str]:
    if kind != Type.ERROR:
        return Type(kind), payload.decode()
    error = messages.error(payload)
    assert error.code == Code.FAULT
    return Type.ERROR, f"{error.detail:#010x} {error.text}"


def _frame(board_id: str, sp: int = 0x3FFB_9000) -> list[int]:
    """A frame in which every word is another."""
    places = PLACES[board_id]
    words = [0x4000_0000 + 17 * number for number in range(places["words"])]
    words[places["sp"]] = sp
    return words


def _report(board_id: str, text: str, words: list[int], told: int = 16) -> tuple[Type, str]:
    """The frame that tells of it; ``told``: how many registers."""
    places = PLACES[board_id]
    fields = [("exception", places["cause"]), (VALUES[board_id], places["value"])]
    fields += REGISTERS[board_id][:told]
    listed = "".join(f", {name} 0x{words[at]:08x}" for name, at in fields)
    return Type.ERROR, f"0x{words[places['pc']]:08x} {text}{listed}"


@pytest.mark.parametrize(("board_id", "version"), CHIPS)
def test_the_next_start_tells_cause_and_registers_once(
    board_id: str, version: str, start: Start
) -> None:
    words = _frame(board_id)
    fault = ("fault", 0, MAIN_TASK, "LoadProhibited", *words)
    assert start(board_id, POWERON, *fault, version=version) == []
    told = start(board_id, PANIC, version=version)
    assert told == [_report(board_id, "LoadProhibited", words)]
    assert start(board_id, SW, version=version) == []


@pytest.mark.parametrize("board_id", PLACES)
def test_names_are_those_of_other_ports(board_id: str) -> None:
    core = {"esp32": "xtensa", "esp32c3": "riscv"}[board_id]
    text = (TEMPLATES / "port" / core / "start.c").read_text()
    named = re.findall(r'", (\w+) 0x"', text)
    assert named == [*(name for name, _ in REGISTERS[board_id]), VALUES[board_id]]


@pytest.mark.parametrize(("board_id", "told"), [("esp32", 0), ("esp32c3", 2)])
def test_a_locked_device_keeps_no_registers_of_data(
    board_id: str, told: int, start: Start, tmp_path: Path
) -> None:
    words = _frame(board_id)
    start(board_id, POWERON, "fault", 0, MAIN_TASK, "LoadProhibited", *words, locked=True)
    kept = (tmp_path / "rtc").read_bytes()
    hidden = [words[at] for _, at in REGISTERS[board_id][told:]]
    assert not [value for value in hidden if value.to_bytes(4, "little") in kept]
    said = start(board_id, PANIC, locked=True)
    assert said == [_report(board_id, "LoadProhibited", words, told)]


def test_what_abort_says_is_told(start: Start) -> None:
    text = "assert failed: te_model_invoke model.c:12 (" + "x" * 100 + ")"
    words = _frame("esp32")
    start("esp32", POWERON, "abort", 0, MAIN_TASK, text, *words)
    assert start("esp32", PANIC) == [_report("esp32", text[:79], words)]


@pytest.mark.parametrize("version", ["5.1", "5.5"])
def test_a_watchdogs_panic_is_told_with_registers(version: str, start: Start) -> None:
    words = _frame("esp32")
    start("esp32", POWERON, "abort", 0, MAIN_TASK, "-", *words, version=version)
    said = start("esp32", TASK_WDT, version=version)
    assert said == [_report("esp32", "a watchdog restarted the firmware", words)]


def test_the_second_core_is_named(start: Start) -> None:
    words = _frame("esp32")
    start("esp32", POWERON, "fault", 1, OTHER_TASK, "StoreProhibited", *words)
    assert start("esp32", PANIC) == [_report("esp32", "StoreProhibited on core 1", words)]


@pytest.mark.parametrize("board_id", PLACES)
@pytest.mark.parametrize(
    ("sp", "task", "text"),
    [
        (STACK + 64, MAIN_TASK, "stack overflow"),
        (STACK - 4096, MAIN_TASK, "stack overflow"),
        (STACK + 80, MAIN_TASK, "Unhandled debug exception"),
        (STACK - 4097, MAIN_TASK, "Unhandled debug exception"),
        (STACK - 4096, OTHER_TASK, "Unhandled debug exception"),
    ],
)
def test_a_stack_overflow_is_told_as_one(
    board_id: str, sp: int, task: int, text: str, start: Start
) -> None:
    words = _frame(board_id, sp)
    start(board_id, POWERON, "fault", 0, task, "Unhandled debug exception", *words)
    assert start(board_id, PANIC) == [_report(board_id, text, words)]


def test_a_fault_in_the_handler_leaves_the_first_ones_registers(start: Start) -> None:
    words = _frame("esp32")
    start("esp32", POWERON, "unreadable", 0, MAIN_TASK, "-", *words)
    assert start("esp32", PANIC) == [_report("esp32", "the firmware failed and restarted", words)]


@pytest.mark.parametrize("change", [0, -1])
def test_what_power_brings_is_no_fault(change: int, start: Start, tmp_path: Path) -> None:
    start("esp32", POWERON, "fault", 0, MAIN_TASK, "-", *_frame("esp32"))
    kept = bytearray((tmp_path / "rtc").read_bytes())
    kept[change] ^= 0x10
    (tmp_path / "rtc").write_bytes(kept)
    assert start("esp32", POWERON) == []


def test_a_restart_that_no_panic_made_is_told_by_its_reason(start: Start) -> None:
    told = "0x00000000 the supply voltage broke down"
    assert start("esp32", BROWNOUT) == [(Type.ERROR, told)]


def test_firmware_of_another_partition_table_says_so_again_and_again(start: Start) -> None:
    said = start("esp32", POWERON, "foreign")
    assert said == 2 * [
        (Type.LOG, "the partition table is another firmware's: flash the board again")
    ]


def test_without_a_uart_the_chip_restarts(program: Callable[..., Path], tmp_path: Path) -> None:
    argv = [str(program("esp32")), str(tmp_path / "rtc"), str(POWERON), "mute"]
    assert subprocess.run(argv, check=False).returncode == -signal.SIGABRT


COMPILERS = {
    "esp32": ("clang-22", "--target=xtensa", "-emit-llvm"),
    "esp32c3": ("riscv64-unknown-elf-gcc", "-march=rv32imc", "-mabi=ilp32", "-fno-section-anchors"),
}
#: All in RAM, or called after ESP-IDF has switched the flash's cache on again, when the registers
#: are kept. No constant, and no function of the C library's.
TOUCHED = {"kept", "watched", "stack_bottom", "g_panic_abort", "g_panic_abort_details"}
TOUCHED |= {"xTaskGetCurrentTaskHandle", "__real_esp_panic_handler"}
_NO_SYMBOL = re.compile(r"[ast]?\d+|sp|ra|zero|hi|lo")


def _symbols(assembly: str) -> set[str]:
    """What the code in IRAM names, but for its own labels."""
    literals = dict(re.findall(r"\.literal\s+([.\w]+),\s*([.\w]+)", assembly))
    inside, named, own = False, set[str](), set[str]()
    for line in assembly.splitlines():
        if match := re.match(r"\s*\.(?:section\s+(\S+?)(?:,|$)|(text|data|bss))", line):
            inside = (match[1] or match[2]).startswith(".iram1")
        elif not inside:
            continue
        elif match := re.match(r"([.\w]+):", line):
            own.add(match[1])
        elif re.match(r"\s+[a-z]", line):
            operands = line.split("#")[0].split(None, 1)[1:]
            named |= set(re.findall(r"(?<![\w.])[A-Za-z_.][\w.]*", "".join(operands)))
    named = {literals.get(name, name) for name in named - own}
    return {name for name in named if not _NO_SYMBOL.fullmatch(name)}


@pytest.mark.parametrize(("board_id", "version"), [("esp32", "5.1"), ("esp32c3", "6.1")])
def test_the_handler_needs_no_flash(board_id: str, version: str, tmp_path: Path) -> None:
    need(COMPILERS[board_id][0])
    flags = [*WARNINGS, "-O2", "-ffreestanding", *_headers(tmp_path, board_id, version)]
    argv = [*COMPILERS[board_id], *flags, "-S", PORT / "panic.c", "-o", tmp_path / "panic.s"]
    subprocess.run(list(map(str, argv)), check=True)
    text = (tmp_path / "panic.s").read_text()
    if board_id == "esp32":
        need("llc-22")
        llc = ["llc-22", "-mtriple=xtensa", "-mcpu=esp32", tmp_path / "panic.s", "-o", "-"]
        text = subprocess.run(
            list(map(str, llc)), capture_output=True, text=True, check=True
        ).stdout
    assert _symbols(text) == TOUCHED
