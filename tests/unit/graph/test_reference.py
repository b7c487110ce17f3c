"""The numpy reference answers what TensorFlow Lite Micro answers, byte for byte."""

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from tests.support.op_cases import CASES, Case
from tinyedge.graph import reference
from tinyedge.graph.read_tflite import read
from tinyedge.graph.verify import check
from tinyedge.oracle import Oracle

# TINYEDGE_EXAMPLES=5000 searches at random instead of repeating the same few.
SEARCH = os.environ.get("TINYEDGE_EXAMPLES")
thorough = settings(
    max_examples=int(SEARCH or 40),
    derandomize=SEARCH is None,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _compare(case: Case) -> None:
    graph = read(case.data, "case")
    check(graph)
    expected = Oracle(case.data).run(case.inputs)
    answers = reference.run(graph, case.inputs)
    for answer, wanted in zip(answers, expected, strict=True):
        assert answer.dtype == wanted.dtype
        np.testing.assert_array_equal(answer, wanted)


@pytest.mark.parametrize("kind", sorted(CASES))
def test_operator_matches_the_oracle(kind: str) -> None:
    thorough(given(CASES[kind])(_compare))()
