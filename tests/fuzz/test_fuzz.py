"""A sample of what ``make fuzz`` runs at length, and the shrinking of a failure."""

from pathlib import Path

import pytest

from tests.fuzz.__main__ import run
from tests.fuzz.batch import BOARDS
from tests.fuzz.case import Case, Failure, draw
from tests.fuzz.shrink import shrink
from tests.support.random_graph import random_model
from tests.support.tools import need
from tinyedge.graph import container
from tinyedge.graph.container import OPERATOR_NAMES
from tinyedge.graph.ops import Conv2D, Split
from tinyedge.graph.parse import PARSERS
from tinyedge.graph.types import Padding

GRAPHS = range(50)
EMULATED = ("arm-none-eabi-gcc", "qemu-system-arm")
PROGRAMS = {"host": ("gcc",), **dict.fromkeys(BOARDS, EMULATED)}


@pytest.mark.parametrize("board", PROGRAMS)
def test_random_graphs_answer_as_tflm_does(board: str, tmp_path: Path) -> None:
    need(*PROGRAMS[board])
    failures = run(board, GRAPHS, tmp_path)
    assert not failures, [f"{failure.case.name}: {failure.text}" for failure in failures]


def test_every_operator_is_drawn() -> None:
    missing = {OPERATOR_NAMES[code] for code in PARSERS}
    for seed in range(600):
        missing -= {op.name for op in container.read(random_model(seed), "m").operators}
    assert not missing


def _has_padded_convolution(case: Case) -> bool:
    return any(isinstance(op, Conv2D) and op.padding is Padding.SAME for op in case.graph.ops)


def test_a_failure_shrinks_to_the_operator_that_causes_it() -> None:
    def run_badly(cases: list[Case]) -> list[Failure]:
        return [Failure(case, "wrong") for case in cases if _has_padded_convolution(case)]

    seed = next(s for s in range(100) if len(draw(s).graph.ops) > 4 and run_badly([draw(s)]))
    smallest = shrink(Failure(draw(seed), "wrong"), run_badly).case
    (op,) = smallest.graph.ops
    assert isinstance(op, Conv2D)
    assert op.filter.elements == op.inputs[0].elements == op.outputs[0].elements == 1
    assert op.bias is None


def test_a_failure_of_several_outputs_shrinks_to_one_operator() -> None:
    def run_badly(cases: list[Case]) -> list[Failure]:
        split = [case for case in cases if any(isinstance(op, Split) for op in case.graph.ops)]
        return [Failure(case, "wrong") for case in split]

    seed = next(s for s in range(200) if len(draw(s).graph.ops) > 3 and run_badly([draw(s)]))
    (op,) = shrink(Failure(draw(seed), "wrong"), run_badly).case.graph.ops
    assert isinstance(op, Split)
