"""Instructions, loads and cycles of one block."""

import pytest

from tinyedge.compile.cycles import decode
from tinyedge.trace import cost
from tinyedge.trace.cost import Cost
from tinyedge.trace.log import Block, Instruction


def _block(*text: str) -> Block:
    words = [line.partition(" ") for line in text]
    return Block(tuple(Instruction(2 * i, 2, w[0], w[2]) for i, w in enumerate(words)))


def test_a_loop_costs_more_each_time_it_goes_back() -> None:
    loop = _block("ldr r0, [r1], #4", "ldr r2, [r3], #4", "smlad r4, r0, r2, r4", "bne #0x0")
    assert cost.of(loop, leaves=True) == Cost(4, 2, 2 + 1 + 1 + 3)
    assert cost.of(loop, leaves=False) == Cost(4, 2, 2 + 1 + 1 + 1)


def test_what_moves_several_words() -> None:
    block = _block("push.w {r4, r8, sb, lr}", "ldm r0!, {r1, r2, r3}", "ldrd r4, r5, [r0]")
    assert cost.of(block, leaves=False) == Cost(3, 5, 5 + 4 + 3)


def test_only_a_branch_is_taken() -> None:
    straight = _block("mov r0, r1", "add r0, r1")  # cut at the end of a page
    assert cost.of(straight, leaves=True) == Cost(2, 0, 2)


@pytest.mark.parametrize(
    ("mnemonic", "operands", "words"),
    [
        ("ldrsb", "r0, [r1]", 1),
        ("vldr", "s0, [r1]", 1),
        ("pop", "{r4, pc}", 2),
        ("strd", "r0, r1, [r2]", 0),
        ("stm", "r0!, {r1, r2}", 0),
        ("vpop", "{d8, d9}", 2),
        ("str", "r0, [r1]", 0),
        ("add", "r0, r1", 0),
    ],
)
def test_words_loaded(mnemonic: str, operands: str, words: int) -> None:
    assert cost.words_loaded(mnemonic, decode(mnemonic, operands)) == words


def test_costs_add_up() -> None:
    assert sum([Cost(1, 2, 3), Cost(4, 5, 6) * 2], Cost()) == Cost(9, 12, 15)
