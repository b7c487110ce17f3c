"""The simulator LabWired as a device: arguments, and what is made up for."""

import importlib.util
import sys
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import tool
from tinyedge.errors import ConfigError, ToolError
from tinyedge.flash import labwired, labwired_esp, labwired_host, labwired_xtensa

LOADS = """
    .syntax unified
    .cpu cortex-m4
    .fpu fpv4-sp-d16
    .thumb
    .text
    vldr    d7, first
    vldr    s1, first
    vldr    d7, [r0, #8]
    ldr     r1, first
    nop
    .balign 8
first:
    .word   0x1000ed9f, 0x0b05ed9f
"""


def test_arguments() -> None:
    found = labwired.argv(Path("/out/firmware.elf"), boards.load("bluepill-simulated"))
    assert found == [
        *(sys.executable, "-m", "tinyedge.flash.labwired_host", "/out/firmware.elf"),
        *("stm32f103", "uart1", "37", ""),
    ]
    found = labwired.argv(Path("/out/firmware.elf"), boards.load("nrf52840dk-simulated"))
    assert found[-4:] == ["nrf52840", "", "2", ""]
    found = labwired.argv(Path("/out/firmware.elf"), boards.load("esp32c3-bare-simulated"))
    assert found[-4:] == ["esp32c3", "uart0", "", "0x42000000,0x3c000000"]
    found = labwired.argv(Path("/out/firmware.elf"), boards.load("esp32-bare-simulated"))
    assert found[-4:] == ["esp32", "", "", ""]


def test_a_board_that_nothing_simulates_is_refused() -> None:
    with pytest.raises(ConfigError, match="nucleo-f446re: no simulator runs this board"):
        boards.load("nucleo-f446re-simulated")


def test_a_missing_simulator_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ToolError, match="LabWired is not installed") as raised:
        labwired.require()
    assert 'pip install "tinyedge[simulator]"' in raised.value.hint


def test_only_literals_of_vldr_are_moved(tmp_path: Path) -> None:
    need("arm-none-eabi-gcc")
    source, elf = tmp_path / "loads.S", tmp_path / "loads.elf"
    source.write_text(LOADS)
    tool.run(["arm-none-eabi-gcc", "-nostdlib", "-Wl,-e0", str(source), "-o", str(elf)])
    before, after = elf.read_bytes(), labwired_host.corrected(elf)
    changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert changed == [(3, 4), (2, 3)]


@pytest.mark.parametrize(("start", "said"), [(0x1_0000, "65536"), (None, "")])
def test_the_chip_gets_systick_and_begins_at_the_vectors(
    tmp_path: Path, start: int | None, said: str
) -> None:
    chips = tmp_path / "configs" / "chips"
    chips.mkdir(parents=True)
    text = 'core: "cortex-m4"\nflash:\n  base: 0x0000_0000\nperipherals:\n  - id: uart0\n'
    (chips / "some.yaml").write_text(text + '    debug_schema: "../peripherals/some.yaml"\n')
    system = labwired_host.system_file(tmp_path, "some", tmp_path / "configs", start)
    assert f'chip: "{tmp_path}/chip.yaml"' in system.read_text()
    chip = (tmp_path / "chip.yaml").read_text()
    assert "\nperipherals:\n  - {id: systick, type: systick, base_address: 0xE000E010}\n" in chip
    assert f"{tmp_path}/configs/peripherals/some.yaml" in chip
    assert (f"reset_vector_offset: {said}\n" in chip) == bool(said)


def _program(folder: Path, words: str) -> Path:
    """A program at the start of an ESP32-C3's flash that begins with ``words``."""
    need("riscv64-unknown-elf-gcc")
    source, elf = folder / "boot.S", folder / "boot.elf"
    source.write_text(f".text\n.globl _start\n_start: .word {words}\n.word 0x11223344\n")
    build = ["riscv64-unknown-elf-gcc", "-march=rv32imc", "-misa-spec=2.2", "-mabi=ilp32"]
    tool.run([*build, "-nostdlib", "-Wl,-N,-Ttext=0x42000000", str(source), "-o", str(elf)])
    return elf


def test_the_boot_rom_shows_flash_twice_and_jumps_behind_the_words(tmp_path: Path) -> None:
    elf = tmp_path / "booted.elf"
    program = _program(tmp_path, "0xaedb041d, 0xaedb041d")
    elf.write_bytes(labwired_esp.booted(program, [0x4200_0000, 0x3C00_0000]))
    with elf.open("rb") as stream:
        opened = ELFFile(stream)
        assert opened["e_entry"] == 0x4200_0008
        loads = {load["p_vaddr"]: load.data() for load in opened.iter_segments("PT_LOAD")}
    assert set(loads) == {0x4200_0000, 0x3C00_0000}
    assert set(loads.values()) == {bytes.fromhex("1d04dbae1d04dbae44332211")}


