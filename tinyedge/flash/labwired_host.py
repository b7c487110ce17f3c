"""A device that the simulator LabWired runs, behind the socket that every emulated device has.

Run as ``python -m tinyedge.flash.labwired_host ELF CHIP UART INTERRUPT WINDOWS`` with
TE_LISTEN=fd:N in the environment; WINDOWS is where a boot ROM shows the flash, if one does.
Simulated time goes on only while the firmware has something to answer. With TE_IDLE_S the process
ends when nothing has arrived for that many seconds.

An Arm core begins at the firmware's vectors, as after a bootloader. LabWired 0.25 falls short in
three places there, which are made up for here: it takes VLDR's literals from four bytes too low,
its UARTs raise no receive interrupt, and its nRF52840 lacks SysTick.
"""

from __future__ import annotations

import importlib
import os
import re
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from tinyedge.flash import labwired_esp, labwired_xtensa

_SLICE = "200us"
_START_SLICES = 500  # until the firmware has said that it is ready
_IDLE_SLICES = 50  # without a byte from the device, after its last answer
_BURST = 16  # bytes at a time: what UARTs hold
_BURST_TIME = "30us"
_NVIC_ISPR = 0xE000_E200
_SYSTICK = "  - {id: systick, type: systick, base_address: 0xE000E010}\n"


def corrected(elf: Path) -> bytes:
    """The ELF with VLDR (literal) four bytes further, from where LabWired 0.25 then loads.

    Code is told from data by the mapping symbols that Arm ELFs have.
    """
    data = bytearray(elf.read_bytes())
    with elf.open("rb") as stream:
        opened = ELFFile(stream)
        text, symbols = opened.get_section_by_name(".text"), _symbols(opened)
        assert text is not None
        start, size = text["sh_addr"], text["sh_size"]
        marks = sorted(
            (symbol["st_value"] - start, symbol.name[:2])
            for symbol in symbols.iter_symbols()
            if symbol.name[:2] in ("$t", "$d") and 0 <= symbol["st_value"] - start < size
        )
        offset = text["sh_offset"]
    ends = [at for at, _ in marks[1:]] + [size]
    for (begin, kind), end in zip(marks, ends, strict=True):
        if kind == "$t":
            _correct(data, offset + begin, offset + end)
    return bytes(data)


def _symbols(elf: ELFFile) -> SymbolTableSection:
    table = elf.get_section_by_name(".symtab")
    assert isinstance(table, SymbolTableSection)
    return table


def _correct(data: bytearray, at: int, end: int) -> None:
    """Add a word to the offset of each VLDR Dn or Sn, [PC, #offset] among the instructions."""
    while at < end:
        first = int.from_bytes(data[at : at + 2], "little")
        if first < 0xE800:
            at += 2
            continue
        if first & 0xFFBF == 0xED9F and data[at + 3] & 0xE == 0xA:
            data[at + 2] += 1
        at += 4


def vectors(elf: Path) -> int | None:
    """Address of an Arm firmware's vector table."""
    with elf.open("rb") as stream:
        found = _symbols(ELFFile(stream)).get_symbol_by_name("te_vectors")
    return int(found[0]["st_value"]) if found else None


def system_file(folder: Path, chip: str, configs: Path, start: int | None) -> Path:
    """Write a system in ``folder`` whose chip is the packaged one, with SysTick.

    ``start``: address of the vectors.
    """
    text = (configs / "chips" / f"{chip}.yaml").read_text()
    flash = re.search(r"^flash:\n +base: (0x[0-9A-Fa-f_]+)", text, re.MULTILINE)
    if start is not None and flash and "reset_vector_offset" not in text:
        text = f"reset_vector_offset: {start - int(flash[1], 16)}\n{text}"
    text = labwired_xtensa.chip(labwired_esp.chip(text, chip), chip).replace(
        "../peripherals/", f"{configs}/peripherals/"
    )
    if 'type: "systick"' not in text and not re.search(r'^arch: "(riscv|xtensa)', text, re.M):
        text = text.replace("\nperipherals:\n", f"\nperipherals:\n{_SYSTICK}", 1)
    (folder / "chip.yaml").write_text(text)
    system = folder / "system.yaml"
    system.write_text(f'name: "{chip}"\nchip: "{folder}/chip.yaml"\nperipherals: []\n')
    return system


