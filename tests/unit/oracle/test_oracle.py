"""The oracle: several inputs and outputs, intermediate tensors, clear refusals."""

import numpy as np
import pytest

from tests.support.tflite_writer import ModelWriter
from tests.support.tools import shared_models
from tinyedge.errors import ModelError
from tinyedge.oracle import Oracle


def _two_by_two() -> bytes:
    model = ModelWriter()
    a = model.input((1, 3), 0.5, 1)
    b = model.input((1, 3), 0.25, 0)
    total = model.add(a, b, scale=0.5, zero_point=0)
    return model.finish(model.relu6(total), model.reshape(total, (3,)))


A = np.array([[2, 1, -9]], np.int8)
B = np.array([[4, 2, 6]], np.int8)


def test_every_output_of_every_input() -> None:
    first, second = Oracle(_two_by_two()).run([A, B])
    assert first.tolist() == [[3, 1, 0]]
    assert second.tolist() == [3, 1, -7]


def test_inputs_are_taken_in_any_shape_of_the_right_size() -> None:
    first, _ = Oracle(_two_by_two()).run([A.reshape(-1), B.reshape(3, 1)])
    assert first.tolist() == [[3, 1, 0]]


def test_intermediate_tensors_of_the_last_inference() -> None:
    oracle = Oracle(_two_by_two())
    oracle.run([A, B])
    tensors = oracle.tensors()
    assert tensors[2].tolist() == [[3, 1, -7]]
    np.testing.assert_array_equal(tensors[0], A)


def test_tensors_need_an_inference() -> None:
    with pytest.raises(ModelError, match="no inference has run"):
        Oracle(_two_by_two()).tensors()


@pytest.mark.parametrize("inputs", [[A], [A, B[:, :2]], [A, B.astype(np.int16)]])
def test_wrong_inputs_are_refused(inputs: list[np.ndarray]) -> None:
    with pytest.raises(ModelError):
        Oracle(_two_by_two()).run(inputs)


def test_an_operator_that_it_lacks_is_named() -> None:
    model = ModelWriter()
    x = model.relu6(model.input((1, 4), 0.1))
    y = model.tensor((1, 4), 0.1)
    model.op("BITCAST", [x], [y])
    with pytest.raises(ModelError, match="lacks operator 1 BITCAST"):
        Oracle(model.finish(y), "m.tflite")


def test_what_would_end_the_process_is_refused() -> None:
    model = ModelWriter()
    a, b = (model.input((1, 4), 1024.0) for _ in range(2))
    with pytest.raises(ModelError, match="2\\*\\*19"):
        Oracle(model.finish(model.add(a, b, scale=0.001, zero_point=0)))


def test_standard_error_is_left_alone(capfd: pytest.CaptureFixture[str]) -> None:
    oracle = Oracle(_two_by_two())
    oracle.run([A, B])
    assert oracle.arena_used > 0
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["ad", "ic", "kws", "sww", "vww"])
def test_vectors_of_real_models(name: str) -> None:
    folder = shared_models()
    vectors = np.load(folder / f"{name}.vectors.npz")
    oracle = Oracle((folder / f"{name}.tflite").read_bytes(), name)
    for values, expected in zip(vectors["inputs"], vectors["outputs"], strict=True):
        np.testing.assert_array_equal(oracle.run([values])[0].reshape(-1), expected)
