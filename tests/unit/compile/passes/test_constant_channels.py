"""Channels go, bytes stay."""

from collections import Counter

import numpy as np
import pytest

from tests.support.random_graph import random_inputs, random_model
from tests.support.tflite_writer import Handle, ModelWriter
from tests.support.tools import shared_models
from tinyedge.compile import compile_graph
from tinyedge.compile.passes import constant_channels
from tinyedge.graph import read_tflite, reference
from tinyedge.graph.types import Array, Graph
from tinyedge.oracle import Oracle

ZERO = -128  # a zero point that ReLU clamps at
RELU = {"scale": 0.1, "zero_point": ZERO, "activation": "RELU"}


def _read(model: ModelWriter, *outputs: Handle) -> tuple[bytes, Graph]:
    data = model.finish(*outputs)
    return data, read_tflite.read(data, "test")


def _channels(graph: Graph) -> list[int]:
    return [op.outputs[0].shape[-1] for op in graph.ops]


def _is_selection(part: Array, whole: Array) -> bool:
    """Whether the channels of ``part`` are some of those of ``whole``, in order."""
    columns = iter(whole.reshape(-1, whole.shape[-1]).T)
    wanted = part.reshape(-1, part.shape[-1]).T
    return all(any(np.array_equal(want, column) for column in columns) for want in wanted)


def _assert_same_bytes(data: bytes, before: Graph, after: Graph, seed: int = 0) -> None:
    oracle = Oracle(data)
    for inputs in random_inputs(before, seed, count=4):
        old = reference.run(before, inputs, keep=True)
        new = reference.run(after, inputs, keep=True)
        answers = oracle.run(inputs)
        for tensor, answer in zip(after.outputs, answers, strict=True):
            np.testing.assert_array_equal(new[tensor.index], answer)
        for index, value in new.items():
            assert value.size == 1 or _is_selection(value, old[index]), after.tensors


@pytest.mark.parametrize("align", [1, 4])
@pytest.mark.parametrize("seed", range(100))
def test_a_random_graph_keeps_its_bytes(seed: int, align: int) -> None:
    data = random_model(1000 + seed)
    before = read_tflite.read(data, "random")
    after, report = constant_channels.transform(before, align)
    _assert_same_bytes(data, before, after, seed)
    assert report.macs_after == after.macs <= before.macs == report.macs_before
    assert report.constant_bytes_after <= report.constant_bytes_before + 4 * 40 * len(before.ops)
    for narrowed in report.narrowed:
        assert narrowed.after % align == 0
        assert narrowed.after < narrowed.before


