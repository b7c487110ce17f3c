"""Multipliers to their last bit: accumulators on both sides of every rounding boundary.

Random activations are far too coarse to tell two neighbouring multipliers apart. A bias is an
accumulator of any size, so a layer with zero weights puts exact values before the requantizer.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.tflite_writer import Handle, ModelWriter
from tinyedge.graph import fixedpoint, reference
from tinyedge.graph.quantized import output_multipliers
from tinyedge.graph.read_tflite import read
from tinyedge.oracle import Oracle

ZERO_POINT = -7
STEPS = 255
COUNT = 4 * STEPS


@dataclass(frozen=True)
class Scales:
    """What a layer's multiplier is made of."""

    source: float
    weight: float | list[float]
    output: float


Layer = Callable[[ModelWriter, Handle, NDArray[np.int32], Scales], Handle]


def _fully_connected(
    model: ModelWriter, x: Handle, bias: NDArray[np.int32], scales: Scales
) -> Handle:
    weights = np.zeros((bias.size, 1), np.int8)
    return model.fully_connected(
        x, weights, scales.weight, bias, scale=scales.output, zero_point=ZERO_POINT
    )


def _conv(model: ModelWriter, x: Handle, bias: NDArray[np.int32], scales: Scales) -> Handle:
    weights = np.zeros((bias.size, 1, 1, 1), np.int8)
    return model.conv2d(x, weights, scales.weight, bias, scale=scales.output, zero_point=ZERO_POINT)


def _depthwise(model: ModelWriter, x: Handle, bias: NDArray[np.int32], scales: Scales) -> Handle:
    weights = np.zeros((1, 1, 1, bias.size), np.int8)
    return model.depthwise_conv2d(
        x, weights, scales.weight, bias, scale=scales.output, zero_point=ZERO_POINT
    )


def _model(layer: Layer, bias: NDArray[np.int32], scales: Scales) -> bytes:
    model = ModelWriter()
    x = model.input((1, 1, 1, 1), scales.source, 3)
    return model.finish(layer(model, x, bias, scales))


def _boundaries(multiplier: int, shift: int) -> NDArray[np.int32]:
    """Accumulators on both sides of each step of the output, found by bisection."""
    low = np.full(STEPS, fixedpoint.INT32_MIN + 1)
    high = np.full(STEPS, fixedpoint.INT32_MAX)
    levels = np.arange(-127, 128) - ZERO_POINT
    while (high - low > 1).any():
        middle = (low + high) // 2
        reached = fixedpoint.multiply_by_quantized_multiplier(middle, multiplier, shift) >= levels
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return np.concatenate([low, high, low - 1, high + 1]).astype(np.int32)


@pytest.mark.parametrize("per_channel", [False, True], ids=["per-tensor", "per-channel"])
@pytest.mark.parametrize("layer", [_fully_connected, _conv, _depthwise])
@pytest.mark.parametrize("seed", range(8))
def test_every_rounding_boundary(layer: Layer, per_channel: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    source, weight = (float(np.float32(10.0**e)) for e in rng.uniform(-4, 0, 2))
    out = float(np.float32(source * weight * 2.0 ** rng.uniform(2, 22)))
    scales = Scales(source, [weight] * COUNT if per_channel else weight, out)
    # The multiplier comes out of the graph, so the model is written twice.
    draft = read(_model(layer, np.zeros(COUNT, np.int32), scales), "draft")
    multipliers, shifts = output_multipliers(draft.ops[0])  # type: ignore[arg-type]
    data = _model(layer, _boundaries(int(multipliers[0]), int(shifts[0])), scales)
    inputs = [np.array([[5]], np.int8)]
    expected = Oracle(data).run(inputs)[0]
    assert len(np.unique(expected)) > 200
    np.testing.assert_array_equal(reference.run(read(data, "model"), inputs)[0], expected)
