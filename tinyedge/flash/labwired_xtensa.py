"""What LabWired 0.25 lacks of an ESP32: no byte reaches its UART.

So bytes are put where the interrupt handler puts what it takes from the UART (struct te_interrupt
of the port esp_lx), and the interrupt is one that the other core would raise. What is not run so is
the loop that empties the UART's FIFO; that of an ESP32-S3, the same code, is.
"""

from __future__ import annotations

import re
from typing import Any

CHIPS = ("esp32", "esp32s3")
CLOCK_HZ = 40_000_000
"""The crystal's, to which the ports go back here: LabWired has no PLL that could be measured."""

_WRITTEN_AT, _RING_AT, _RING_SIZE = 36, 48, 1024
_LINE_OF_OTHER_CORE, _FROM_OTHER_CORE = 0x3FF0_0164, 0x3FF0_00DC
_UART_LINE = 2
_AS_LONG = "2us"


def chip(text: str, name: str) -> str:
    """The chip's description ``text`` with the clock that the ports find."""
    if name not in CHIPS:
        return text
    return re.sub(r"^cpu_hz: .*$", f"cpu_hz: {CLOCK_HZ}", text, flags=re.MULTILINE)


class Esp32:
    """The part of a simulator that a device needs, and bytes that arrive."""

    def __init__(self, sim: Any) -> None:
        self._sim = sim
        self._state = sim.symbol("te_interrupt")
        self.run_for = sim.run_for
        self.read_uart_bytes = sim.read_uart_bytes
        self.read_u32 = sim.read_u32

    def send_bytes(self, data: bytes) -> None:
        """Let bytes arrive, and interrupt the core."""
        written = self._sim.read_u32(self._state + _WRITTEN_AT)
        for number, byte in enumerate(data, written):
            self._put(self._state + _RING_AT + number % _RING_SIZE, byte)
        self._sim.write_u32(self._state + _WRITTEN_AT, written + len(data))
        self._sim.write_u32(_LINE_OF_OTHER_CORE, _UART_LINE)
        self._sim.write_u32(_FROM_OTHER_CORE, 1)
        self._sim.run_for(_AS_LONG)
        self._sim.write_u32(_FROM_OTHER_CORE, 0)

    def _put(self, at: int, byte: int) -> None:
        word, shift = at & ~3, at % 4 * 8
        rest = self._sim.read_u32(word) & ~(0xFF << shift)
        self._sim.write_u32(word, rest | byte << shift)
