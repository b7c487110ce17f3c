"""The cycle model against what its description says."""

import pytest

from tinyedge.compile.cycles import Instruction, Kind, cycles, decode

OTHER = Instruction(Kind.OTHER)


@pytest.mark.parametrize(
    ("mnemonic", "operands", "kind", "registers"),
    [
        ("ldr", "r5, [r0], #4", Kind.LOAD, 0),
        ("ldr.w", "r9, [sp, #24]", Kind.LOAD, 0),
        ("ldrsb.w", "r3, [r0]", Kind.LOAD, 0),
        ("ldrls", "r3, [r0]", Kind.LOAD, 0),
        ("ldrd", "r8, r9, [r10], #8", Kind.PAIR, 0),
        ("strd", "r5, r6, [r4, #0]", Kind.PAIR, 0),
        ("strhne.w", "r1, [r6, r7]", Kind.STORE, 0),
        ("ldmia.w", "r12!, {r6, r7, r8}", Kind.MANY, 3),
        ("stmdb", "sp!, {r4, r5, r6, r7, r8, r9, sl, fp, lr}", Kind.MANY, 9),
        ("push", "{r4-r11, lr}", Kind.MANY, 9),
        ("push.w", "{r4, r8, sb, sl, fp, ip, lr}", Kind.MANY, 7),
        ("vpush", "{d8-d9}", Kind.MANY, 2),
        ("bls.n", "8000 <name>", Kind.BRANCH, 0),
        ("blt.w", "8000 <name>", Kind.BRANCH, 0),
        ("bl", "8000 <name>", Kind.BRANCH, 0),
        ("bic.w", "r4, r4, #1", Kind.OTHER, 0),
        ("cbnz", "r1, 8000", Kind.BRANCH, 0),
        ("smlad", "r3, r6, r9, r3", Kind.OTHER, 0),
        ("bfi", "r1, r2, #0, #4", Kind.OTHER, 0),
    ],
)
def test_decode(mnemonic: str, operands: str, kind: Kind, registers: int) -> None:
    found = decode(mnemonic, operands)
    assert (found.kind, found.registers, found.jumps) == (kind, registers, False)


def test_cycles_of_memory_accesses() -> None:
    load, store = decode("ldr"), decode("str")
    many = decode("ldmia.w", "lr!, {r8, r9, sl, fp}")
    assert cycles(load, behind=OTHER) == 2
    assert cycles(load, behind=load) == 1
    assert cycles(load, behind=store) == 2
    assert cycles(load, behind=many) == 2
    assert cycles(store, behind=OTHER) == cycles(store, behind=load) == 1
    assert cycles(decode("ldrd"), behind=load) == 3
    assert cycles(many, behind=OTHER) == 5


def test_cycles_of_jumps() -> None:
    branch = decode("bne.n")
    assert cycles(branch, behind=None, taken=True) == 3
    assert cycles(branch, behind=None) == 1
    assert cycles(decode("pop", "{r4, pc}"), behind=OTHER) == 5
    assert cycles(decode("ldr.w", "pc, [sp], #4"), behind=OTHER) == 4
    assert not decode("ldr", "r0, [pc, #8]").jumps
    assert cycles(decode("tbb", "[pc, r3]"), behind=OTHER) == 4
