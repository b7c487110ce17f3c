"""The graph in real numbers: near what the integers stand for where nothing is clamped."""

import numpy as np
import pytest

from tests.baseline.networks import Network
from tests.support.tflite_writer import ModelWriter
from tinyedge.graph import read_tflite, real
from tinyedge.oracle import Oracle

GOOD_DB = 24.0


def _ratios(data: bytes, size: int) -> dict[str, float | None]:
    """Signal to noise of TFLM's answers by operator; inputs are within ``size``."""
    graph, oracle = read_tflite.read(data, "net"), Oracle(data)
    rng = np.random.default_rng(0)
    inputs = [rng.integers(-size, size, tensor.shape).astype(np.int8) for tensor in graph.inputs]
    oracle.run(inputs)
    exact, ideal = oracle.tensors(), real.run(graph, inputs)
    return {
        op.kind: real.signal_to_noise(ideal[t.index], real.dequantize(t, exact[t.index]))
        for op in graph.ops
        for t in op.outputs
    }


def test_layers_answer_what_their_integers_stand_for() -> None:
    net = Network(7)
    x = net.conv(net.input(12, 12, 3), 8, (3, 3), stride=2)
    x = net.model.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    x = net.model.max_pool2d(net.depthwise(x, (3, 3)), window=(2, 2), stride=(2, 2))
    x = net.pool(net.add(x, x))
    found = _ratios(net.classify(x, 4), 60)
    assert len(found) == 9
    for kind in ("CONV_2D", "PAD", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "ADD", "AVERAGE_POOL_2D"):
        assert (found[kind] or 0) > GOOD_DB, found


def test_arithmetic_on_tensors() -> None:
    model = ModelWriter()
    a, b = (model.input((1, 4, 4, 2), scale=0.02, zero_point=z) for z in (3, -7))
    x = model.mul(a, b, scale=0.04, zero_point=0)
    x = model.sub(x, a, scale=0.06, zero_point=5)
    x = model.concatenation([x, x], axis=3)
    found = _ratios(model.finish(model.mean(x, [1, 2], scale=0.01, zero_point=-3)), 100)
    assert all((ratio or 0) > 20 for ratio in found.values()), found


def test_what_int8_does_not_reach_is_counted() -> None:
    model = ModelWriter()
    x = model.input((1, 4), scale=0.5, zero_point=-128)
    tensor = read_tflite.read(model.finish(model.softmax(x)), "softmax").inputs[0]
    # 0 to 127.5 is what these numbers reach; the rounding of either end is no clamp.
    values = np.array([-0.3, -0.2, 127.7, 127.8])
    assert real.beyond_range(tensor, values) == 0.5


@pytest.mark.parametrize("other", [[1.0, 2.0], [1.1, 2.0]])
def test_signal_to_noise(other: list[float]) -> None:
    ratio = real.signal_to_noise(np.array([1.0, 2.0]), np.array(other))
    expected = None if other[0] == 1.0 else 10 * np.log10(2.5 / 0.005)
    assert ratio == (None if expected is None else pytest.approx(expected))