@pytest.mark.parametrize("words", ["0xaedb041d, 0xaedb041e", "0x000000e9, 0"])
def test_what_the_boot_rom_would_not_run_is_refused(tmp_path: Path, words: str) -> None:
    with pytest.raises(ToolError, match="the boot ROM would not run it"):
        labwired_esp.booted(_program(tmp_path, words), [0x4200_0000])


def test_the_c3_gets_the_interrupt_controller_that_labwired_has() -> None:
    text = 'memory_regions:\n  - name: "iram"\nperipherals:\n  - id: "uart0"\n    irq: 21\n'
    gone = "".join(
        f'  - id: "{name}"\n    irq: 1\n  # so\n' for name in ("interrupt_core0", "uart1")
    )
    found = labwired_esp.chip(f"x: 1\n{text}{gone}  - id: last\n", "esp32c3")
    assert "uart1" not in found
    assert found.count("interrupt_core0") == 2  # its name and its file
    assert "{id: intpri, type: declarative, base_address: 0x600C5000" in found
    assert '  - {name: "interrupts", base: 0x600c2000, size: "1KB"}\n  - name: "iram"' in found
    assert found.endswith('  - id: "uart0"\n    irq: 21\n  - id: last\n')
    assert labwired_esp.chip(text, "rp2040") == text


class Registers:
    """A simulator's memory."""

    def __init__(self) -> None:
        self.words: dict[int, int] = {}
        self.writes = 0

    def read_u32(self, at: int) -> int:
        return self.words.get(at, 0)

    def write_u32(self, at: int, value: int) -> None:
        self.words[at] = value
        self.writes += 1


@pytest.mark.parametrize(
    ("chip", "line_of_21", "enable", "priority_of_8", "threshold"),
    [
        ("esp32c3", 0x600C_2054, 0x600C_2104, 0x600C_2134, 0x600C_2194),
        ("esp32c6", 0x6001_0054, 0x2000_1000, 0x2000_1030, 0x2000_1090),
    ],
)
def test_what_the_firmware_tells_its_controller_is_taken_there(
    chip: str, line_of_21: int, enable: int, priority_of_8: int, threshold: int
) -> None:
    sim = Registers()
    look = labwired_esp.Interrupts(sim, labwired_esp.CONTROLLERS[chip])
    look()
    assert sim.writes == 0
    sim.words = {line_of_21: 8, enable: 1 << 8, priority_of_8: 2, threshold: 1}
    look()
    at_the_model = {0x6001_0054: 8, 0x600C_5000: 1 << 8, 0x600C_502C: 2, 0x600C_508C: 1}
    assert {at: sim.words[at] for at in at_the_model} == at_the_model
    before = sim.writes
    look()
    assert sim.writes == before


def test_the_xtensa_chips_get_the_clock_of_their_crystal() -> None:
    text = "arch: xtensa-lx6\ncpu_hz: 240_000_000\n"
    for name in ("esp32", "esp32s3"):
        assert "\ncpu_hz: 40000000\n" in labwired_xtensa.chip(text, name)
    assert labwired_xtensa.chip(text, "rp2040") == text


class Esp32(Registers):
    """A simulator whose time stands still."""

    STATE = 0x3FFB_0001 & ~3
    run_for = read_uart_bytes = None
    taken: list[int]

    def symbol(self, name: str) -> int:
        assert name == "te_interrupt"
        return self.STATE


def test_bytes_for_an_esp32_go_where_its_handler_puts_them() -> None:
    sim = Esp32()
    raised = []
    sim.run_for = lambda _time: raised.append(sim.words[0x3FF0_00DC])  # type: ignore[assignment]
    sim.words = {sim.STATE + 36: 1022, sim.STATE + 48 + 1020: 0x4433_2211}
    labwired_xtensa.Esp32(sim).send_bytes(b"\xa5\xb6\xc7")
    assert sim.words[sim.STATE + 48 + 1020] == 0xB6A5_2211
    assert sim.words[sim.STATE + 48] == 0xC7  # the ring has 1,024 bytes
    assert sim.words[sim.STATE + 36] == 1025
    assert (sim.words[0x3FF0_0164], raised, sim.words[0x3FF0_00DC]) == (2, [1], 0)
