"""Real boards' ports start their watchdog and feed it: seen in the simulator and in QEMU."""

import importlib.util
from pathlib import Path

import pytest

from tests.support import fixture_firmware as fixture
from tests.support.tools import CHECKOUT, missing, need
from tinyedge import board as boards
from tinyedge import flash
from tinyedge.emit.board_files import WATCHDOG_S
from tinyedge.flash import labwired, labwired_host, qemu
from tinyedge.link.session import Session
from tinyedge.recipe import Compile
from tinyedge.workflow import devices, pipeline
from tinyedge.workspace import Workspace


def _of_timer_group(base: int, config: int, steps: int) -> dict[int, int]:
    """Steps a second of a crystal of 40 MHz, and a first stage that resets the chip."""
    prescaler = 40_000_000 // steps << 16
    return {base + 0x4C: prescaler, base + 0x50: WATCHDOG_S * steps, base + 0x48: config}


XTENSA = 0xE01F_8000
RISCV = 0xE07F_8000  # chooses the crystal


IWDG = {0x4000_3004: 6, 0x4000_3008: WATCHDOG_S * 32_000 // 256, 0x4000_3000: 0xAAAA}
# After some time awake. RP2: on, paused by debuggers, and as full as it was loaded.
REGISTERS = {
    "bluepill": IWDG,
    "stm32f4-discovery": IWDG,
    "nrf52840dk": {0x4001_0400: 1, 0x4001_0504: WATCHDOG_S * 32_768 - 1, 0x4001_050C: 0},
    "pico": {0x4005_8000: 0x4700_0000 + WATCHDOG_S * 2_000_000, 0x4001_0008: 0x1_FFFC},
    "pico2": {0x400D_8000: 0x4700_0000 + WATCHDOG_S * 1_000_000, 0x4001_8008: 0x1FF_FFF3},
    # Without the RTC's, and with a super watchdog that feeds itself.
    "esp32c3-bare": {
        **_of_timer_group(0x6001_F000, RISCV, 1000),
        0x6000_8090: 0,
        0x6000_80AC: 0x84B0_0000,
    },
    "esp32-bare": {**_of_timer_group(0x3FF5_F000, XTENSA, 2000), 0x3FF4_808C: 0},
    "esp32s3-bare": {
        **_of_timer_group(0x6001_F000, XTENSA, 2000),
        0x6000_8098: 0,
        0x6000_80B4: 1 << 31,
    },
    "esp32c6-bare": {
        **_of_timer_group(0x6000_8000, RISCV, 1000),
        0x600B_1C00: 0,
        0x600B_1C1C: 1 << 18,
    },
}
DIGITS = CHECKOUT / "models" / "digits-cnn" / "golden" / "digits-cnn.tflite"
SLACK = 1000
RELOAD, START = "value 0x0000aaaa", "value 0x0000cccc"


@pytest.mark.parametrize("name", REGISTERS)
def test_the_watchdog_runs_and_is_fed(name: str, tmp_path: Path) -> None:
    need("make")
    if importlib.util.find_spec("labwired") is None:
        missing("the Python package labwired")
    board = boards.load(f"{name}-simulated")
    need(board.build.toolchain)
    made = fixture.made(tmp_path, board)
    _, _, _, elf, chip, uart, _, windows = labwired.argv(made.elf, board)
    sim = labwired_host.simulation(Path(elf), chip, uart, windows)
    said = b""
    for _ in range(100):
        sim.run_for("5ms")
        said += sim.read_uart_bytes()
        if said.count(b"\0") >= 2:
            break
    assert said, "it has not started"
    sim.run_for("5ms")
    for at, wanted in REGISTERS[name].items():
        assert 0 <= wanted - sim.read_u32(at) < SLACK, hex(at)  # the counter has gone on


def test_it_is_fed_between_layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board = boards.load("netduinoplus2")
    need("make", board.build.toolchain, qemu.program(board), "setpriv")
    monkeypatch.setenv("WATCHDOG_S", str(WATCHDOG_S))
    workspace = Workspace(tmp_path)
    marked = pipeline.resolve(str(DIGITS), Compile(features=("mark",)))
    loaded = pipeline.load(marked, workspace)
    built = devices.build(pipeline.generate(loaded, board, "aot", workspace))
    plan, log = built.firmware.plan, built.artifact.out / "device.log"
    assert plan is not None
    with (
        flash.run(built.artifact, board, options=["-d", "unimp"]) as device,
        Session(device.url) as session,
    ):
        assert session.infer([bytes(64)]).outputs
    told = log.read_text()
    assert told.count(START) == 1
    pin = board.peripherals["mark_pin"]
    high, low = (f"offset 0x018, value {1 << bit:#010x})" for bit in (pin % 16, pin % 16 + 16))
    during = told.partition(high)[2].partition(low)[0]
    assert during.count(RELOAD) >= len(plan.steps)


def test_emulated_boards_have_none(tmp_path: Path) -> None:
    board = boards.load("netduinoplus2")
    text = (fixture.write(tmp_path, board) / "Makefile").read_text()
    assert "WATCHDOG_S ?=" not in text
