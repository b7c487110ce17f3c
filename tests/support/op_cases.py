"""Random single-operator models for hypothesis: ``CASES["CONV_2D"]`` draws a :class:`Case`.

Each case is a valid int8 model with inputs. Shapes are small and odd, windows may hang over the
edges, zero points and scales are anything the format allows; output scales are drawn around
the one that fills int8, so that most outputs are neither all alike nor all saturated::

    @given(CASES["ADD"])
    def test_add(case: Case) -> None:
        expected = Oracle(case.data).run(case.inputs)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.support.tflite_writer import Handle, ModelWriter

Draw = Callable[[st.SearchStrategy[Any]], Any]

ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")
PADDINGS = ("SAME", "VALID")


@dataclass(frozen=True, eq=False)
class Case:
    """A model, inputs for it, and a line that says what was drawn."""

    data: bytes
    inputs: list[NDArray[Any]]
    summary: str

    def __repr__(self) -> str:
        return f"Case({self.summary})"


_zero_points = st.one_of(st.integers(-128, 127), st.sampled_from([-128, -1, 0, 127]))
# Powers of two and short decimals have ratios that make exact and almost exact ties, at which
# a rounding rule or the last bit of a multiplier shows.
_scales = st.one_of(
    st.floats(-4, 1).map(lambda exponent: float(np.float32(10.0**exponent))),
    st.integers(-8, 1).map(lambda exponent: 2.0**exponent),
    st.integers(1, 40).map(lambda steps: float(np.float32(steps / 100))),
)
# By what an output scale departs from the one that suits.
_gains = st.one_of(
    st.floats(-4, 4).map(lambda exponent: 2.0**exponent),
    st.integers(-4, 4).map(lambda exponent: 2.0**exponent),
    st.integers(0, 3).map(lambda exponent: 2.0**exponent),
    st.integers(1, 30).map(lambda numerator: numerator / 10),
)
_activations = st.sampled_from(ACTIVATIONS)
_paddings = st.sampled_from(PADDINGS)
_small = st.integers(1, 4)


def _generator(draw: Draw) -> np.random.Generator:
    return np.random.default_rng(draw(st.integers(0, 2**32 - 1)))


def _int8(draw: Draw, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.int8]:
    """Uniform over int8, or only its two ends (where sums are largest)."""
    if draw(st.sampled_from([False, False, False, True])):
        return rng.choice(np.array([-128, 127], np.int8), shape)
    return rng.integers(-128, 128, shape).astype(np.int8)


def _weight_scales(draw: Draw, channels: int) -> float | list[float]:
    if draw(st.booleans()):
        return draw(_scales)
    base = draw(_scales)
    factors = draw(st.lists(st.floats(0.01, 1), min_size=channels, max_size=channels))
    return [float(np.float32(base * factor)) for factor in factors]


def _output_scale(draw: Draw, acc_scale: float, depth: int) -> float:
    """A scale near the one at which sums of ``depth`` products fill int8."""
    natural = acc_scale * 2.0 ** round(math.log2(math.sqrt(depth) * 74 * 74 / 40))
    return float(np.float32(natural * draw(_gains)))


def _finish(
    model: ModelWriter, output: Handle, inputs: list[NDArray[Any]], **drawn: object
) -> Case:
    summary = ", ".join(f"{key}={value}" for key, value in drawn.items())
    return Case(model.finish(output), inputs, summary)


def _image(draw: Draw) -> tuple[int, int, int, int]:
    return (
        draw(st.sampled_from([1, 1, 2])),
        draw(st.integers(1, 9)),
        draw(st.integers(1, 9)),
        draw(st.integers(1, 9)),
    )


def _window(draw: Draw, shape: tuple[int, ...], *, dilated: bool) -> dict[str, Any]:
    """Stride, padding and (for convolutions) dilation, with a window that fits."""
    padding = draw(_paddings)
    dilation = (draw(st.integers(1, 3)), draw(st.integers(1, 3))) if dilated else (1, 1)
    window = []
    for size, step in zip(shape[1:3], dilation, strict=True):
        largest = 5 if padding == "SAME" else (size - 1) // step + 1
        window.append(draw(st.integers(1, min(5, largest))))
    drawn = {"window": tuple(window), "stride": (draw(_small), draw(_small)), "padding": padding}
    return drawn | ({"dilation": dilation} if dilated else {})


def _bias(
    draw: Draw, rng: np.random.Generator, channels: int, depth: int
) -> NDArray[np.int32] | None:
    if draw(st.sampled_from([False, True, True, True])):
        reach = max(1, depth * 4000)
        return rng.integers(-reach, reach, channels).astype(np.int32)
    return None


@st.composite
def _conv2d(draw: Draw) -> Case:
    rng, shape = _generator(draw), _image(draw)
    geometry = _window(draw, shape, dilated=True)
    window = geometry.pop("window")
    channels = draw(st.integers(1, 9))
    weights = _int8(draw, rng, (channels, *window, shape[3]))
    scales = _weight_scales(draw, channels)
    drawn = {**geometry, "activation": draw(_activations), "zero_point": draw(_zero_points)}
    depth = math.prod(weights.shape[1:])
    model = ModelWriter()
    x = model.input(shape, draw(_scales), draw(_zero_points))
    assert x.scale is not None
    scale = _output_scale(draw, x.scale * float(np.max(scales)), depth)
    bias = _bias(draw, rng, channels, depth)
    y = model.conv2d(x, weights, scales, bias, scale=scale, **drawn)
    return _finish(model, y, [_int8(draw, rng, shape)], shape=shape, weights=weights.shape, **drawn)


@st.composite
def _depthwise_conv2d(draw: Draw) -> Case:
    rng, shape = _generator(draw), _image(draw)
    geometry = _window(draw, shape, dilated=True)
    window = geometry.pop("window")
    channels = shape[3] * draw(st.integers(1, 3))
    weights = _int8(draw, rng, (1, *window, channels))
    scales = _weight_scales(draw, channels)
    drawn = {**geometry, "activation": draw(_activations), "zero_point": draw(_zero_points)}
    depth = math.prod(window)
    model = ModelWriter()
    x = model.input(shape, draw(_scales), draw(_zero_points))
    assert x.scale is not None
    scale = _output_scale(draw, x.scale * float(np.max(scales)), depth)
    bias = _bias(draw, rng, channels, depth)
    y = model.depthwise_conv2d(x, weights, scales, bias, scale=scale, **drawn)
    return _finish(model, y, [_int8(draw, rng, shape)], shape=shape, weights=weights.shape, **drawn)


@st.composite
def _fully_connected(draw: Draw) -> Case:
    rng = _generator(draw)
    depth, outputs = draw(st.integers(1, 70)), draw(st.integers(1, 20))
    shape = draw(st.sampled_from([(1, depth), (3, depth), (1, 2, depth), (2, 1, 2, depth)]))
    weights = _int8(draw, rng, (outputs, depth))
    scales = _weight_scales(draw, outputs)
    drawn = {
        "activation": draw(_activations),
        "zero_point": draw(_zero_points),
        "keep_dims": draw(st.booleans()),
    }
    model = ModelWriter()
    x = model.input(shape, draw(_scales), draw(_zero_points))
    assert x.scale is not None
    scale = _output_scale(draw, x.scale * float(np.max(scales)), depth)
    y = model.fully_connected(
        x, weights, scales, _bias(draw, rng, outputs, depth), scale=scale, **drawn
    )
    return _finish(model, y, [_int8(draw, rng, shape)], shape=shape, outputs=outputs, **drawn)


def _pool(kind: str) -> st.SearchStrategy[Case]:
    @st.composite
    def pool(draw: Draw) -> Case:
        rng, shape = _generator(draw), _image(draw)
        drawn = {**_window(draw, shape, dilated=False), "activation": draw(_activations)}
        model = ModelWriter()
        x = model.input(shape, draw(_scales), draw(_zero_points))
        y = getattr(model, kind)(x, **drawn)
        return _finish(model, y, [_int8(draw, rng, shape)], shape=shape, **drawn)

    return pool()


def _broadcasting(draw: Draw) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes that broadcast: equal, or with ones and leading axes left out."""
    full = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)))
    if draw(st.booleans()):
        return full, full
    kept = draw(st.lists(st.booleans(), min_size=len(full), max_size=len(full)))
    other = tuple(n if keep else 1 for n, keep in zip(full, kept, strict=True))
    other = other[draw(st.integers(0, len(full) - 1)) :]
    return (full, other) if draw(st.booleans()) else (other, full)