class Device:
    """One simulated microcontroller: bytes in, bytes out."""

    def __init__(self, sim: Any, interrupt: Callable[[], None]) -> None:
        self._sim = sim
        self._interrupt = interrupt
        self._quiet = 0

    @property
    def idle(self) -> bool:
        """Whether it has had its time to answer, and says nothing more."""
        return self._quiet >= _IDLE_SLICES

    def start(self) -> None:
        """Let the firmware start: what came sooner would be lost."""
        for _ in range(_START_SLICES):
            if self.run():
                return

    def send(self, data: bytes) -> None:
        """Let bytes arrive, as fast as the firmware takes them."""
        for at in range(0, len(data), _BURST):
            self._sim.send_bytes(data[at : at + _BURST])
            self._interrupt()
            self._sim.run_for(_BURST_TIME)

    def run(self) -> bytes:
        """A slice of time; returns what the firmware has sent."""
        self._sim.run_for(_SLICE)
        self._interrupt()
        out: bytes = self._sim.read_uart_bytes()
        self._quiet = 0 if out else self._quiet + 1
        return out

    def wake(self) -> None:
        """A request has come: time goes on until it is answered."""
        self._quiet = -1_000_000_000


def serve(listener: socket.socket, device: Device, idle_s: float | None) -> None:
    """Serve one peer after the other until none has spoken for ``idle_s``."""
    listener.settimeout(idle_s)
    while True:
        try:
            peer, _ = listener.accept()
        except TimeoutError:
            return
        with peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                _talk(peer, device, idle_s)
            except TimeoutError:
                return
            except OSError:
                continue  # the peer has gone; the next one may come


def _talk(peer: socket.socket, device: Device, idle_s: float | None) -> None:
    while True:
        # Asleep while the firmware is: its time stands still until a byte comes.
        peer.settimeout(idle_s if device.idle else 0)
        try:
            data = peer.recv(4096)
        except BlockingIOError:
            data = b""
        else:
            if not data:
                return
            device.wake()
            device.send(data)
        out = device.run()
        if out:
            peer.sendall(out)


def simulation(elf: Path, chip: str, uart: str, windows: str) -> Any:
    """The firmware in a simulator that has run nothing of it yet."""
    labwired = importlib.import_module("labwired")
    configs = Path(str(labwired.__file__)).parent / "configs"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        firmware = folder / "firmware.elf"
        if windows:
            shown = [int(window, 16) for window in windows.split(",")]
            firmware.write_bytes(labwired_esp.booted(elf, shown))
            system = system_file(folder, chip, configs, None)
        elif chip in labwired_xtensa.CHIPS:
            firmware = elf
            system = system_file(folder, chip, configs, None)
        else:
            firmware.write_bytes(corrected(elf))
            system = system_file(folder, chip, configs, vectors(firmware))
        sim = labwired.Sim(firmware, system=system, uart=uart or None)
    return labwired_xtensa.Esp32(sim) if chip == "esp32" else sim


def interrupts(sim: Any, chip: str, number: str) -> Callable[[], None]:
    """What makes up for an interrupt of the UART that LabWired does not raise."""
    if chip in labwired_esp.CONTROLLERS:
        return labwired_esp.Interrupts(sim, labwired_esp.CONTROLLERS[chip])
    if not number:
        return lambda: None
    word, bit = divmod(int(number), 32)
    return lambda: sim.write_u32(_NVIC_ISPR + 4 * word, 1 << bit)


def main() -> None:
    """Run the firmware."""
    elf, chip, uart, interrupt, windows = sys.argv[1:]
    sim = simulation(Path(elf), chip, uart, windows)
    listener = socket.socket(fileno=int(os.environ["TE_LISTEN"].removeprefix("fd:")))
    limit = os.environ.get("TE_IDLE_S")
    device = Device(sim, interrupts(sim, chip, interrupt))
    device.start()
    serve(listener, device, float(limit) if limit else None)


if __name__ == "__main__":
    main()
