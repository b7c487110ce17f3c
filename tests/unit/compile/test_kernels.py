"""Each operator, compiled: numpy and the C kernels answer what TensorFlow Lite Micro answers."""

import numpy as np
import pytest
from hypothesis import given

from tests.support import native
from tests.support.op_cases import CASES, Case
from tests.support.thorough import thorough
from tinyedge.compile import Options, compile_graph
from tinyedge.compile.execute import execute
from tinyedge.graph.read_tflite import read
from tinyedge.graph.verify import check
from tinyedge.oracle import Oracle


def _compare(case: Case) -> None:
    graph = read(case.data, "case")
    check(graph)
    plan = compile_graph(graph, "host", Options(portable=True))
    expected = Oracle(case.data).run(case.inputs)
    for runner in (execute, native.kernels().run):
        for answer, wanted in zip(runner(plan, case.inputs), expected, strict=True):
            assert answer.dtype == wanted.dtype
            np.testing.assert_array_equal(answer.reshape(-1), wanted.reshape(-1), runner.__name__)


@pytest.mark.parametrize("kind", sorted(CASES))
def test_operator_matches_the_oracle(kind: str) -> None:
    thorough(given(CASES[kind])(_compare))()
