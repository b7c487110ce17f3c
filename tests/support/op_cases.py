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
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.support.case_parts import (
    ACTIVATION,
    GAINS,
    PADDING,
    SCALES,
    SMALL,
    ZERO_POINTS,
    Case,
    Draw,
    draw_bias,
    draw_image,
    draw_int8,
    draw_output_scale,
    draw_weight_scales,
    draw_window,
    finish,
    generator,
    whole_range,
)
from tests.support.move_cases import MOVES
from tests.support.tflite_writer import ModelWriter


@st.composite
def _conv2d(draw: Draw) -> Case:
    rng, shape = generator(draw), draw_image(draw)
    geometry = draw_window(draw, shape, dilated=True)
    window = geometry.pop("window")
    channels = draw(st.integers(1, 9))
    weights = draw_int8(draw, rng, (channels, *window, shape[3]))
    scales = draw_weight_scales(draw, channels)
    drawn = {**geometry, "activation": draw(ACTIVATION), "zero_point": draw(ZERO_POINTS)}
    depth = math.prod(weights.shape[1:])
    model = ModelWriter()
    x = model.input(shape, draw(SCALES), draw(ZERO_POINTS))
    assert x.scale is not None
    scale = draw_output_scale(draw, x.scale * float(np.max(scales)), depth)
    bias = draw_bias(draw, rng, channels, depth)
    y = model.conv2d(x, weights, scales, bias, scale=scale, **drawn)
    return finish(
        model, y, [draw_int8(draw, rng, shape)], shape=shape, weights=weights.shape, **drawn
    )


@st.composite
def _depthwise_conv2d(draw: Draw) -> Case:
    rng, shape = generator(draw), draw_image(draw)
    geometry = draw_window(draw, shape, dilated=True)
    window = geometry.pop("window")
    channels = shape[3] * draw(st.integers(1, 3))
    weights = draw_int8(draw, rng, (1, *window, channels))
    scales = draw_weight_scales(draw, channels)
    drawn = {**geometry, "activation": draw(ACTIVATION), "zero_point": draw(ZERO_POINTS)}
    depth = math.prod(window)
    model = ModelWriter()
    x = model.input(shape, draw(SCALES), draw(ZERO_POINTS))
    assert x.scale is not None
    scale = draw_output_scale(draw, x.scale * float(np.max(scales)), depth)
    bias = draw_bias(draw, rng, channels, depth)
    y = model.depthwise_conv2d(x, weights, scales, bias, scale=scale, **drawn)
    return finish(
        model, y, [draw_int8(draw, rng, shape)], shape=shape, weights=weights.shape, **drawn
    )


@st.composite
def _transpose_conv(draw: Draw) -> Case:
    rng, shape = generator(draw), draw_image(draw)
    window, stride = (draw(SMALL), draw(SMALL)), (draw(SMALL), draw(SMALL))
    padding, channels = draw(PADDING), draw(st.integers(1, 9))
    size = []
    for axis in (0, 1):
        full = (shape[1 + axis] - 1) * stride[axis] + window[axis]
        short = min(stride[axis], window[axis]) - 1
        least = window[axis] if padding == "VALID" else 1
        size.append(max(least, full + draw(st.integers(-short, 3))))
    weights = draw_int8(draw, rng, (channels, *window, shape[3]))
    scales = draw_weight_scales(draw, channels)
    drawn = {"stride": stride, "padding": padding, "size": tuple(size)}
    drawn |= {"activation": draw(ACTIVATION), "zero_point": draw(ZERO_POINTS)}
    model = ModelWriter()
    x = model.input(shape, draw(SCALES), draw(ZERO_POINTS))
    assert x.scale is not None
    scale = draw_output_scale(draw, x.scale * float(np.max(scales)), math.prod(weights.shape[1:]))
    bias = draw_bias(draw, rng, channels, math.prod(weights.shape[1:]))
    y = model.transpose_conv(x, weights, scales, bias, scale=scale, **drawn)
    values = draw_int8(draw, rng, shape)
    return finish(model, y, [values], shape=shape, weights=weights.shape, **drawn)


