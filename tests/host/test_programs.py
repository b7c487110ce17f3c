"""Whole generated programs under the address and undefined behaviour sanitizers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support import native
from tests.support.random_graph import random_inputs, random_model
from tests.support.tflite_writer import ModelWriter
from tests.support.tools import shared_models
from tinyedge.compile import Options, compile_graph
from tinyedge.compile.execute import execute, trace
from tinyedge.graph.read_tflite import read
from tinyedge.oracle import Oracle

PORTABLE = Options(portable=True)


def _same(answers: Sequence[NDArray[Any]], wanted: Sequence[NDArray[Any]]) -> None:
    for answer, expected in zip(answers, wanted, strict=True):
        np.testing.assert_array_equal(answer.reshape(-1), expected.reshape(-1))


@pytest.mark.parametrize("seed", range(4))
def test_random_graphs(seed: int, tmp_path: Path) -> None:
    data = random_model(seed, layers=8)
    graph = read(data, "random")
    plan = compile_graph(graph, "host", PORTABLE)
    program = native.program(graph, plan, data, tmp_path)
    for inputs in random_inputs(graph, seed):
        _same(native.answer(program, plan, inputs), Oracle(data).run(inputs))


def test_float_edges(tmp_path: Path) -> None:
    model = ModelWriter()
    x = model.quantize(model.input((1, 6, 5, 3), dtype="float32"), scale=0.03, zero_point=4)
    weights = np.random.default_rng(2).integers(-127, 128, (5, 3, 3, 3)).astype(np.int8)
    y = model.conv2d(x, weights, 0.02, None, scale=0.5, zero_point=-9, padding="SAME")
    data = model.finish(model.dequantize(y))
    graph = read(data, "floats")
    plan = compile_graph(graph, "host", PORTABLE)
    program = native.program(graph, plan, data, tmp_path)
    values = np.random.default_rng(3).normal(0, 3, (1, 6, 5, 3)).astype(np.float32)
    _same(native.answer(program, plan, [values]), Oracle(data).run([values]))


@pytest.mark.parametrize("name", ["ad", "ic", "kws", "sww", "vww"])
def test_models_of_others(name: str, tmp_path: Path) -> None:
    data = (shared_models() / f"{name}.tflite").read_bytes()
    vectors = np.load(shared_models() / f"{name}.vectors.npz")
    graph = read(data, name)
    plan = compile_graph(graph, "host", PORTABLE)
    program = native.program(graph, plan, data, tmp_path, "-O2")
    pairs = list(zip(vectors["inputs"], vectors["outputs"], strict=True))
    for sent, wanted in pairs[:3]:
        inputs = [sent.reshape(graph.inputs[0].shape)]
        _same(native.answer(program, plan, inputs), [wanted])
        _same(execute(plan, inputs), [wanted])


@pytest.mark.parametrize("seed", [1, 2, 17, 20])
def test_every_step_matches_the_reference(seed: int) -> None:
    """Layer by layer, where random inputs would not show behind a saturated softmax.

    Of models in which no channel is constant: each step then writes a whole tensor.
    """
    data = random_model(seed, layers=8)
    graph = read(data, "random")
    plan = compile_graph(graph, "host", PORTABLE)
    inputs = random_inputs(graph, seed)[1]
    oracle = Oracle(data)
    oracle.run(inputs)
    tensors = oracle.tensors()
    outputs = trace(plan, inputs)
    assert len(outputs) > 4
    for step, output in zip(plan.steps, outputs, strict=True):
        _same([output], [tensors[step.output.tensor]])
