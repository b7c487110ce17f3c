"""Layers of a device that is not there: what its plan writes in numpy, sometimes damaged."""

from collections.abc import Sequence
from typing import cast

import numpy as np
import pytest

from tests.support.tflite_writer import ModelWriter
from tinyedge.compile import Plan, compile_graph, kept_channels
from tinyedge.compile.execute import trace
from tinyedge.compile.plan import Domain
from tinyedge.device import debug
from tinyedge.graph import read_tflite
from tinyedge.graph.types import Array, Graph
from tinyedge.link.messages import Inference
from tinyedge.link.session import Session
from tinyedge.oracle import Oracle
from tinyedge.results import LayerTruth

CORES = ("host", "cortex-m4f")


class _Device:
    """A session whose device writes ``flip`` (step, byte) otherwise."""

    def __init__(self, plan: Plan, graph: Graph, flip: tuple[int, int] | None) -> None:
        self._plan, self._graph, self._flip = plan, graph, flip

    def watch(
        self, inputs: Sequence[bytes], sizes: Sequence[int]
    ) -> tuple[Inference, tuple[bytes, ...]]:
        arrays = [
            np.frombuffer(data, t.dtype.value).reshape(t.shape)
            for data, t in zip(inputs, self._graph.inputs, strict=True)
        ]
        written = []
        for step, values in zip(self._plan.steps, trace(self._plan, arrays), strict=True):
            raw = np.ascontiguousarray(values).reshape(-1).view(np.uint8).copy()
            raw ^= 0x80 if step.output.domain is Domain.OFFSET else 0
            if self._flip is not None and self._flip[0] == step.index:
                raw[self._flip[1]] ^= 3
            written.append(raw.tobytes())
        assert [len(data) for data in written] == list(sizes)
        return Inference((), 1), tuple(written)


def _model() -> bytes:
    """Convolutions of 16 channels, of which the first 8 never leave zero."""
    rng = np.random.default_rng(6)
    model = ModelWriter()
    x = model.input((1, 6, 6, 2), scale=0.05, zero_point=-3)
    y = model.conv2d(
        x,
        rng.integers(-127, 128, (16, 3, 3, 2)).astype(np.int8),
        0.01,
        np.array([-(10**6)] * 8 + [0] * 8, np.int32),
        activation="RELU",
        scale=0.2,
        zero_point=-128,
    )
    y = model.conv2d(
        y,
        rng.integers(-127, 128, (8, 1, 1, 16)).astype(np.int8),
        0.01,
        None,
        scale=0.2,
        zero_point=4,
    )
    return model.finish(model.softmax(model.reshape(y, (1, 128))))


class _Interpreter:
    """A session whose device runs TFLM, and writes ``flip`` (operator, byte) otherwise."""

    def __init__(self, data: bytes, flip: tuple[int, int] | None) -> None:
        self._data, self._flip = data, flip

    def watch(
        self, inputs: Sequence[bytes], sizes: Sequence[int]
    ) -> tuple[Inference, tuple[bytes, ...]]:
        graph, oracle = read_tflite.read(self._data, "net"), Oracle(self._data, "net")
        oracle.run([np.frombuffer(data, np.int8) for data in inputs])
        tensors, written = oracle.tensors(), []
        for op in graph.ops:
            raw = np.frombuffer(tensors[op.outputs[0].index].tobytes(), np.uint8).copy()
            if self._flip is not None and self._flip[0] == op.index:
                raw[self._flip[1]] ^= 3
            written.append(raw.tobytes())
        assert [len(data) for data in written] == list(sizes)
        return Inference((), 1), tuple(written)


def _of_tflm(
    flip: tuple[int, int] | None = None, floats: dict[str, Array] | None = None
) -> list[LayerTruth]:
    data = _model()
    graph = read_tflite.read(data, "net")
    sample: list[Array] = [np.random.default_rng(1).integers(-128, 128, (1, 6, 6, 2), np.int8)]
    device = cast("Session", _Interpreter(data, flip))
    found = debug.layers(device, graph, None, data, sample, floats=floats)
    return [layer.truth for layer in found]


def test_tflm_s_operators_are_compared_one_by_one() -> None:
    whole = _of_tflm()
    assert [layer.name for layer in whole] == ["CONV_2D", "CONV_2D", "RESHAPE", "SOFTMAX"]
    assert not any(layer.differing for layer in whole)
    damaged = _of_tflm((1, 5))
    assert [layer.differing for layer in damaged] == [0, 1, 0, 0]
    assert damaged[1].first_difference == 5


def test_the_float_network_stands_where_it_has_the_tensor() -> None:
    plain = _of_tflm()
    assert {layer.against for layer in plain} == {"dequantized"}
    name, shape = plain[1].tensor, plain[1].output_shape
    with_floats = _of_tflm(floats={name: np.full(shape, 3.0, np.float32), "other": np.zeros(1)})
    assert [layer.against for layer in with_floats].count("float") == 1
    assert with_floats[1].against == "float"
    assert with_floats[1].snr_db != plain[1].snr_db
    assert with_floats[0] == plain[0]
    shorter = _of_tflm(floats={name: np.zeros(3, np.float32)})
    assert {layer.against for layer in shorter} == {"dequantized"}


def _layers(core: str, flip: tuple[int, int] | None = None) -> list[LayerTruth]:
    data = _model()
    graph = read_tflite.read(data, "net")
    plan = compile_graph(graph, core)
    sample: list[Array] = [np.random.default_rng(1).integers(-128, 128, (1, 6, 6, 2), np.int8)]
    device = cast("Session", _Device(plan, graph, flip))
    return [layer.truth for layer in debug.layers(device, graph, plan, data, sample)]


@pytest.mark.parametrize("core", CORES)
def test_a_right_device_has_no_differences(core: str) -> None:
    found = _layers(core)
    assert all((layer.differing, layer.first_difference) == (0, None) for layer in found)
    first = next(layer for layer in found if layer.name == "CONV_2D")
    assert (first.output_shape, first.output_bytes) == ((1, 4, 4, 8), 128)
    assert first.snr_db is not None
    assert first.snr_db > 20


def test_channels_that_were_left_out_are_known() -> None:
    kept = kept_channels(read_tflite.read(_model(), "net"))
    assert list(kept.values()) == [tuple(range(8, 16))]


@pytest.mark.parametrize("core", CORES)
def test_a_wrong_byte_is_found_where_it_is(core: str) -> None:
    right = _layers(core)
    wrong = next(layer.index for layer in right if layer.name == "CONV_2D")
    found = _layers(core, (wrong, 5))
    assert [layer.index for layer in found if layer.differing] == [wrong]
    layer = found[wrong]
    assert (layer.differing, layer.first_difference) == (1, 5)
    assert 1 <= layer.largest_difference <= 3
