"""Which layers run together by rows, and that it happens where it pays. Bytes: tests/fuzz."""

import numpy as np
import pytest

from tests.support.random_graph import random_inputs
from tests.support.tflite_writer import Handle, ModelWriter
from tests.support.tools import shared_models
from tinyedge.compile import Options, Plan, compile_graph
from tinyedge.compile.execute import execute
from tinyedge.compile.params import Strips
from tinyedge.graph import read_tflite, reference

RELU = {"scale": 0.1, "zero_point": -128, "activation": "RELU"}
CORES = ("cortex-m4f", "host")


def _ones(*shape: int) -> np.ndarray:
    return np.ones(shape, np.int8)


def _expanding(rows: int = 24) -> tuple[ModelWriter, Handle, Handle]:
    """A small input, a large tensor, a small output."""
    model = ModelWriter()
    x = model.input((1, rows, 64, 8), scale=0.05, zero_point=-128)
    wide = model.conv2d(x, _ones(16, 1, 1, 8), 0.02, None, **RELU)
    kernel = _ones(1, 3, 3, 16)
    y = model.depthwise_conv2d(wide, kernel, 0.02, None, stride=(2, 2), padding="SAME", **RELU)
    return model, wide, y


def _compile(model: ModelWriter, *outputs: Handle, core: str = "cortex-m4f") -> Plan:
    return compile_graph(read_tflite.read(model.finish(*outputs), "test"), core)


def _strips(plan: Plan) -> list[Strips]:
    return [step.params for step in plan.steps if isinstance(step.params, Strips)]


@pytest.mark.parametrize("core", CORES)
def test_a_large_tensor_between_two_layers_is_never_whole(core: str) -> None:
    model, wide, y = _expanding()
    plan = _compile(model, y, core=core)
    assert plan.arena_bytes < np.prod(wide.shape)
    (strips,) = _strips(plan)
    assert plan.macs == 24 * 64 * 16 * 8 + 9 * 12 * 32 * 16
    assert strips.strips * strips.second.output_shape[1] == 12
    assert strips.advance == 2 * strips.second.output_shape[1]


def test_a_tensor_that_others_need_stays_whole() -> None:
    model, wide, y = _expanding()
    assert not _strips(_compile(model, y, wide))
    model, wide, y = _expanding()
    pooled = model.average_pool2d(wide, window=(24, 64))
    assert not _strips(_compile(model, y, pooled))


def test_a_single_row_of_output_is_no_strip() -> None:
    model, _, y = _expanding(rows=2)
    assert not _strips(_compile(model, y))


def test_layers_that_do_not_fill_the_arena_stay_apart_unless_told() -> None:
    model, _, y = _expanding()
    small = model.conv2d(y, _ones(8, 1, 1, 16), 0.02, None, **RELU)
    end = model.depthwise_conv2d(small, _ones(1, 3, 3, 8), 0.02, None, padding="SAME", **RELU)
    graph = read_tflite.read(model.finish(end), "test")
    assert len(_strips(compile_graph(graph, "cortex-m4f"))) == 1
    every = _strips(compile_graph(graph, "cortex-m4f", Options(strips=3)))
    assert [strips.second.output_shape[1] for strips in every] == [3, 3]


@pytest.mark.parametrize(
    ("name", "most"), [("kws", 10_000), ("ad", 2_100), ("ic", 47_000), ("vww", 29_000)]
)
def test_arenas_of_real_models(name: str, most: int) -> None:
    data = (shared_models() / f"{name}.tflite").read_bytes()
    plan = compile_graph(read_tflite.read(data, name), "cortex-m4f")
    assert plan.arena_bytes <= most


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("rows", [1, 2, 3])
def test_the_plan_says_what_the_layers_say(core: str, rows: int) -> None:
    graph = read_tflite.read(_random(rows), "test")
    plan = compile_graph(graph, core, Options(strips=rows))
    assert len(_strips(plan)) == 1
    for inputs in random_inputs(graph, rows):
        (answer,) = execute(plan, inputs)
        np.testing.assert_array_equal(answer, reference.run(graph, inputs)[0])


def _random(seed: int) -> bytes:
    """1x1, then depthwise with padding above and below, whose zero point is not that of zero."""
    rng = np.random.default_rng(seed)
    model = ModelWriter()
    x = model.input((1, 11, 5, 3), scale=0.05, zero_point=7)
    weights = rng.integers(-128, 128, (8, 1, 1, 3), np.int8)
    wide = model.conv2d(x, weights, 0.02, None, scale=0.3, zero_point=-5)
    kernel = rng.integers(-128, 128, (1, 4, 3, 8), np.int8)
    window = {"stride": (seed, 1), "dilation": (2, 1) if seed == 1 else (1, 1), "padding": "SAME"}
    return model.finish(
        model.depthwise_conv2d(wide, kernel, 0.02, None, scale=2.0, zero_point=3, **window)
    )
