"""Damaged files end in ModelError, quickly and without much memory; survivors compute alike."""

import random
import struct
import time
import tracemalloc

import numpy as np
import pytest

from tests.support.tflite_writer import Handle, ModelWriter
from tests.support.tools import shared_models
from tinyedge.errors import ModelError
from tinyedge.graph import reference
from tinyedge.graph.read_tflite import read
from tinyedge.graph.types import DType, Graph
from tinyedge.graph.verify import check
from tinyedge.oracle import Oracle

SECONDS = 5.0  # of the processor
MEGABYTES = 32
# Words that offsets, lengths, sizes and indices go wrong with.
WORDS = (0, 1, 2, 0x7F, 0x80, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)


def _every_operator() -> bytes:
    """A model with most operators, in which everything is small."""
    rng = np.random.default_rng(1)
    model = ModelWriter()
    x = model.input((1, 6, 6, 2), dtype="float32")
    x = model.quantize(x, scale=0.1, zero_point=-3)
    weights = rng.integers(-127, 128, (4, 3, 3, 2)).astype(np.int8)
    bias = rng.integers(-900, 900, 4).astype(np.int32)
    shared = {"scale": 0.5, "zero_point": -9}
    x = model.conv2d(x, weights, [0.01, 0.02, 0.03, 0.04], bias, padding="SAME", **shared)
    w = rng.integers(-127, 128, (1, 3, 3, 4)).astype(np.int8)
    y = model.depthwise_conv2d(x, w, 0.02, None, padding="SAME", activation="RELU", **shared)
    x = model.add(x, y, **shared)
    x = model.mul(x, model.constant(rng.integers(-9, 9, (4,)), 0.1), **shared)
    x = model.concatenation([x, y], axis=3)
    x = model.max_pool2d(model.pad(x, [(0, 0), (1, 1), (0, 2), (0, 0)]), window=(2, 2))
    x = model.average_pool2d(x, window=(2, 2), stride=(1, 1), padding="SAME")
    x = model.mean(x, [1, 2], **shared)
    x = _moved(model, model.expand_dims(model.expand_dims(x, 1), 1))
    x = model.relu6(model.reshape(x, (1, 8)))
    dense = rng.integers(-127, 128, (3, 8)).astype(np.int8)
    x = model.fully_connected(x, dense, 0.01, bias[:3], scale=0.1, zero_point=0)
    return model.finish(model.dequantize(model.softmax(x)), model.logistic(x))


def _moved(model: ModelWriter, x: Handle) -> Handle:
    """[1, 1, 1, 8] through what moves elements, and back."""
    x = model.resize_bilinear(model.resize_nearest(x, (4, 3)), (2, 2), halfPixelCenters=True)
    x = model.transpose(model.strided_slice(x, [0, slice(1, None, -1), 1, slice(None)]), [1, 0])
    first, second = model.split(x, 0, 2)
    parts = [*model.split_v(first, 1, [1, 1]), *model.split_v(second, 1, [1, 1])]
    x = model.concatenation([parts[0], parts[3]], 0)
    return model.reshape(model.squeeze(x), (1, 1, 1, 8))


def _mutate(data: bytes, rng: random.Random) -> bytes:
    """Truncate, flip bytes, or overwrite aligned words with telling values."""
    damaged = bytearray(data)
    kind = rng.randrange(8)
    if kind == 0:
        return bytes(damaged[: rng.randrange(len(damaged))])
    for _ in range(rng.choice([1, 1, 1, 2, 4, 16])):
        if kind < 4:
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        else:
            word = rng.choice([*WORDS, rng.randrange(len(damaged)), -rng.randrange(99) % 2**32])
            struct.pack_into("<I", damaged, 4 * rng.randrange(len(damaged) // 4), word)
    return bytes(damaged)


def _survivor(data: bytes) -> Graph | None:
    """Read and check; None where the file is refused."""
    start = time.thread_time()
    graph: Graph | None = None
    refusal: ModelError | None = None
    try:
        graph = read(data, "fuzzed")
        check(graph)
    except ModelError as error:
        refusal = error
    assert time.thread_time() - start < SECONDS
    if refusal is None:
        return graph
    assert refusal.message.startswith("fuzzed: ")
    assert refusal.hint
    return None


def _compare(data: bytes, graph: Graph, rng: random.Random) -> None:
    """The reference and the oracle agree on whatever model is left."""
    values = np.random.default_rng(rng.randrange(1000))
    inputs = [
        values.normal(size=tensor.shape).astype(np.float32)
        if tensor.dtype is DType.FLOAT32
        else values.integers(-128, 128, tensor.shape).astype(np.int8)
        for tensor in graph.inputs
    ]
    try:
        expected = Oracle(data).run(inputs)
    except ModelError:
        return  # e.g. an operator version that the oracle does not know
    for answer, wanted in zip(reference.run(graph, inputs), expected, strict=True):
        np.testing.assert_array_equal(answer, wanted)


@pytest.mark.parametrize("batch", range(4))
def test_mutations_of_a_small_model(batch: int) -> None:
    original = _every_operator()
    survivors = 0
    for seed in range(250):
        rng = random.Random(1000 * batch + seed)
        data = _mutate(original, rng)
        graph = _survivor(data)
        if graph is not None:
            survivors += 1
            _compare(data, graph, rng)
    assert survivors > 10


def test_mutations_take_little_memory() -> None:
    original = _every_operator()
    tracemalloc.start()
    try:
        for seed in range(80):
            _survivor(_mutate(original, random.Random(seed)))
        assert tracemalloc.get_traced_memory()[1] < MEGABYTES << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["kws", "sww"])
def test_mutations_of_a_real_model(name: str) -> None:
    original = (shared_models() / f"{name}.tflite").read_bytes()
    for seed in range(60):
        _survivor(_mutate(original, random.Random(seed)))


def test_every_truncation_is_refused() -> None:
    original = _every_operator()
    for length in range(0, len(original) - 1, 7):
        assert _survivor(original[:length]) is None, length
