"""What LabWired 0.25 lacks of an ESP32-C3 and C6: boot ROM, interrupts, some registers of the C6.

Direct boot: the ROM maps flash to one address for instructions and one for loads, which the C6 has
in one, and jumps behind two words that say so. Here, an ELF is made that loads to both.

Interrupts: LabWired routes those of a C3 only behind its boot ROM, which is not free to hand on,
and those of a C6 only by registers (INTPRI) that ESP-IDF leaves alone in favour of others (PLIC).
So both chips get the C6's controller as LabWired has it, and what the firmware writes to its own is
taken there.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyedge.errors import ToolError
from tinyedge.flash import image

MAGIC = bytes.fromhex("1d04dbae") * 2
"""At the start of flash: run what follows, where it lies."""

_HEAD = struct.Struct("<7s9x2H5I6H")
_SEGMENT = struct.Struct("<8I")
_ELF32_LITTLE = b"\x7fELF\x01\x01\x01"
_EXECUTABLE, _RISCV, _LOAD, _READ_EXECUTE = 2, 243, 1, 5


@dataclass(frozen=True)
class _Controller:
    """First addresses of an interrupt controller's registers.

    ``lines``: by source, the line that it takes; ``priorities``: by line.
    """

    lines: int
    enabled: int
    type: int
    priorities: int
    threshold: int


_C3 = _Controller(0x600C_2000, 0x600C_2104, 0x600C_2108, 0x600C_2114, 0x600C_2194)
_C6 = _Controller(0x6001_0000, 0x2000_1000, 0x2000_1004, 0x2000_1010, 0x2000_1090)
_MODEL = _Controller(0x6001_0000, 0x600C_5000, 0x600C_5004, 0x600C_500C, 0x600C_508C)
CONTROLLERS = {"esp32c3": _C3, "esp32c6": _C6}
_SOURCES, _LINES = 64, 32

#: registers without a model, which only keep what is written: name, first address
_KEPT = {
    "esp32c3": {"interrupts": 0x600C_2000},
    "esp32c6": {"plic": 0x2000_1000, "lp_clkrst": 0x600B_0400, "lp_wdt": 0x600B_1C00},
}
_KEPT_SIZE = "1KB"
#: what is where _MODEL has to be, or what it replaces
_REPLACED = {"esp32c3": ("interrupt_core0", "uart1")}
_CONTROLLER = """\
  - {id: interrupt_core0, type: declarative, base_address: 0x60010000, size: 4KB,
     config: {path: "../peripherals/esp32c6/interrupt_core0.yaml"}}
  - {id: intpri, type: declarative, base_address: 0x600C5000, size: 4KB,
     config: {path: "../peripherals/esp32c6/intpri.yaml"}}
"""


def booted(elf: Path, windows: Sequence[int]) -> bytes:
    """Return an ELF of what the core sees after direct boot, flash at each of ``windows``.

    Raises ToolError if the program does not begin with the words that the boot ROM looks for.
    """
    _, flash = image.binary(elf)
    if not flash.startswith(MAGIC):
        raise ToolError(f"{elf}: the boot ROM would not run it", "its port owes the two words")
    size, count = len(flash), len(windows)
    offset = _HEAD.size + count * _SEGMENT.size
    entry, segments = windows[0] + len(MAGIC), _HEAD.size
    head = _HEAD.pack(
        *(_ELF32_LITTLE, _EXECUTABLE, _RISCV, 1, entry, segments, 0, 0),
        *(_HEAD.size, _SEGMENT.size, count, 0, 0, 0),
    )
    loads = [_SEGMENT.pack(_LOAD, offset, at, at, size, size, _READ_EXECUTE, 4) for at in windows]
    return b"".join([head, *loads, flash])


def chip(text: str, name: str) -> str:
    """The chip's description ``text`` with what it leaves out."""
    kept = "".join(
        f'  - {{name: "{region}", base: {at:#x}, size: "{_KEPT_SIZE}"}}\n'
        for region, at in _KEPT.get(name, {}).items()
    )
    text = text.replace("\nmemory_regions:\n", f"\nmemory_regions:\n{kept}", 1)
    for peripheral in _REPLACED.get(name, ()):
        text = re.sub(
            rf'^  - id: "{peripheral}"\n(?!  - id)(.*\n)*?(?=  - id)', "", text, flags=re.M
        )
    if name in _REPLACED:
        text = text.replace("\nperipherals:\n", f"\nperipherals:\n{_CONTROLLER}", 1)
    return text


class Interrupts:
    """Takes what the firmware tells its interrupt controller to the one that LabWired has."""

    def __init__(self, sim: Any, controller: _Controller) -> None:
        self._sim = sim
        self._from = controller
        self._enabled = 0

    def __call__(self) -> None:
        """Look whether other lines have been enabled since."""
        enabled = self._sim.read_u32(self._from.enabled)
        if enabled == self._enabled:
            return
        self._enabled = enabled
        for source in range(_SOURCES):
            self._copy("lines", source)
        for line in range(1, _LINES):
            self._copy("priorities", line)
        for name in ("type", "threshold", "enabled"):
            self._copy(name)

    def _copy(self, name: str, number: int = 0) -> None:
        at, to = getattr(self._from, name), getattr(_MODEL, name)
        self._sim.write_u32(to + 4 * number, self._sim.read_u32(at + 4 * number))
