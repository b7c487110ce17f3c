"""Where flash keeps models that come with the feature ``update``: two slots, two record areas."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from tinyedge.board import UPDATE_SECTOR, Board
from tinyedge.errors import ConfigError

# An STM32F4's sectors from number 5 on (RM0090, RM0390: table 5).
_SECTOR_5 = 0x0802_0000
_SECTOR_BYTES = 128 * 1024
_FIRST_SECTORS = range(5, 9)
# Of a flash chip that ESP-IDF maps into memory by pages.
_PAGE = 64 * 1024

STACK_BYTES = 2560
"""That checking a signature takes at most: 2,380 bytes were counted on a Cortex-M0."""


class Area(NamedTuple):
    """A partition: name, offset in the flash chip and size, in bytes."""

    name: str
    origin: int
    bytes: int


def lasting(board: Board) -> bool:
    """Whether its firmware keeps models where a restart does not lose them."""
    return board.port in ("host", "esp-idf") or UPDATE_SECTOR in board.peripherals


def partitions(flash_mb: int) -> tuple[Area, ...]:
    """The areas of a flash chip of so many megabytes, its second half: a slot is a quarter."""
    slot = flash_mb * 1024 * 1024 // 4
    records = 2 * slot - 2 * _PAGE
    return (
        Area("records0", records, _PAGE),
        Area("records1", records + _PAGE, _PAGE),
        Area("slot0", 2 * slot, slot),
        Area("slot1", 3 * slot, slot),
    )


def reserved(board: Board, package: int) -> Board:
    """The board with ``memory.flash`` up to where its areas begin.

    ``package``: bytes of a slot that the model needs. Raises ConfigError where a slot has fewer, or
    where the areas leave the firmware nothing or lie where they cannot.
    """
    _require_stack(board)
    if not lasting(board) or board.port == "host":
        return board
    flash = board.memory.flash
    if board.esp is not None:
        areas = partitions(board.esp.flash_mb)
        begin, slot = areas[0].origin, areas[-1].bytes
    else:
        begin, slot = _sectors(board), _SECTOR_BYTES
    if package > slot:
        raise ConfigError(
            f"{board.id}: a package of this model takes {package:,} bytes of flash, "
            f"and a slot has {slot:,}",
            "leave out the feature update, or choose a smaller model",
        )
    size = min(flash.bytes, begin - flash.origin)
    memory = msgspec.structs.replace(board.memory, flash=msgspec.structs.replace(flash, size=size))
    return msgspec.structs.replace(board, memory=memory)


def _require_stack(board: Board) -> None:
    """Raise ConfigError where checking a signature would overflow the stack."""
    stack = board.memory.stack_bytes
    if stack < STACK_BYTES:
        raise ConfigError(
            f"{board.id}: memory.stack is {stack:,} bytes, and checking the signature of an update "
            f"takes up to {STACK_BYTES:,}",
            'give it "3K" or more, or leave out the feature update',
        )


def _sectors(board: Board) -> int:
    """Address of the first of an STM32F4's four."""
    first, flash = board.peripherals[UPDATE_SECTOR], board.memory.flash
    begin = _SECTOR_5 + (first - _FIRST_SECTORS[0]) * _SECTOR_BYTES
    if first not in _FIRST_SECTORS or begin + 4 * _SECTOR_BYTES > flash.origin + flash.bytes:
        raise ConfigError(
            f"{board.id}: peripherals.{UPDATE_SECTOR} = {first}: it and the three sectors behind "
            f"it are not all sectors of 128 KB in memory.flash ({flash.bytes:,} bytes)",
            f"{_FIRST_SECTORS[0]} to {_FIRST_SECTORS[-1]} where flash has 1 MB, "
            "or leave it out: slots are then in RAM",
        )
    return begin
