"""boards/*.toml -> frozen :class:`Board`. A board is data: unknown keys are errors."""

from __future__ import annotations

import itertools
import re
from fractions import Fraction
from pathlib import Path

import msgspec

from tinyedge import config, resources
from tinyedge.board import port
from tinyedge.board.tables import File, Flash, Link
from tinyedge.errors import ConfigError, near_match

SCHEMA = 1
UPDATE_SECTOR = "update_sector"
"""In [peripherals] of a board whose flash takes models."""


class Board(File, frozen=True, kw_only=True):
    """One board, as its TOML file says. ``id`` is the file's name; ``runtime`` the default one.

    ``experimental``: beside another board of the same chip, whose port knows more of it.

    ``peripherals``: addresses, interrupts and pins, by the names that its port gives them.
    """

    id: str

    @property
    def ticks_per_instruction(self) -> Fraction | None:
        """The exact ratio, on boards whose timer follows the instruction count; else None.

        At least 2 or whole, so that the count that a difference of two ticks stands for is certain.
        """
        if self.timer.measures != "instructions" or self.flash.icount_shift is None:
            return None
        return Fraction(self.timer.hz << self.flash.icount_shift, 1_000_000_000)

    @property
    def marks(self) -> bool:
        """Whether its firmware can mark inferences for a power monitor."""
        return "mark_pin" in self.peripherals or self.port == "host"

    @property
    def windows(self) -> tuple[int, ...]:
        """Where the chip's boot ROM shows the start of flash, to instructions and to loads.

        Empty: the program lies where ``memory.flash`` says, and no boot ROM has a part in it.
        """
        data = port.load(self.port).data_window
        return tuple(dict.fromkeys((self.memory.flash.origin, data))) if data else ()

    def instructions(self, ticks: int) -> int | None:
        """Exact number of instructions that took ``ticks``, or None if the timer cannot tell."""
        ratio = self.ticks_per_instruction
        return None if ratio is None else round(ticks / ratio)


SIMULATED = "-simulated"
"""Behind a board's id: its firmware in a simulator."""
_ID_LENGTH = 47  # what the protocol has room for


def simulated(board: Board) -> Board:
    """The board as a simulator runs it. Raises ConfigError if none does."""
    if board.simulator is None:
        able = [other.id for other in every() if other.simulator is not None]
        raise ConfigError(
            f"{board.id}: no simulator runs this board", f"simulated boards: {', '.join(able)}"
        )
    return msgspec.structs.replace(
        board,
        id=board.id + SIMULATED,
        cpu=msgspec.structs.replace(board.cpu, core=board.simulator.core or board.cpu.core),
        flash=Flash(method="labwired"),
        # It does not write its flash.
        peripherals={k: v for k, v in board.peripherals.items() if k != UPDATE_SECTOR},
        link=Link(via="socket", baud=board.simulator.baud or board.link.baud),
    )


def check_id(what: str, name: str) -> None:
    """Raise ConfigError unless a board may be called so: each of its names means this board alone.

    ``what`` begins the message. A path is none, and ".toml" and "-simulated" have a meaning.
    """
    fits = _is_name(name, _ID_LENGTH) and name[0].isalnum()
    if not fits or name.endswith((".toml", SIMULATED)):
        raise ConfigError(
            f'{what} is "{name}"',
            f"letters, digits, . _ and -, at most {_ID_LENGTH}; a letter or digit first; "
            f"not ending in .toml or {SIMULATED}",
        )


def available() -> list[str]:
    """Ids of all boards, sorted."""
    return sorted(path.stem for path in resources.root("boards").glob("*.toml"))


def survey() -> tuple[list[Board], dict[Path, ConfigError]]:
    """Every board whose file is right, sorted by id; and what is wrong with each other file."""
    found, wrong = [], {}
    for path in sorted(resources.root("boards").glob("*.toml")):
        try:
            found.append(read(path))
        except ConfigError as error:
            wrong[path] = error
    return sorted(found, key=lambda board: board.id), wrong


def every() -> list[Board]:
    """Every board whose file is right, sorted by id: another's mistake is no one else's matter."""
    return survey()[0]


def load(board_id: str) -> Board:
    """Return the board of that id, or of that path to a .toml file.

    An id with "-simulated" behind it is that board as a simulator runs it.
    Raises ConfigError if there is none (with the nearest match) or the file is wrong.
    """
    if board_id.endswith(".toml"):
        return read(Path(board_id))
    if board_id.endswith(SIMULATED) and board_id.removesuffix(SIMULATED) in available():
        return simulated(load(board_id.removesuffix(SIMULATED)))
    path = resources.root("boards") / f"{board_id}.toml"
    if board_id not in available():
        names = ", ".join(available())
        raise ConfigError(
            f'there is no board "{board_id}"{near_match(board_id, available())}', f"boards: {names}"
        )
    return read(path)