@st.composite
def _fully_connected(draw: Draw) -> Case:
    rng = generator(draw)
    depth, outputs = draw(st.integers(1, 70)), draw(st.integers(1, 20))
    shape = draw(st.sampled_from([(1, depth), (3, depth), (1, 2, depth), (2, 1, 2, depth)]))
    weights = draw_int8(draw, rng, (outputs, depth))
    scales = draw_weight_scales(draw, outputs)
    drawn = {
        "activation": draw(ACTIVATION),
        "zero_point": draw(ZERO_POINTS),
        "keep_dims": draw(st.booleans()),
    }
    if not isinstance(scales, list) and draw(st.booleans()):
        zero = draw(st.integers(-9, 9))
        drawn["weight_zero_point"] = zero
        weights = np.clip(weights, max(-128, zero - 128), min(127, zero + 127)).astype(np.int8)
    model = ModelWriter()
    x = model.input(shape, draw(SCALES), draw(ZERO_POINTS))
    assert x.scale is not None
    scale = draw_output_scale(draw, x.scale * float(np.max(scales)), depth)
    y = model.fully_connected(
        x, weights, scales, draw_bias(draw, rng, outputs, depth), scale=scale, **drawn
    )
    return finish(model, y, [draw_int8(draw, rng, shape)], shape=shape, width=outputs, **drawn)


def _pool(kind: str) -> st.SearchStrategy[Case]:
    @st.composite
    def pool(draw: Draw) -> Case:
        rng, shape = generator(draw), draw_image(draw)
        drawn = {**draw_window(draw, shape, dilated=False), "activation": draw(ACTIVATION)}
        model = ModelWriter()
        x = model.input(shape, draw(SCALES), draw(ZERO_POINTS))
        y = getattr(model, kind)(x, **drawn)
        return finish(model, y, [draw_int8(draw, rng, shape)], shape=shape, **drawn)

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
        rng, (first, second) = generator(draw), _broadcasting(draw)
        model = ModelWriter()
        a = model.input(first, draw(SCALES), draw(ZERO_POINTS))
        values = draw_int8(draw, rng, second)
        constant = draw(st.booleans())
        assert a.scale is not None
        quant = (draw(st.one_of(st.just(a.scale), SCALES)), draw(ZERO_POINTS))
        b = model.constant(values, *quant) if constant else model.input(second, *quant)
        assert b.scale is not None
        natural = a.scale * b.scale * 128 if kind == "mul" else max(a.scale, b.scale)
        drawn = {"activation": draw(ACTIVATION), "zero_point": draw(ZERO_POINTS)}
        scale = float(np.float32(natural * draw(GAINS)))
        y = getattr(model, kind)(a, b, scale=scale, **drawn)
        inputs = [draw_int8(draw, rng, first)] + ([] if constant else [values])
        return finish(model, y, inputs, first=first, second=second, constant=constant, **drawn)

    return binary()


def _extremum(kind: str) -> st.SearchStrategy[Case]:
    @st.composite
    def extremum(draw: Draw) -> Case:
        rng, (first, second) = generator(draw), _broadcasting(draw)
        quant = (draw(SCALES), draw(ZERO_POINTS))
        model = ModelWriter()
        a = model.input(first, *quant)
        values = draw_int8(draw, rng, second)
        constant = draw(st.booleans())
        b = model.constant(values, *quant) if constant else model.input(second, *quant)
        inputs = [draw_int8(draw, rng, first)] + ([] if constant else [values])
        return finish(model, getattr(model, kind)(a, b), inputs, first=first, second=second)

    return extremum()


@st.composite
def _prelu(draw: Draw) -> Case:
    rng = generator(draw)
    shape = tuple(draw(st.lists(st.integers(1, 6), min_size=1, max_size=4)))
    kept = draw(st.lists(st.booleans(), min_size=len(shape), max_size=len(shape)))
    values = draw_int8(draw, rng, tuple(n if k else 1 for n, k in zip(shape, kept, strict=True)))
    model = ModelWriter()
    x = model.input(shape, draw(SCALES), draw(ZERO_POINTS))
    alpha = model.constant(values, draw(SCALES), draw(ZERO_POINTS))
    assert x.scale is not None
    quant = {"scale": x.scale * draw(GAINS), "zero_point": draw(ZERO_POINTS)}
    y = model.prelu(x, alpha, **quant)
    return finish(model, y, [draw_int8(draw, rng, shape)], x=x, alpha=alpha, **quant)


@st.composite
def _relu(draw: Draw) -> Case:
    rng = generator(draw)
    model = ModelWriter()
    x = model.input((1, 256), draw(SCALES), draw(ZERO_POINTS))
    assert x.scale is not None
    scale = float(np.float32(x.scale * draw(GAINS)))
    y = model.relu(x, scale=scale, zero_point=draw(ZERO_POINTS))
    return finish(model, y, [draw_int8(draw, rng, x.shape)], x=x, scale=scale)


@st.composite
def _relu6(draw: Draw) -> Case:
    model = ModelWriter()
    x = model.input((1, 256), draw(SCALES), draw(ZERO_POINTS))
    return finish(model, model.relu6(x), [whole_range(generator(draw))], x=x)


