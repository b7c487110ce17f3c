"""Estimated Cortex-M4 cycles of Thumb instructions: a model that was not checked on silicon.

Memory answers at once. LDR takes 2 cycles, 1 right behind another LDR; LDRD and STRD 3; LDM, STM,
PUSH and POP 1 and 1 a register; any of them 2 more if it loads the PC; a taken branch 3. All else
takes 1: stores of one register, multiplications, branches that are not taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

LOAD, LOAD_BEHIND_LOAD, PAIR, TAKEN_BRANCH, OTHER = 2, 1, 3, 3, 1
#: what filling the pipeline anew costs where a load sets the PC
REFILL = TAKEN_BRANCH - OTHER

_CONDITION = "(eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|al)?"
_WIDTH = r"(\.[nw])?"


class Kind(Enum):
    """What decides about an instruction's cycles."""

    LOAD = auto()
    STORE = auto()
    PAIR = auto()
    MANY = auto()
    BRANCH = auto()
    OTHER = auto()


@dataclass(frozen=True)
class Instruction:
    """``registers``: how many a MANY moves. ``jumps``: it loads the PC."""

    kind: Kind
    registers: int = 0
    jumps: bool = False


_FORMS = (
    (re.compile(rf"v?(ldm|stm|push|pop)(ia|db)?{_CONDITION}{_WIDTH}(\.\d+)?"), Kind.MANY),
    (re.compile(rf"(ldrd|strd){_CONDITION}{_WIDTH}"), Kind.PAIR),
    (re.compile(rf"v?ldr(ex)?(sb|sh|b|h)?t?{_CONDITION}{_WIDTH}(\.\d+)?|tb[bh]"), Kind.LOAD),
    (re.compile(rf"v?str(ex)?(b|h)?t?{_CONDITION}{_WIDTH}(\.\d+)?"), Kind.STORE),
    (re.compile(rf"(b|bl|bx|blx){_CONDITION}{_WIDTH}|cbn?z"), Kind.BRANCH),
)


def decode(mnemonic: str, operands: str = "") -> Instruction:
    """An instruction as objdump or QEMU prints it: ``ldmia.w`` and ``r12!, {r6, r7, r8}``."""
    kind = next((kind for form, kind in _FORMS if form.fullmatch(mnemonic)), Kind.OTHER)
    if kind is Kind.MANY:
        return Instruction(kind, _registers(operands), jumps="pc" in operands)
    table = mnemonic in {"tbb", "tbh"}
    return Instruction(kind, jumps=table or (kind is Kind.LOAD and operands.startswith("pc")))


def cycles(instruction: Instruction, *, behind: Instruction | None, taken: bool = False) -> int:
    """Cycles of one execution ``behind`` another instruction; ``taken``: the branch was."""
    refill = REFILL if instruction.jumps else 0
    if instruction.kind is Kind.LOAD:
        fast = behind is not None and behind.kind is Kind.LOAD
        return (LOAD_BEHIND_LOAD if fast else LOAD) + refill
    if instruction.kind is Kind.PAIR:
        return PAIR
    if instruction.kind is Kind.MANY:
        return 1 + instruction.registers + refill
    return TAKEN_BRANCH if instruction.kind is Kind.BRANCH and taken else OTHER


def _registers(operands: str) -> int:
    """How many registers a list such as ``{r4-r7, lr}`` or ``{r0, r1}`` names."""
    numbers = {"sp": 13, "lr": 14, "pc": 15, "sl": 10, "fp": 11, "ip": 12, "sb": 9}
    listed = operands.partition("{")[2].partition("}")[0]
    count = 0
    for part in filter(None, (part.strip() for part in listed.split(","))):
        first, _, last = part.partition("-")
        ends = [numbers.get(name) or int(name.lstrip("rsd")) for name in (first, last or first)]
        count += ends[1] - ends[0] + 1
    return count