def _binary(kind: str) -> st.SearchStrategy[Case]:
    @st.composite
    def binary(draw: Draw) -> Case:
        rng, (first, second) = _generator(draw), _broadcasting(draw)
        model = ModelWriter()
        a = model.input(first, draw(_scales), draw(_zero_points))
        values = _int8(draw, rng, second)
        constant = draw(st.booleans())
        assert a.scale is not None
        quant = (draw(st.one_of(st.just(a.scale), _scales)), draw(_zero_points))
        b = model.constant(values, *quant) if constant else model.input(second, *quant)
        assert b.scale is not None
        natural = a.scale * b.scale * 128 if kind == "mul" else max(a.scale, b.scale)
        drawn = {"activation": draw(_activations), "zero_point": draw(_zero_points)}
        scale = float(np.float32(natural * draw(_gains)))
        y = getattr(model, kind)(a, b, scale=scale, **drawn)
        inputs = [_int8(draw, rng, first)] + ([] if constant else [values])
        return _finish(model, y, inputs, first=first, second=second, constant=constant, **drawn)

    return binary()


def _extremum(kind: str) -> st.SearchStrategy[Case]:
    @st.composite
    def extremum(draw: Draw) -> Case:
        rng, (first, second) = _generator(draw), _broadcasting(draw)
        quant = (draw(_scales), draw(_zero_points))
        model = ModelWriter()
        a = model.input(first, *quant)
        values = _int8(draw, rng, second)
        constant = draw(st.booleans())
        b = model.constant(values, *quant) if constant else model.input(second, *quant)
        inputs = [_int8(draw, rng, first)] + ([] if constant else [values])
        return _finish(model, getattr(model, kind)(a, b), inputs, first=first, second=second)

    return extremum()


