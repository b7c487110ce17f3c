"""Loads and estimated cycles of a block of Cortex-M instructions."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.compile import cycles
from tinyedge.compile.cycles import Kind, decode
from tinyedge.trace.log import Block


@dataclass(frozen=True)
class Cost:
    """Of code that ran: instructions (exact), words that they loaded, estimated M4 cycles.

    An instruction under IT counts, and loads, whether or not its condition held.
    """

    instructions: int = 0
    loads: int = 0
    cycles: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.instructions + other.instructions,
            self.loads + other.loads,
            self.cycles + other.cycles,
        )

    def __mul__(self, times: int) -> Cost:
        return Cost(self.instructions * times, self.loads * times, self.cycles * times)


def of(block: Block, leaves: bool) -> Cost:
    """One run through ``block``; ``leaves``: what ran next is not what stands behind it."""
    total = loads = 0
    behind = None
    last = block.instructions[-1]
    for one in block.instructions:
        instruction = decode(one.mnemonic, one.operands)
        loads += words_loaded(one.mnemonic, instruction)
        total += cycles.cycles(instruction, behind=behind, taken=leaves and one is last)
        behind = instruction
    return Cost(len(block.instructions), loads, total)


def words_loaded(mnemonic: str, instruction: cycles.Instruction) -> int:
    """Words, halfwords or bytes that it reads from memory: N for an LDM of N registers."""
    if instruction.kind is Kind.LOAD:
        return 1
    if not mnemonic.removeprefix("v").startswith(("ld", "pop")):
        return 0
    return {Kind.PAIR: 2, Kind.MANY: instruction.registers}.get(instruction.kind, 0)
