"""QEMU's execution log -> blocks of instructions, and the order in which they ran.

With ``-d exec,nochain,in_asm`` QEMU 7 prints a block's instructions once, when it translates it,
and a line each time it enters one. A block runs from its first instruction to its last: it ends
where control may go elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from tinyedge.errors import ToolError

OPTIONS = "exec,nochain,in_asm"
_KNOWN = "use the qemu-system-arm of Debian 12 (7.2); if the disk is full, free space first"
_ENTERED, _GIVEN_UP = "Trace ", "Stopped execution"
_INSTRUCTION = re.compile(r"0x([0-9a-f]{8}):  ((?:[0-9a-f]{4} ?)+) +(\S+) *(.*)")


#: what the disassembler prints for half an instruction that it does not know
_UNKNOWN = ".byte"
#: a halfword from here on is the first of two
_LONG = 0xE800


@dataclass(frozen=True)
class Instruction:
    """One instruction as the emulator disassembles it; ``bytes`` is 2 or 4."""

    address: int
    bytes: int
    mnemonic: str
    operands: str


_Listed: TypeAlias = list[tuple[Instruction, tuple[int, ...]]]


@dataclass(frozen=True)
class Block:
    """Instructions that run from first to last."""

    instructions: tuple[Instruction, ...]

    @property
    def start(self) -> int:
        """Address of the first instruction."""
        return self.instructions[0].address

    @property
    def end(self) -> int:
        """Address behind the last instruction."""
        last = self.instructions[-1]
        return last.address + last.bytes


@dataclass(frozen=True, eq=False)
class Trace:
    """All blocks that ran, and their indexes in order of execution."""

    blocks: tuple[Block, ...]
    order: list[int]


def read(lines: Iterable[str]) -> Trace:
    """Parse a log. Raises ToolError if it is not as QEMU 7 with a disassembler writes it."""
    blocks: list[Block] = []
    index: dict[str, int] = {}
    order: list[int] = []
    translated: _Listed = []
    for line in lines:
        if line.startswith(_ENTERED):
            key = line[line.index("[") : line.index("]")]
            if translated:
                index[key] = len(blocks)
                blocks.append(_block(translated, key))
                translated = []
            if key not in index:
                raise ToolError(
                    f"QEMU's log enters a block that it has not listed: {line.strip()}", _KNOWN
                )
            order.append(index[key])
        elif line.startswith(_GIVEN_UP):
            # The block that was entered last ended before its first instruction.
            order.pop()
        elif line.startswith("0x"):
            translated.append(_line(line))
        elif line.startswith("IN:"):
            translated = []
        elif line.startswith("OBJD"):
            raise ToolError(
                "this QEMU has no disassembler, so that its log does not tell instructions",
                'install one that has it: "apt-get install qemu-system-arm"',
            )
    return Trace(tuple(blocks), order)


def _line(line: str) -> tuple[Instruction, tuple[int, ...]]:
    """An instruction, and its halfwords as they are printed."""
    match = _INSTRUCTION.match(line)
    if match is None:
        raise ToolError(
            f"QEMU's log has an instruction that is not understood: {line.strip()}", _KNOWN
        )
    halves = tuple(int(half, 16) for half in match[2].split())
    return Instruction(int(match[1], 16), 2 * len(halves), match[3], match[4].strip()), halves


def _recut(listed: _Listed) -> Iterator[Instruction]:
    """The instructions as the core finds them.

    QEMU 7's disassembler cuts in two what it does not know (LE, DLS, MVE), and may go on with the
    second half as if an instruction began there. In Thumb code the first half tells the length.
    """
    if all(one.mnemonic != _UNKNOWN for one, _ in listed):
        yield from (one for one, _ in listed)
        return
    known = {(one.address, one.bytes): one for one, _ in listed if one.mnemonic != _UNKNOWN}
    halves = [half for _, some in listed for half in some]
    first, at = listed[0][0].address, 0
    while at < len(halves):
        size = 4 if halves[at] >= _LONG else 2
        key = first + 2 * at, size
        yield known.get(key, Instruction(*key, "unknown", ""))
        at += size // 2


def _block(listed: _Listed, key: str) -> Block:
    """``key``: what the emulator found the block by, its address in the second field."""
    block = Block(tuple(_recut(listed)))
    if block.start != int(key.split("/")[1], 16):
        raise ToolError(f"QEMU's log lists {block.start:#010x} where it enters {key}", _KNOWN)
    return block
