"""The tables of a board file: what each says. Their keys are those of the TOML."""

from __future__ import annotations

from typing import Literal

import msgspec

from tinyedge import config


class Cpu(config.Table, frozen=True, kw_only=True):
    """The core as the compiler and the kernels know it, and its clock in hertz."""

    core: str
    clock_hz: int


class Region(config.Table, frozen=True, kw_only=True):
    """A memory region: first address and size (bytes, or with K or M: "64K")."""

    origin: int
    size: int | str

    @property
    def bytes(self) -> int:
        """Size in bytes."""
        return config.parse_size(self.size)

    def __str__(self) -> str:
        """First and last address: "0x8000000 to 0x80fffff"."""
        return f"{self.origin:#x} to {self.origin + self.bytes - 1:#x}"

    def overlaps(self, other: Region) -> bool:
        """Whether the two have an address in common."""
        return self.origin < other.origin + other.bytes and other.origin < self.origin + self.bytes


class Memory(config.Table, frozen=True, kw_only=True):
    """Program memory, data memory, and the parts of data memory kept for stack and system.

    ``code``: the memory that the core fetches instructions from, where ``flash`` has constants
    alone. ``system``: about what an operating system takes of ``ram`` for its own code and data.
    """

    flash: Region
    ram: Region
    code: Region | None = None
    stack: int | str
    system: int | str | None = None

    @property
    def regions(self) -> dict[str, Region]:
        """Those that there are, by their keys."""
        code = {} if self.code is None else {"code": self.code}
        return {"flash": self.flash, "ram": self.ram, **code}

    @property
    def stack_bytes(self) -> int:
        """Stack size in bytes."""
        return config.parse_size(self.stack)

    @property
    def system_bytes(self) -> int:
        """The operating system's part in bytes; 0 where there is none."""
        return 0 if self.system is None else config.parse_size(self.system)


class Build(config.Table, frozen=True, kw_only=True):
    """Compiler and the flags that select the core and ABI."""

    toolchain: str
    flags: tuple[str, ...] = ()


class Timer(config.Table, frozen=True, kw_only=True):
    """The counter behind te_port_ticks(), its ticks a second, and what it measures."""

    source: str
    measures: Literal["instructions", "cycles", "wall"]
    hz: int


class OpenOcd(config.Table, frozen=True, kw_only=True):
    """OpenOCD's scripts: interface/<interface>.cfg is the probe, target/<target>.cfg the chip."""

    interface: str
    target: str


class PyOcd(config.Table, frozen=True, kw_only=True):
    """pyOCD's name of the chip ("pyocd list --targets")."""

    target: str


class Uf2(config.Table, frozen=True, kw_only=True):
    """Family id of the chip in UF2 files, and how the drive of its bootloader is known.

    ``volume``: what the Board-ID in the drive's INFO_UF2.TXT begins with. ``label``: the drive's
    name, where that is another.
    """

    family: int
    volume: str
    label: str = ""


class Nrfutil(config.Table, frozen=True, kw_only=True):
    """The SoftDevice that lies before Adafruit's bootloader and the firmware, by its firmware id.

    The bootloader refuses firmware for another: that would begin elsewhere in flash.
    """

    softdevice: int


class Esptool(config.Table, frozen=True, kw_only=True):
    """esptool's name of the chip, and where in flash its boot ROM looks for an image.

    For firmware without ESP-IDF, whose builds say for themselves what is written where.
    """

    chip: str
    image_at: int


class Simulator(config.Table, frozen=True, kw_only=True):
    """LabWired's name of the chip, and of the UART that the link uses where it has several.

    ``interrupt``: of that UART on Cortex-M, which LabWired does not raise itself. ``core``: where
    it lacks some of the core's instructions, another core, to compile the model for. ``baud``: a
    rate that saves time where it counts that of each byte.
    """

    chip: str
    uart: str = ""
    interrupt: int | None = None
    core: str = ""
    baud: int | None = None


class Flash(config.Table, frozen=True, kw_only=True):
    """How firmware gets onto the board.

    ``machine`` is the emulator's name for it; under ``icount_shift`` N the emulator's clock goes
    on by exactly 2^N nanoseconds an instruction. A tool's table says what it must know of the chip;
    a board may have several, and ``method`` names the one that is used.
    """

    method: str
    machine: str = ""
    icount_shift: int | None = None
    openocd: OpenOcd | None = None
    pyocd: PyOcd | None = None
    uf2: Uf2 | None = None
    nrfutil: Nrfutil | None = None
    esptool: Esptool | None = None


class Link(config.Table, frozen=True, kw_only=True):
    """How the host reaches the board: ``socket`` (emulated) or ``serial``."""

    via: Literal["socket", "serial"]
    baud: int = 115200


class Esp(config.Table, frozen=True, kw_only=True):
    """What only Espressif's chips have: ESP-IDF's name of the chip, its flash and external RAM.

    ``memory.flash`` is the application's partition of a flash chip of ``flash_mb`` megabytes.
    With ``psram`` the arena lies there, and ``memory.ram`` is its size.
    """

    target: Literal["esp32", "esp32s3", "esp32c3"]
    flash_mb: Literal[2, 4, 8, 16]
    psram: Literal["none", "quad", "octal"] = "none"


class File(config.Table, frozen=True, kw_only=True):
    """A whole board file."""

    schema: int
    name: str
    port: str
    runtime: Literal["aot", "tflm"] = "aot"
    experimental: bool = False
    cpu: Cpu
    memory: Memory
    build: Build
    timer: Timer
    flash: Flash
    link: Link
    esp: Esp | None = None
    simulator: Simulator | None = None
    peripherals: dict[str, int] = msgspec.field(default_factory=dict)
