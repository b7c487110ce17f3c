"""The numpy reference answers what TensorFlow Lite Micro answers, byte for byte."""

import numpy as np
import pytest
from hypothesis import given

from tests.support.op_cases import CASES, Case
from tests.support.tflite_writer import ModelWriter
from tests.support.thorough import thorough
from tests.support.tools import shared_models
from tinyedge.errors import ModelError
from tinyedge.graph import reference
from tinyedge.graph.ops import Softmax
from tinyedge.graph.read_tflite import read
from tinyedge.graph.verify import check
from tinyedge.oracle import Oracle


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


@pytest.mark.parametrize("name", ["ad", "ic", "kws", "sww", "vww"])
def test_real_models_match_their_vectors_and_the_oracle_in_every_tensor(name: str) -> None:
    folder = shared_models()
    data = (folder / f"{name}.tflite").read_bytes()
    vectors = np.load(folder / f"{name}.vectors.npz")
    graph, oracle = read(data, name), Oracle(data, name)
    check(graph)
    before_softmax = next(
        (op.inputs[0] for op in graph.ops if isinstance(op, Softmax)), graph.outputs[0]
    )
    columns = (vectors[key] for key in ("inputs", "outputs", "logits"))
    for values, output, logits in zip(*columns, strict=True):
        tensors = reference.run(graph, [values], keep=True)
        np.testing.assert_array_equal(tensors[graph.outputs[0].index].reshape(-1), output)
        np.testing.assert_array_equal(tensors[before_softmax.index].reshape(-1), logits)
    oracle.run([vectors["inputs"][-1]])
    for index, expected in oracle.tensors().items():
        np.testing.assert_array_equal(tensors[index], expected)


def test_inputs_of_another_size_are_refused() -> None:
    model = ModelWriter()
    graph = read(model.finish(model.relu6(model.input((1, 4), 0.1))), "m")
    for inputs in ([], [np.zeros(3, np.int8)], [np.zeros(4, np.float32)]):
        with pytest.raises(ModelError, match="m: "):
            reference.run(graph, inputs)
