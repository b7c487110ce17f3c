"""Each rewrite does what it says, only where it may, and changes no byte."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.tflite_writer import Handle, ModelWriter
from tinyedge.compile import compile_graph
from tinyedge.compile.execute import execute
from tinyedge.compile.params import Conv2D, Copy, DepthwiseConv2D, Pad
from tinyedge.compile.plan import Plan
from tinyedge.graph.read_tflite import read
from tinyedge.oracle import Oracle

AMOUNTS = [(0, 0), (1, 2), (2, 1), (0, 0)]


def _plan(data: bytes, *inputs: NDArray[np.int8]) -> Plan:
    plan = compile_graph(read(data, "model"), "host")
    for answer, wanted in zip(execute(plan, inputs), Oracle(data).run(list(inputs)), strict=True):
        np.testing.assert_array_equal(answer.reshape(-1), wanted.reshape(-1))
    return plan


def _noise(*shape: int) -> NDArray[np.int8]:
    return np.random.default_rng(1).integers(-128, 128, shape).astype(np.int8)


def _conv(model: ModelWriter, x: Handle, outputs: int = 3) -> Handle:
    weights = _noise(outputs, 3, 3, x.shape[3])
    return model.conv2d(x, weights, 0.01, None, scale=0.3, zero_point=3)


def _families(plan: Plan) -> list[type]:
    return [type(step.params) for step in plan.steps]


def test_pad_before_a_convolution_becomes_its_padding() -> None:
    model = ModelWriter()
    x = model.input((1, 5, 6, 2), 0.05, -7)
    data = model.finish(_conv(model, model.pad(x, AMOUNTS)))
    plan = _plan(data, _noise(1, 5, 6, 2))
    assert _families(plan) == [Conv2D]
    assert plan.steps[0].ops == (0, 1)


def test_pads_after_one_another_all_go() -> None:
    model = ModelWriter()
    x = model.input((1, 5, 6, 2), 0.05, -7)
    data = model.finish(_conv(model, model.pad(model.pad(x, AMOUNTS), AMOUNTS)))
    assert _families(_plan(data, _noise(1, 5, 6, 2))) == [Conv2D]


def test_pad_with_another_value_stays() -> None:
    model = ModelWriter()
    x = model.input((1, 5, 6, 2), 0.05, -7)
    data = model.finish(_conv(model, model.pad(x, AMOUNTS, value=5)))
    assert _families(_plan(data, _noise(1, 5, 6, 2))) == [Pad, Conv2D]


def test_pad_of_channels_stays() -> None:
    model = ModelWriter()
    x = model.input((1, 5, 6, 2), 0.05, -7)
    data = model.finish(_conv(model, model.pad(x, [(0, 0), (1, 1), (1, 1), (1, 0)])))
    assert _families(_plan(data, _noise(1, 5, 6, 2))) == [Pad, Conv2D]


def test_pad_that_is_an_output_stays() -> None:
    model = ModelWriter()
    x = model.input((1, 5, 6, 2), 0.05, -7)
    padded = model.pad(x, AMOUNTS)
    data = model.finish(padded, _conv(model, padded))
    assert _families(_plan(data, _noise(1, 5, 6, 2))) == [Pad, Conv2D]


@pytest.mark.parametrize("times", [1, 2, 3])
def test_reshapes_go(times: int) -> None:
    model = ModelWriter()
    x = _conv(model, model.input((1, 6, 6, 2), 0.05, -7))
    for i in range(times):
        x = model.reshape(x, (1, 48) if i % 2 == 0 else (1, 4, 4, 3))
    assert _families(_plan(model.finish(x), _noise(1, 6, 6, 2))) == [Conv2D]


def test_reshape_of_the_input_is_the_output() -> None:
    model = ModelWriter()
    x = model.input((1, 6), 0.05, -7)
    plan = _plan(model.finish(model.reshape(x, (2, 3))), _noise(1, 6))
    assert plan.steps == ()
    assert plan.arena_bytes == 6


def test_reshape_of_a_constant_output_stays() -> None:
    model = ModelWriter()
    x = model.input((1, 6), 0.05, -7)
    values = model.constant(_noise(2, 3), 0.05, -7)
    y = model.reshape(values, (6,))
    assert _families(_plan(model.finish(model.reshape(x, (6,)), y), _noise(1, 6))) == [Copy]


def test_order_of_least_memory() -> None:
    """Two wide branches that each shrink: one after the other, not side by side."""
    model = ModelWriter()
    x = model.input((1, 8, 8, 1), 0.05, 0)
    wide = [
        model.conv2d(x, _noise(32, 1, 1, 1), 0.01, None, scale=0.3, zero_point=i) for i in range(2)
    ]
    small = [model.average_pool2d(branch, window=(8, 8)) for branch in wide]
    y = model.add(small[0], small[1], scale=0.1, zero_point=0)
    plan = _plan(model.finish(y), _noise(1, 8, 8, 1))
    assert [step.ops[0] for step in plan.steps] == [0, 2, 1, 3, 4]
    assert plan.arena_bytes < 2 * 8 * 8 * 32


def test_a_shortcut_that_shrinks_runs_early() -> None:
    """The peak stays, but the layers of the other branch have more room for scratch."""
    model = ModelWriter()

    def conv(x: Handle, outputs: int, size: int, stride: int) -> Handle:
        weights = _noise(outputs, size, size, x.shape[3])
        return model.conv2d(
            x,
            weights,
            0.01,
            None,
            stride=(stride, stride),
            padding="SAME",
            scale=0.3,
            zero_point=0,
        )

    y = conv(model.input((1, 8, 8, 2), 0.05, 0), 16, 3, 1)
    z = conv(conv(y, 4, 3, 2), 4, 3, 1)
    data = model.finish(model.add(z, conv(y, 4, 1, 2), scale=0.1, zero_point=0))
    assert [step.ops[0] for step in _plan(data, _noise(1, 8, 8, 2)).steps] == [0, 1, 3, 2, 4]


@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize(
    ("size", "stride", "dilation", "taps"),
    [
        ((1, 1), (1, 1), (1, 1), (1, 1)),
        ((1, 6), (2, 1), (1, 1), (1, 3)),
        ((2, 2), (1, 1), (1, 1), (3, 3)),
        ((2, 1), (2, 3), (1, 1), (2, 1)),
        ((3, 5), (1, 1), (3, 1), (1, 3)),
        ((4, 2), (1, 1), (1, 2), (3, 1)),
    ],
)
def test_taps_that_never_meet_the_input_go(
    size: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    taps: tuple[int, int],
    depthwise: bool,
) -> None:
    model = ModelWriter()
    x = model.input((1, *size, 5), 0.05, -7)
    method = model.depthwise_conv2d if depthwise else model.conv2d
    weights = _noise(1, 3, 3, 5) if depthwise else _noise(4, 3, 3, 5)
    options = {"stride": stride, "dilation": dilation, "padding": "SAME"}
    data = model.finish(method(x, weights, 0.01, None, scale=0.3, zero_point=3, **options))
    plan = _plan(data, _noise(1, *size, 5))
    params = plan.steps[0].params
    assert isinstance(params, Conv2D | DepthwiseConv2D)
    assert params.filter.size == taps[0] * taps[1] * weights.size // 9
    assert plan.macs == params.filter.size * int(np.prod(params.output_shape[1:3]))