@st.composite
def _logistic(draw: Draw) -> Case:
    model = ModelWriter()
    x = model.input((1, 256), draw(SCALES), draw(ZERO_POINTS))
    return finish(model, model.logistic(x), [whole_range(generator(draw))], x=x)


@st.composite
def _tanh(draw: Draw) -> Case:
    model = ModelWriter()
    x = model.input((1, 256), draw(SCALES), draw(ZERO_POINTS))
    return finish(model, model.tanh(x), [whole_range(generator(draw))], x=x)


@st.composite
def _hard_swish(draw: Draw) -> Case:
    model = ModelWriter()
    x = model.input((1, 256), draw(SCALES), draw(ZERO_POINTS))
    assert x.scale is not None
    quant = {"scale": x.scale * draw(GAINS), "zero_point": draw(ZERO_POINTS)}
    y = model.hard_swish(x, **quant)
    return finish(model, y, [whole_range(generator(draw))], x=x, **quant)


@st.composite
def _leaky_relu(draw: Draw) -> Case:
    alpha = draw(st.one_of(st.floats(-2, 2), st.sampled_from([0.0, 0.1, 0.2, 0.3, 1.0])))
    model = ModelWriter()
    x = model.input((1, 256), draw(SCALES), draw(ZERO_POINTS))
    assert x.scale is not None
    quant = {"scale": x.scale * draw(GAINS), "zero_point": draw(ZERO_POINTS)}
    y = model.leaky_relu(x, alpha, **quant)
    return finish(model, y, [whole_range(generator(draw))], x=x, alpha=alpha, **quant)


@st.composite
def _softmax(draw: Draw) -> Case:
    rng = generator(draw)
    shape = (draw(SMALL), draw(st.one_of(st.integers(1, 12), st.integers(13, 511))))
    model = ModelWriter()
    x = model.input(shape, draw(SCALES), draw(ZERO_POINTS))
    beta = draw(st.sampled_from([1.0, 1.0, 0.5, 3.0]))
    return finish(model, model.softmax(x, beta), [draw_int8(draw, rng, shape)], x=x, beta=beta)


@st.composite
def _mean(draw: Draw) -> Case:
    rng = generator(draw)
    shape = tuple(draw(st.lists(st.integers(1, 7), min_size=1, max_size=4)))
    axes = draw(st.lists(st.integers(-len(shape), len(shape) - 1), min_size=1, max_size=3))
    model = ModelWriter()
    x = model.input(shape, draw(SCALES), draw(ZERO_POINTS))
    assert x.scale is not None
    scale = draw(st.sampled_from([1.0, draw(GAINS)])) * x.scale
    zero_point = draw(st.sampled_from([x.zero_point, draw(ZERO_POINTS)]))
    keep = draw(st.booleans())
    y = model.mean(x, axes, scale=float(np.float32(scale)), zero_point=zero_point, keep_dims=keep)
    return finish(model, y, [draw_int8(draw, rng, shape)], x=x, axes=axes, keep=keep)


@st.composite
def _quantize(draw: Draw) -> Case:
    """From float32 (values on, beside and between the steps), or from int8."""
    rng = generator(draw)
    scale, zero_point = draw(SCALES), draw(ZERO_POINTS)
    model = ModelWriter()
    if draw(st.booleans()):
        x = model.input((1, 256), dtype="float32")
        steps = rng.integers(-600, 600, x.shape) / draw(st.sampled_from([1, 2, 2, 7]))
        values: NDArray[Any] = (steps * scale).astype(np.float32)
    else:
        x = model.input((1, 256), scale * draw(GAINS), draw(ZERO_POINTS))
        values = whole_range(rng)
    y = model.quantize(x, scale=scale, zero_point=zero_point)
    return finish(model, y, [values], dtype=values.dtype, scale=scale, zero_point=zero_point)


@st.composite
def _dequantize(draw: Draw) -> Case:
    model = ModelWriter()
    x = model.input((1, 256), draw(SCALES), draw(ZERO_POINTS))
    return finish(model, model.dequantize(x), [whole_range(generator(draw))], x=x)


CASES: dict[str, st.SearchStrategy[Case]] = {
    **MOVES,
    "ADD": _binary("add"),
    "AVERAGE_POOL_2D": _pool("average_pool2d"),
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
    "PRELU": _prelu(),
    "QUANTIZE": _quantize(),
    "RELU": _relu(),
    "RELU6": _relu6(),
    "SOFTMAX": _softmax(),
    "SUB": _binary("sub"),
    "TANH": _tanh(),
    "TRANSPOSE_CONV": _transpose_conv(),
}
"""Operator name to a strategy of models that consist of it."""
