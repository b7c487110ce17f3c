"""Ranges are never too narrow and, for one operator, not too wide."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.support.random_graph import random_inputs, random_model
from tests.support.tflite_writer import Handle, ModelWriter
from tinyedge.compile.ranges import analyse
from tinyedge.graph import read_tflite, reference
from tinyedge.graph.types import Array

Layer = Callable[[ModelWriter, Handle], Handle]
OUT = {"scale": 0.11, "zero_point": -9}
ENDS = np.array([-128, 127], np.int8)


def _conv(model: ModelWriter, x: Handle) -> Handle:
    weights = np.array([[3, -5], [0, 0], [-128, 127], [1, 0]], np.int8).reshape(4, 1, 2, 1)
    bias = np.array([-900, 7, 0, 90_000], np.int32)
    return model.conv2d(x, weights, 0.02, bias, padding="SAME", activation="RELU", **OUT)


def _depthwise(model: ModelWriter, x: Handle) -> Handle:
    weights = np.array([[9, -9, 0], [4, 0, -128]], np.int8).reshape(1, 1, 2, 3)
    return model.depthwise_conv2d(x, weights, [0.02, 0.1, 0.004], None, padding="SAME", **OUT)


def _transpose_conv(model: ModelWriter, x: Handle) -> Handle:
    weights = np.array([[9, -9, 70], [4, 0, -128]], np.int8).reshape(2, 1, 3, 1)
    return model.transpose_conv(x, weights, 0.02, None, size=(1, 5), stride=(1, 2), **OUT)


def _dense(model: ModelWriter, x: Handle) -> Handle:
    weights = np.array([[17, -2], [-1, 127]], np.int8)
    return model.fully_connected(x, weights, 0.01, None, **OUT)


LAYERS: dict[str, Layer] = {
    "conv": _conv,
    "depthwise": _depthwise,
    "dense": _dense,
    "add": lambda model, x: model.add(x, model.constant([[-100]], 0.3, 5), **OUT),
    "mul": lambda model, x: model.mul(x, model.constant([[-100]], 0.3, 5), **OUT),
    "sub": lambda model, x: model.sub(x, model.constant([[-100]], 0.3, 5), **OUT),
    "minus": lambda model, x: model.sub(model.constant([[-100]], 0.3, 5), x, **OUT),
    "minimum": lambda model, x: model.minimum(x, model.constant([[-10]], 0.05, 3)),
    "maximum": lambda model, x: model.maximum(model.constant([[-10]], 0.05, 3), x),
    "mean": lambda model, x: model.mean(x, [2], **OUT),
    "average": lambda model, x: model.average_pool2d(x, window=(1, 2), activation="RELU6"),
    "max": lambda model, x: model.max_pool2d(x, window=(1, 2), padding="SAME", stride=(1, 1)),
    "relu": lambda model, x: model.relu(x, **OUT),
    "logistic": lambda model, x: model.logistic(x),
    "tanh": lambda model, x: model.tanh(x),
    "hard_swish": lambda model, x: model.hard_swish(x, **OUT),
    "leaky_relu": lambda model, x: model.leaky_relu(x, -0.4, **OUT),
    "quantize": lambda model, x: model.quantize(x, scale=0.5, zero_point=100),
    "pad": lambda model, x: model.pad(x, [(0, 0), (0, 0), (1, 0), (0, 0)], value=33),
    "concatenation": lambda model, x: model.concatenation([x, x], 3),
    "reshape": lambda model, x: model.reshape(x, (1, 2)),
    "squeeze": lambda model, x: model.squeeze(x),
    "expand_dims": lambda model, x: model.expand_dims(x, 0),
    "strided_slice": lambda model, x: model.strided_slice(x, [0, 0, slice(None, None, -1), 0]),
    "split": lambda model, x: model.split(x, 2, 2)[1],
    "transpose": lambda model, x: model.transpose(x, [0, 2, 1, 3]),
    "resize_nearest": lambda model, x: model.resize_nearest(x, (2, 3)),
    "resize_bilinear": lambda model, x: model.resize_bilinear(x, (2, 5), halfPixelCenters=True),
    "transpose_conv": _transpose_conv,
}


@pytest.mark.parametrize("name", LAYERS)
def test_one_layer_reaches_its_bounds_and_no_more(name: str) -> None:
    model = ModelWriter()
    data = model.finish(LAYERS[name](model, model.input((1, 1, 2, 1), scale=0.05, zero_point=3)))
    graph = read_tflite.read(data, name)
    rng = np.random.default_rng(1)
    pairs = [np.array([a, b]) for a in ENDS for b in ENDS]
    pairs += [rng.integers(-128, 128, 2, np.int8) for _ in range(300)]
    answers = np.stack([reference.run(graph, [pair])[0] for pair in pairs])
    found = analyse(graph)[graph.outputs[0]]
    np.testing.assert_array_equal(found.low, answers.min(axis=0))
    np.testing.assert_array_equal(found.high, answers.max(axis=0))


@pytest.mark.parametrize("seed", range(60))
def test_no_tensor_leaves_its_range(seed: int) -> None:
    graph = read_tflite.read(random_model(seed), "random")
    ranges = {tensor.index: found for tensor, found in analyse(graph).items()}
    for inputs in random_inputs(graph, seed):
        values: dict[int, Array] = reference.run(graph, inputs, keep=True)
        for index, value in values.items():
            assert (ranges[index].low <= value).all(), graph.tensors[index]
            assert (value <= ranges[index].high).all(), graph.tensors[index]


def test_sums_that_might_wrap_have_no_range() -> None:
    model = ModelWriter()
    x = model.input((1, 2), scale=0.05, zero_point=3)
    bias = np.array([2**31 - 1], np.int32)
    y = model.fully_connected(x, np.array([[1, 0]], np.int8), 0.01, bias, **OUT)
    graph = read_tflite.read(model.finish(y), "wraps")
    found = analyse(graph)[graph.outputs[0]]
    assert (int(found.low[0, 0]), int(found.high[0, 0])) == (-128, 127)


def test_a_channel_is_constant_only_if_all_its_elements_are_equal() -> None:
    model = ModelWriter()
    x = model.input((1, 1, 1, 2), scale=0.05, zero_point=3)
    weights = np.array([[[[0, 0]]], [[[1, 0]]]], np.int8)
    y = model.conv2d(x, weights, 0.01, np.array([500, 0], np.int32), scale=0.1, zero_point=0)
    padded = model.pad(y, [(0, 0), (0, 0), (0, 1), (0, 0)])
    graph = read_tflite.read(model.finish(padded), "constant")
    ranges = analyse(graph)
    before, after = (ranges[op.outputs[0]].constant() for op in graph.ops)
    assert before[0].tolist() == [True, False]
    assert before[1][0] == 3
    assert after[0].tolist() == [False, False]  # 3 inside, the zero point 0 around it