def read(path: Path) -> Board:
    """Read and check one board file. Raises ConfigError naming file, key, and what is allowed."""
    raw = config.read(path, SCHEMA, 'choose one that "tinyedge boards" lists, or another file')
    board = Board(id=path.stem, **msgspec.structs.asdict(config.convert(raw, File, path)))
    _check_sizes(board, path)
    _check_values(board, path)
    return board


def _check_sizes(board: Board, path: Path) -> None:
    sizes = {
        "memory.flash.size": board.memory.flash.size,
        "memory.ram.size": board.memory.ram.size,
        **({} if board.memory.code is None else {"memory.code.size": board.memory.code.size}),
        "memory.stack": board.memory.stack,
        **({} if board.memory.system is None else {"memory.system": board.memory.system}),
    }
    for key, value in sizes.items():
        config.require_size(path, key, value)


def _check_values(board: Board, path: Path) -> None:
    """What the types do not say. The first mistake is raised."""
    check_id(f"{path}: the file's name", board.id)
    if not _is_name(board.timer.source, 23):
        raise ConfigError(
            f'{path}: timer.source is "{board.timer.source}"',
            "letters, digits, . _ and -, at most 23",
        )
    _check_port(board, path)
    for key, value, low, high in _bounds(board):
        if not low <= value <= high:
            raise ConfigError(f"{path}: {key} = {value} is not allowed", f"{low} to {high}")
    _check_memory(board, path)
    if board.flash.method == "qemu" and not board.flash.machine:
        raise ConfigError(
            f'{path}: flash.method "qemu" needs flash.machine',
            'see "qemu-system-arm -machine help"',
        )
    ratio = board.ticks_per_instruction
    if ratio is not None and ratio < 2 and ratio.denominator != 1:
        raise ConfigError(
            f"{path}: {ratio} ticks an instruction leave its count uncertain",
            "raise flash.icount_shift until timer.hz * 2^icount_shift is 2_000_000_000 or more",
        )


def _check_port(board: Board, path: Path) -> None:
    """Port, timer and peripherals: those that the port knows, and all of them."""
    if board.port not in port.available():
        names = port.available()
        raise ConfigError(
            f'{path}: there is no port "{board.port}"{near_match(board.port, names)}',
            f"ports: {', '.join(names)}",
        )
    known = port.load(board.port)
    if board.timer.source not in known.timers:
        raise ConfigError(
            f'{path}: timer.source "{board.timer.source}" is none of port "{board.port}"'
            + near_match(board.timer.source, known.timers),
            f"allowed: {', '.join(known.timers)}",
        )
    for key in board.peripherals:
        if key not in known.meanings:
            raise ConfigError(
                f'{path}: unknown key "peripherals.{key}"{near_match(key, known.meanings)}',
                f"allowed in [peripherals]: {', '.join(known.meanings) or 'none'}",
            )
    for key, meaning in known.peripherals.items():
        if key not in board.peripherals:
            raise ConfigError(f'{path}: "peripherals.{key}" is missing', f"{key}: {meaning}")


def _bounds(board: Board) -> list[tuple[str, int, int, int]]:
    """(key, value, least, most)."""
    most = 2**32 - 1
    found = [
        ("cpu.clock_hz", board.cpu.clock_hz, 1, most),
        ("timer.hz", board.timer.hz, 1, most),
        # What the USB serial chips on Espressif's boards can do.
        (
            "link.baud",
            board.link.baud,
            300,
            921_600 if board.esp or board.flash.esptool else 12_000_000,
        ),
        ("memory.flash.origin", board.memory.flash.origin, 0, most),
        ("memory.ram.origin", board.memory.ram.origin, 0, most),
    ]
    if board.memory.code is not None:
        found.append(("memory.code.origin", board.memory.code.origin, 0, most))
    found += [
        (f"memory.{name}.size", region.bytes, 1, most + 1 - region.origin)
        for name, region in board.memory.regions.items()
    ]
    found += [(f"peripherals.{key}", value, 0, most) for key, value in board.peripherals.items()]
    shift = board.flash.icount_shift
    return found + ([] if shift is None else [("flash.icount_shift", shift, 0, 10)])


def _is_name(text: str, most: int) -> bool:
    return re.fullmatch(r"[A-Za-z0-9._-]+", text) is not None and len(text) <= most


def _check_memory(board: Board, path: Path) -> None:
    flash, ram, stack = board.memory.flash, board.memory.ram, board.memory.stack_bytes
    if stack + board.memory.system_bytes >= ram.bytes:
        system = (
            f" and memory.system ({board.memory.system_bytes:,})" if board.memory.system else ""
        )
        raise ConfigError(
            f"{path}: memory.stack ({stack:,} bytes){system} leaves nothing of memory.ram "
            f"({ram.bytes:,})",
            "lower it, or write the RAM that the chip has in memory.ram.size",
        )
    if flash.origin == ram.origin:  # the host has no addresses of its own
        return
    for (one, first), (other, second) in itertools.combinations(board.memory.regions.items(), 2):
        if first.overlaps(second):
            raise ConfigError(
                f"{path}: memory.{one} and memory.{other} overlap",
                f"they are {first} and {second}; correct one by the chip's data sheet",
            )