def test_random_graphs_do_lose_channels() -> None:
    """The test above would hold for a pass that does nothing."""
    kinds: Counter[str] = Counter()
    for seed in range(100):
        before = read_tflite.read(random_model(1000 + seed), "random")
        after, _ = constant_channels.transform(before, align=1)
        for old, new in zip(before.ops, after.ops, strict=True):
            kinds[old.kind] += new.outputs[0].shape != old.outputs[0].shape
    assert all(kinds[kind] for kind in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"))
    assert kinds.total() >= 40


def _two_convolutions(second: dict[str, object], constant: int) -> tuple[bytes, Graph]:
    """A 1x1 convolution whose channel 1 is always ``constant``, read by a second one."""
    model = ModelWriter()
    x = model.input((1, 4, 4, 2), scale=0.05, zero_point=0)
    weights = np.array([[2, 1], [0, 0], [-3, 5]], np.int8).reshape(3, 1, 1, 2)
    bias = np.array([50, (constant - ZERO) * 100, -7], np.int32)
    y = model.conv2d(x, weights, 0.02, bias, **RELU)
    rng = np.random.default_rng(5)
    kernel = rng.integers(-90, 90, (4, 3, 3, 3)).astype(np.int8)
    return _read(model, model.conv2d(y, kernel, 0.01, None, scale=0.2, zero_point=4, **second))


@pytest.mark.parametrize(
    ("second", "constant", "left"),
    [
        ({"padding": "VALID"}, ZERO + 7, 2),  # no border: any value folds
        ({"padding": "SAME"}, ZERO, 2),  # a border of the same value
        ({"padding": "SAME"}, ZERO + 7, 3),  # a border that contributes otherwise
        ({"padding": "SAME", "stride": (2, 2)}, ZERO + 7, 3),  # a border behind only
    ],
)
def test_a_constant_folds_only_where_the_border_is_no_different(
    second: dict[str, object], constant: int, left: int
) -> None:
    data, before = _two_convolutions(second, constant)
    after, report = constant_channels.transform(before, align=1)
    assert _channels(after) == [left, 4]
    _assert_same_bytes(data, before, after)
    if left == 2:
        assert report.narrowed[0].constant == 1
        # A bias was made where there was none, if there is anything to carry.
        assert len(after.ops[1].inputs) == (2 if constant == ZERO else 3)


def test_the_rest_is_rounded_up_to_a_multiple() -> None:
    data, before = _two_convolutions({"padding": "VALID"}, ZERO + 7)
    after, report = constant_channels.transform(before, align=2)
    assert _channels(after) == [2, 4]
    after, report = constant_channels.transform(before, align=8)
    assert _channels(after) == [3, 4]
    assert report.narrowed == ()
    _assert_same_bytes(data, before, after)


def test_channels_that_nobody_reads_go_with_all_that_leads_to_them() -> None:
    model = ModelWriter()
    rng = np.random.default_rng(3)

    def kernel(*shape: int) -> Array:
        return rng.integers(1, 90, shape).astype(np.int8)

    x = model.input((1, 6, 6, 2), scale=0.05, zero_point=0)
    a = model.conv2d(x, kernel(6, 1, 1, 2), 0.02, None, **RELU)
    b = model.depthwise_conv2d(a, kernel(1, 3, 3, 12), 0.02, None, padding="SAME", **RELU)
    c = model.average_pool2d(b, window=(2, 2))
    flat = model.reshape(c, (1, 9 * 12))
    weights = kernel(2, 9 * 12).reshape(2, 9, 12)
    weights[:, :, 4:8] = 0  # channels 2 and 3 of the first layer
    weights[:, :, 0] = 0  # channel 0 of the first layer is read through its other half
    y = model.fully_connected(flat, weights.reshape(2, -1), 0.01, None, scale=9.0, zero_point=1)
    data, before = _read(model, y)
    after, _ = constant_channels.transform(before, align=1)
    assert _channels(after) == [4, 8, 8, 72, 2]
    _assert_same_bytes(data, before, after)


def test_branches_lose_a_channel_together_or_not_at_all() -> None:
    model = ModelWriter()
    x = model.input((1, 3, 3, 2), scale=0.05, zero_point=0)
    rows = np.array([[3, 1], [0, 0], [5, -6], [0, 0]], np.int8).reshape(4, 1, 1, 2)
    a = model.conv2d(x, rows, 0.02, None, **RELU)  # channels 1 and 3 never change
    b = model.conv2d(x, rows[[0, 1, 2, 2]], 0.02, None, **RELU)  # channel 1 never changes
    both = model.mul(model.add(a, b, **RELU), model.constant([4, 5, 6, 7], 0.1), **RELU)
    joined = model.concatenation([model.quantize(both, scale=0.1, zero_point=ZERO), a], 3)
    end = np.arange(1, 17).astype(np.int8).reshape(2, 1, 1, 8)
    y = model.conv2d(joined, end, 0.05, None, scale=1.0, zero_point=0)
    data, before = _read(model, y)
    after, _ = constant_channels.transform(before, align=1)
    # Channel 3 of a stays for the sum's sake, and then the concatenation has it too.
    assert _channels(after) == [3, 3, 3, 3, 3, 6, 2]
    assert after.ops[3].inputs[1].shape == (3,)
    _assert_same_bytes(data, before, after)


def test_inputs_and_outputs_of_the_graph_keep_their_shape() -> None:
    model = ModelWriter()
    x = model.input((1, 2, 2, 3), scale=0.05, zero_point=0)
    weights = np.zeros((4, 1, 1, 3), np.int8)
    y = model.conv2d(x, weights, 0.02, np.arange(4, dtype=np.int32), scale=0.1, zero_point=0)
    data, before = _read(model, y)
    after, report = constant_channels.transform(before, align=1)
    assert report.narrowed == ()
    assert [tensor.shape for tensor in (*after.inputs, *after.outputs)] == [x.shape, y.shape]
    _assert_same_bytes(data, before, after)


def test_a_constant_shared_by_two_layers_is_cut_for_each() -> None:
    model = ModelWriter()
    x = model.input((1, 1, 1, 2), scale=0.05, zero_point=0)
    first = np.array([[1, 2], [0, 0], [3, 4], [0, 0]], np.int8).reshape(4, 1, 1, 2)
    second = np.array([[0, 0], [5, 6], [7, 8], [9, 1]], np.int8).reshape(4, 1, 1, 2)
    ends = []
    for weights in (first, second):
        a = model.conv2d(x, weights, 0.02, None, **RELU)
        ends.append(model.conv2d(a, np.ones((2, 1, 1, 4), np.int8), 0.01, None, **RELU))
    shared = model.graph.operators[1].inputs[1]
    model.graph.operators[3].inputs[1] = shared
    data, before = _read(model, *ends)
    after, _ = constant_channels.transform(before, align=1)
    assert _channels(after) == [2, 2, 3, 2]
    filters = [after.ops[i].inputs[1] for i in (1, 3)]
    assert filters[0].index != filters[1].index
    _assert_same_bytes(data, before, after)


def test_vww_needs_half_its_multiplications() -> None:
    data = (shared_models() / "vww.tflite").read_bytes()
    before = read_tflite.read(data, "vww")
    after, report = constant_channels.transform(before)
    assert report.macs_before == 7_489_664
    assert report.macs_after == 3_873_360
    assert report.constant_bytes_after <= 37_000
    vectors = np.load(shared_models() / "vww.vectors.npz")
    for x, answer in zip(vectors["inputs"], vectors["outputs"], strict=True):
        np.testing.assert_array_equal(reference.run(after, [x])[0].reshape(-1), answer)
    plan = compile_graph(before, "cortex-m4f")
    assert plan.macs == report.macs_after
    assert plan.constant_bytes <= 50_000
