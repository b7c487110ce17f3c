"""What operators become: the family with the fastest kernels, or nothing where no byte moves."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.support.tflite_writer import Handle, ModelWriter
from tinyedge.compile import Optimize, Options, compile_graph
from tinyedge.compile import params as p
from tinyedge.compile.execute import execute
from tinyedge.compile.lower import lower
from tinyedge.errors import ModelError
from tinyedge.graph.read_tflite import read
from tinyedge.oracle import Oracle

OUT = {"scale": 0.3, "zero_point": 3}
BYTES = np.random.default_rng(1).integers(-128, 128, 10_000).astype(np.int8)


def _weights(*shape: int) -> np.ndarray:
    return BYTES[: int(np.prod(shape))].reshape(shape)


def _families(model: ModelWriter, *outputs: Handle) -> list[type]:
    program = lower(read(model.finish(*outputs), "m"))
    return [type(node.params) for node in program.nodes]


@pytest.mark.parametrize(("inputs", "outputs"), [(1, 8), (1, 1), (2, 2), (3, 3)])
def test_a_depthwise_convolution_of_few_channels_is_a_convolution(
    inputs: int, outputs: int
) -> None:
    model = ModelWriter()
    x = model.input((1, 6, 5, inputs), 0.1)
    y = model.depthwise_conv2d(x, _weights(1, 3, 2, outputs), 0.02, None, padding="SAME", **OUT)
    assert _families(model, y) == [p.Conv2D]


@pytest.mark.parametrize(("stride", "family"), [(1, p.Conv2D), (2, p.TransposeConv)])
def test_a_transposed_convolution_of_stride_1_is_a_convolution(stride: int, family: type) -> None:
    model = ModelWriter()
    x = model.input((1, 4, 4, 2), 0.1)
    weights = _weights(3, 2, 2, 2)
    options = {"size": (4 * stride, 4 * stride), "stride": (stride, stride), "padding": "SAME"}
    y = model.transpose_conv(x, weights, 0.02, None, **options, **OUT)
    assert _families(model, y) == [family]


def test_each_output_of_a_split_is_a_node() -> None:
    model = ModelWriter()
    parts = model.split_v(model.input((1, 4, 6), 0.1), 2, [1, 2, 3])
    assert _families(model, *parts) == [p.Gather] * 3


def test_a_constant_output_is_copied_to_the_arena() -> None:
    model = ModelWriter()
    x = model.relu6(model.input((1, 4), 0.1))
    constant = model.constant([[7, -8]], 0.1)
    data = model.finish(x, constant, constant)
    plan = compile_graph(read(data, "m"), "host")
    inputs = [BYTES[:4].reshape(1, 4)]
    for answer, wanted in zip(execute(plan, inputs), Oracle(data).run(inputs), strict=True):
        np.testing.assert_array_equal(answer, wanted)


@pytest.mark.parametrize("optimize", ["speed", "size"])
def test_inputs_and_parts_that_nobody_reads_do_no_harm(optimize: Optimize) -> None:
    model = ModelWriter()
    x = model.input((1, 4), 0.1)
    model.input((1, 3), 0.1)
    y = model.relu6(model.split(x, 1, 2)[1])
    graph = read(model.finish(y), "m")
    plan = compile_graph(graph, "cortex-m4", Options(optimize=optimize))
    (answer,) = execute(plan, [BYTES[:4], BYTES[:3]])
    np.testing.assert_array_equal(answer.reshape(-1), np.clip(BYTES[2:4], 0, 60))


STILL: dict[str, Callable[[ModelWriter, Handle], Handle]] = {
    "squeeze": lambda model, x: model.squeeze(x),
    "expand_dims": lambda model, x: model.expand_dims(x, 2),
    "transpose of ones": lambda model, x: model.transpose(x, [1, 2, 0, 3]),
    "whole slice": lambda model, x: model.strided_slice(x, [0, *[slice(None)] * 3]),
    "split in one": lambda model, x: model.split(x, 1, 1)[0],
    "resize to itself": lambda model, x: model.resize_bilinear(x, (3, 1)),
}


@pytest.mark.parametrize("name", STILL)
def test_what_moves_no_byte_costs_nothing(name: str) -> None:
    model = ModelWriter()
    x = model.relu6(model.input((1, 3, 1, 4), 0.1))
    graph = read(model.finish(model.relu6(STILL[name](model, x))), "m")
    assert len(compile_graph(graph, "host").steps) == len(graph.ops) - 1


def test_weights_that_exceed_int8_are_refused_by_name() -> None:
    model = ModelWriter()
    x = model.input((1, 4), 0.1)
    y = model.fully_connected(x, _weights(2, 4), 0.02, None, weight_zero_point=100, **OUT)
    with pytest.raises(ModelError, match=r'0 FULLY_CONNECTED: tensor 2 "tensor_2"') as caught:
        lower(read(model.finish(y), "m"))
    assert "--runtime tflm" in caught.value.hint
