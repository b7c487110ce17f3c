"""An output may lie as close before or behind an input as its kernel says, to the byte."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from tests.support import native
from tests.support.op_cases import CASES, Case
from tinyedge.compile.kernels import portable
from tinyedge.compile.lower import lower
from tinyedge.compile.passes import choose, place
from tinyedge.compile.plan import Plan, Slot
from tinyedge.compile.program import Node
from tinyedge.graph.read_tflite import read
from tinyedge.oracle import Oracle

KINDS = sorted(set(CASES) - {"PAD", "PADV2", "CONCATENATION"})  # these never overlap


def _tight(plan: Plan, node: Node, distance: int) -> Plan:
    """The first output ``distance`` behind the first input, further inputs out of the way."""
    source, target = max(0, -distance), max(0, distance)
    end = max(target + node.output.bytes, source + node.inputs[0].bytes)
    slots = {plan.inputs[0].tensor: replace(plan.inputs[0], offset=source)}
    for slot in plan.inputs[1:]:
        slots[slot.tensor] = replace(slot, offset=end)
        end += slot.bytes
    step = plan.steps[0]
    operands = tuple(slots[x.tensor] if isinstance(x, Slot) else x for x in step.inputs)
    output = replace(step.output, offset=target)
    return replace(
        plan,
        steps=(replace(step, inputs=operands, output=output),),
        inputs=tuple(slots[slot.tensor] for slot in plan.inputs),
        outputs=(output,),
        arena_bytes=end,
    )


def _compare(case: Case) -> None:
    program = lower(read(case.data, "case"))
    kernels = choose.transform(program, portable.KERNELS)
    node = program.nodes[0]
    if node.inputs[0].data is not None:
        return
    rule = kernels[0].overlap(node, 0)
    wanted, *_ = Oracle(case.data).run(case.inputs)
    for distance in (-rule.lead, rule.lag):
        plan = _tight(place.transform(program, kernels, "host", code=0), node, distance)
        (answer,) = native.kernels().run(plan, case.inputs)
        np.testing.assert_array_equal(answer.reshape(-1), wanted.reshape(-1))


@pytest.mark.parametrize("kind", KINDS)
def test_lead_and_lag_are_enough(kind: str) -> None:
    thorough = settings(
        max_examples=30,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    thorough(given(CASES[kind])(_compare))()
