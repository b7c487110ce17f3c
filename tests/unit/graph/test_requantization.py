"""Multipliers to their last bit: accumulators on both sides of every rounding boundary.

Random activations are far too coarse to tell two neighbouring multipliers apart. A bias is an
accumulator of any size, so a layer with zero weights puts exact values before the requantizer.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.tflite_writer import Handle, ModelWriter
from tinyedge.graph import fixedpoint, reference
from tinyedge.graph.quantized import Multiplier, output_multipliers
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
    exponents = rng.uniform((-12, -12, 2), (0, 0, 22))
    if seed % 2:  # powers of two: boundaries are exact ties
        exponents = exponents.round()
    source, weight, gain = (float(np.float32(2.0**exponent)) for exponent in exponents)
    out = float(np.float32(source * weight * gain))
    scales = Scales(source, [weight] * COUNT if per_channel else weight, out)
    # The multiplier comes out of the graph, so the model is written twice.
    draft = read(_model(layer, np.zeros(COUNT, np.int32), scales), "draft")
    multipliers, shifts = output_multipliers(draft.ops[0])  # type: ignore[arg-type]
    data = _model(layer, _boundaries(int(multipliers[0]), int(shifts[0])), scales)
    inputs = [np.array([[5]], np.int8)]
    expected = Oracle(data).run(inputs)[0]
    assert len(np.unique(expected)) > 200
    np.testing.assert_array_equal(reference.run(read(data, "model"), inputs)[0], expected)


def _differs(a: Multiplier, b: Multiplier, values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those of ``values`` that the two multipliers round to different results."""
    scaled = [fixedpoint.multiply_by_quantized_multiplier(values, m.value, m.shift) for m in (a, b)]
    return values[scaled[0] != scaled[1]]


def _same_as_the_oracle(data: bytes, values: NDArray[Any]) -> None:
    expected = Oracle(data).run([values])[0]
    np.testing.assert_array_equal(reference.run(read(data, "model"), [values])[0], expected)


@pytest.mark.parametrize(
    ("source", "target"), [(1.0, 1.52), (1.8, 0.16), (0.57, 1.02), (1.02, 0.76)]
)
def test_relu_takes_its_quotient_in_float64(source: float, target: float) -> None:
    quotient = np.float32(source) / np.float32(target)
    exact = float(np.float32(source)) / float(np.float32(target))
    steps = np.arange(256)
    assert _differs(Multiplier.of(float(quotient)), Multiplier.of(exact), steps).size
    model = ModelWriter()
    y = model.relu(model.input((1, 256), source, -128), scale=target, zero_point=-128)
    _same_as_the_oracle(model.finish(y), np.arange(-128, 128, dtype=np.int8)[np.newaxis])


@pytest.mark.parametrize("activation", ["RELU6", "RELU_N1_TO_1"])
def test_activation_bounds_are_quotients_in_float32(activation: str) -> None:
    bound = 6.0 if activation == "RELU6" else 1.0
    halves = np.float32(bound / (np.arange(1, 100) + 0.5))
    near = [scale for half in halves for scale in (half, np.nextafter(half, np.float32(1)))]
    wide = [math.floor(bound / float(scale) + 0.5) for scale in near]
    narrow = [int(fixedpoint.round_half_away(np.float32(bound) / scale)) for scale in near]
    telling = [float(s) for s, w, n in zip(near, wide, narrow, strict=True) if w != n]
    assert telling
    for scale in telling:
        model = ModelWriter()
        x = model.input((1, 1), scale, -127)
        y = model.fully_connected(
            x,
            np.full((1, 1), 127, np.int8),
            1.0,
            None,
            scale=scale,
            zero_point=-127,
            activation=activation,
        )
        _same_as_the_oracle(model.finish(y), np.array([[127]], np.int8))


@pytest.mark.parametrize("kind", ["add", "mul"])
@pytest.mark.parametrize(
    ("first", "second", "output"),
    [(0.5, 0.5, 1.0), (0.5, 0.25, 2.0), (0.03, 0.02, 0.05), (0.7, 0.0011, 0.4)],
)
def test_every_pair_of_values(kind: str, first: float, second: float, output: float) -> None:
    model = ModelWriter()
    a = model.input((256, 1), first, 5)
    b = model.input((1, 256), second, -11)
    y = getattr(model, kind)(a, b, scale=output, zero_point=3)
    every = np.arange(-128, 128, dtype=np.int8)
    data, inputs = model.finish(y), [every, every]
    expected = Oracle(data).run(inputs)[0]
    np.testing.assert_array_equal(reference.run(read(data, kind), inputs)[0], expected)