@st.composite
def _prelu(draw: Draw) -> Case:
    rng = _generator(draw)
    shape = tuple(draw(st.lists(st.integers(1, 6), min_size=1, max_size=4)))
    kept = draw(st.lists(st.booleans(), min_size=len(shape), max_size=len(shape)))
    values = _int8(draw, rng, tuple(n if k else 1 for n, k in zip(shape, kept, strict=True)))
    model = ModelWriter()
    x = model.input(shape, draw(_scales), draw(_zero_points))
    alpha = model.constant(values, draw(_scales), draw(_zero_points))
    assert x.scale is not None
    quant = {"scale": x.scale * draw(_gains), "zero_point": draw(_zero_points)}
    y = model.prelu(x, alpha, **quant)
    return _finish(model, y, [_int8(draw, rng, shape)], x=x, alpha=alpha, **quant)


@st.composite
def _relu(draw: Draw) -> Case:
    rng = _generator(draw)
    model = ModelWriter()
    x = model.input((1, 256), draw(_scales), draw(_zero_points))
    assert x.scale is not None
    scale = float(np.float32(x.scale * draw(_gains)))
    y = model.relu(x, scale=scale, zero_point=draw(_zero_points))
    return _finish(model, y, [_int8(draw, rng, x.shape)], x=x, scale=scale)


def _whole_range(rng: np.random.Generator) -> NDArray[np.int8]:
    return rng.permutation(np.arange(-128, 128)).astype(np.int8)[np.newaxis]


@st.composite
def _relu6(draw: Draw) -> Case:
    model = ModelWriter()
    x = model.input((1, 256), draw(_scales), draw(_zero_points))
    return _finish(model, model.relu6(x), [_whole_range(_generator(draw))], x=x)


@st.composite
def _logistic(draw: Draw) -> Case:
    model = ModelWriter()
    x = model.input((1, 256), draw(_scales), draw(_zero_points))
    return _finish(model, model.logistic(x), [_whole_range(_generator(draw))], x=x)


@st.composite
def _tanh(draw: Draw) -> Case:
    model = ModelWriter()
    x = model.input((1, 256), draw(_scales), draw(_zero_points))
    return _finish(model, model.tanh(x), [_whole_range(_generator(draw))], x=x)


@st.composite
def _hard_swish(draw: Draw) -> Case:
    model = ModelWriter()
    x = model.input((1, 256), draw(_scales), draw(_zero_points))
    assert x.scale is not None
    quant = {"scale": x.scale * draw(_gains), "zero_point": draw(_zero_points)}
    y = model.hard_swish(x, **quant)
    return _finish(model, y, [_whole_range(_generator(draw))], x=x, **quant)


@st.composite
def _leaky_relu(draw: Draw) -> Case:
    alpha = draw(st.one_of(st.floats(-2, 2), st.sampled_from([0.0, 0.1, 0.2, 0.3, 1.0])))
    model = ModelWriter()
    x = model.input((1, 256), draw(_scales), draw(_zero_points))
    assert x.scale is not None
    quant = {"scale": x.scale * draw(_gains), "zero_point": draw(_zero_points)}
    y = model.leaky_relu(x, alpha, **quant)
    return _finish(model, y, [_whole_range(_generator(draw))], x=x, alpha=alpha, **quant)


@st.composite
def _softmax(draw: Draw) -> Case:
    rng = _generator(draw)
    shape = (draw(_small), draw(st.one_of(st.integers(1, 12), st.integers(13, 511))))
    model = ModelWriter()
    x = model.input(shape, draw(_scales), draw(_zero_points))
    beta = draw(st.sampled_from([1.0, 1.0, 0.5, 3.0]))
    return _finish(model, model.softmax(x, beta), [_int8(draw, rng, shape)], x=x, beta=beta)


