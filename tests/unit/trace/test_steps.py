"""Blocks and the steps that they belong to."""

from collections.abc import Sequence

import pytest

from tinyedge.errors import ToolError
from tinyedge.trace.log import Block, Instruction, Trace
from tinyedge.trace.steps import attribute

FUNCTIONS = {
    "te_model_invoke": range(0x10, 0x20),
    "te_aot_run": range(0x100, 0x140),
    "te_conv": range(0x200, 0x240),
    "te_pool": range(0x300, 0x340),
    "memcpy": range(0x400, 0x440),
}
INVOKE, RETURNED = 0x10, 0x18
RUN, RUN_2, RUN_END = 0x100, 0x110, 0x120
CONV, CONV_LOOP, POOL, MEMCPY = 0x200, 0x210, 0x300, 0x400
KERNELS = ("te_conv", "te_pool", "te_conv")


def _trace(*starts: int) -> Trace:
    """Blocks of (start / 16) % 16 + 1 instructions, in this order."""
    known = sorted(set(starts))
    return Trace(tuple(map(_block, known)), [known.index(start) for start in starts])


def _block(start: int) -> Block:
    size = (start >> 4) % 16 + 1
    return Block(tuple(Instruction(start + 2 * i, 2, "mov", "r0, r1") for i in range(size)))


def _counts(trace: Trace, kernels: Sequence[str] = KERNELS) -> list[int]:
    return [cost.instructions for cost in attribute(trace, FUNCTIONS, kernels)]


def test_calls_are_told_apart_by_their_order() -> None:
    trace = _trace(
        INVOKE, RUN, CONV, CONV_LOOP, CONV_LOOP, RUN_2, POOL, RUN_2, CONV, RUN_END, RETURNED
    )
    # te_aot_run's return is the last step's
    assert _counts(trace) == [1 + 1 + 2 + 2, 2 + 1, 2 + 1 + 3]


def test_a_last_call_that_does_not_come_back() -> None:
    trace = _trace(INVOKE, RUN, CONV, RUN_2, POOL, RUN_2, CONV, CONV_LOOP, RETURNED)
    assert _counts(trace) == [2, 3, 2 + 1 + 2]


def test_a_copy_of_arguments_belongs_to_the_step_that_gets_them() -> None:
    trace = _trace(INVOKE, RUN, CONV, RUN_2, MEMCPY, RUN_2, POOL, RUN_2, CONV, RETURNED)
    assert _counts(trace) == [2, 2 + 1 + 2 + 1, 3]


def test_functions_that_kernels_call_are_theirs() -> None:
    trace = _trace(INVOKE, RUN, CONV, MEMCPY, POOL, CONV_LOOP, RUN_2, POOL, RUN_2, CONV, RETURNED)
    assert _counts(trace) == [1 + 1 + 1 + 1 + 2, 3, 3]


def test_the_last_inference_counts() -> None:
    once = (INVOKE, RUN, CONV, CONV_LOOP, RUN_2, POOL, RUN_2, CONV, RETURNED)
    again = (INVOKE, RUN, CONV, RUN_2, POOL, RUN_2, CONV, RETURNED)
    assert _counts(_trace(*once, *again)) == [2, 3, 3]


@pytest.mark.parametrize(
    ("starts", "said"),
    [
        ((INVOKE, RETURNED), "does not show te_aot_run"),
        ((INVOKE, RUN, CONV), "ends before te_aot_run returned"),
        ((INVOKE, RUN, POOL, RUN_2, CONV, RETURNED), "called 1 of the plan's 3"),
    ],
)
def test_a_trace_that_is_not_the_plans_is_refused(starts: tuple[int, ...], said: str) -> None:
    with pytest.raises(ToolError, match=said):
        _counts(_trace(*starts))
