"""The simulator LabWired as a device: arguments, and what is made up for."""

import importlib.util
import sys
from pathlib import Path

import pytest

from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import tool
from tinyedge.errors import ConfigError, ToolError
from tinyedge.flash import labwired, labwired_host

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
        *("stm32f103", "uart1", "37"),
    ]
    found = labwired.argv(Path("/out/firmware.elf"), boards.load("nrf52840dk-simulated"))
    assert found[-3:] == ["nrf52840", "", "2"]


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