@st.composite
def _mean(draw: Draw) -> Case:
    rng = _generator(draw)
    shape = tuple(draw(st.lists(st.integers(1, 7), min_size=1, max_size=4)))
    axes = draw(st.lists(st.integers(-len(shape), len(shape) - 1), min_size=1, max_size=3))
    model = ModelWriter()
    x = model.input(shape, draw(_scales), draw(_zero_points))
    assert x.scale is not None
    scale = draw(st.sampled_from([1.0, draw(_gains)])) * x.scale
    zero_point = draw(st.sampled_from([x.zero_point, draw(_zero_points)]))
    keep = draw(st.booleans())
    y = model.mean(x, axes, scale=float(np.float32(scale)), zero_point=zero_point, keep_dims=keep)
    return _finish(model, y, [_int8(draw, rng, shape)], x=x, axes=axes, keep=keep)


def _pad(*, v2: bool) -> st.SearchStrategy[Case]:
    @st.composite
    def pad(draw: Draw) -> Case:
        rng = _generator(draw)
        shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=5)))
        amounts = [(draw(st.integers(0, 3)), draw(st.integers(0, 3))) for _ in shape]
        value = draw(st.integers(-128, 127)) if v2 else None
        model = ModelWriter()
        x = model.input(shape, draw(_scales), draw(_zero_points))
        y = model.pad(x, amounts, value)
        return _finish(model, y, [_int8(draw, rng, shape)], x=x, amounts=amounts, value=value)

    return pad()


@st.composite
def _concatenation(draw: Draw) -> Case:
    rng = _generator(draw)
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    quant = (draw(_scales), draw(_zero_points))
    model = ModelWriter()
    parts, inputs = [], []
    for _ in range(draw(st.integers(1, 5))):
        shape[axis] = draw(st.integers(1, 4))
        values = _int8(draw, rng, tuple(shape))
        if parts and draw(st.booleans()):
            parts.append(model.constant(values, *quant))
        else:
            parts.append(model.input(shape, *quant))
            inputs.append(values)
    y = model.concatenation(parts, axis)
    return _finish(model, y, inputs, shapes=[part.shape for part in parts], axis=axis)


@st.composite
def _reshape(draw: Draw) -> Case:
    rng = _generator(draw)
    shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    target = draw(st.permutations(shape)) if draw(st.booleans()) else [math.prod(shape)]
    model = ModelWriter()
    x = model.input(shape, draw(_scales), draw(_zero_points))
    y = model.reshape(x, target)
    return _finish(model, y, [_int8(draw, rng, tuple(shape))], shape=shape, target=target)


@st.composite
def _quantize(draw: Draw) -> Case:
    """From float32 (values on, beside and between the steps), or from int8."""
    rng = _generator(draw)
    scale, zero_point = draw(_scales), draw(_zero_points)
    model = ModelWriter()
    if draw(st.booleans()):
        x = model.input((1, 256), dtype="float32")
        steps = rng.integers(-600, 600, x.shape) / draw(st.sampled_from([1, 2, 2, 7]))
        values: NDArray[Any] = (steps * scale).astype(np.float32)
    else:
        x = model.input((1, 256), scale * draw(_gains), draw(_zero_points))
        values = _whole_range(rng)
    y = model.quantize(x, scale=scale, zero_point=zero_point)
    return _finish(model, y, [values], dtype=values.dtype, scale=scale, zero_point=zero_point)


@st.composite
def _dequantize(draw: Draw) -> Case:
    model = ModelWriter()
    x = model.input((1, 256), draw(_scales), draw(_zero_points))
    return _finish(model, model.dequantize(x), [_whole_range(_generator(draw))], x=x)


CASES: dict[str, st.SearchStrategy[Case]] = {
    "ADD": _binary("add"),
    "AVERAGE_POOL_2D": _pool("average_pool2d"),
    "CONCATENATION": _concatenation(),
    "CONV_2D": _conv2d(),
    "DEPTHWISE_CONV_2D": _depthwise_conv2d(),
    "DEQUANTIZE": _dequantize(),
    "FULLY_CONNECTED": _fully_connected(),
    "HARD_SWISH": _hard_swish(),
    "LEAKY_RELU": _leaky_relu(),
    "LOGISTIC": _logistic(),
    "MAXIMUM": _extremum("maximum"),
    "MAX_POOL_2D": _pool("max_pool2d"),
    "MEAN": _mean(),
    "MINIMUM": _extremum("minimum"),
    "MUL": _binary("mul"),
    "PAD": _pad(v2=False),
    "PADV2": _pad(v2=True),
    "PRELU": _prelu(),
    "QUANTIZE": _quantize(),
    "RELU": _relu(),
    "RELU6": _relu6(),
    "RESHAPE": _reshape(),
    "SOFTMAX": _softmax(),
    "SUB": _binary("sub"),
    "TANH": _tanh(),
}
"""Operator name to a strategy of models that consist of it."""
