"""Where accuracy is lost: each layer's int8 output against the float network's."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge.backend import Backend
from tinyedge.dataset import Split
from tinyedge.graph import reference
from tinyedge.graph.types import Graph, Op, Tensor
from tinyedge.quantize import floats
from tinyedge.quantize.inputs import inputs
from tinyedge.results import LayerNoise

SAMPLES = 16
_CLEAN_DB = 30.0  # five bits: nothing to treat
_OUTLIERS = 2.0  # a range so many times that of 99.9 % of the values
_SPREAD = 8.0  # the largest weights of a channel against the smallest's


def layers(backend: Backend, graph: Graph, floating: bytes, split: Split) -> list[LayerNoise]:
    """Compare the first samples of the split, layer by layer; worst first.

    ``floating`` is the calibrated float .tflite that ``graph`` was quantized from: its tensors
    have the same names.
    """
    some = split.first(SAMPLES)
    signal: dict[int, list[NDArray[Any]]] = {}
    noise: dict[int, list[NDArray[Any]]] = {}
    quantized = inputs(some, graph.inputs[0].q)
    for sample, wanted in zip(quantized, floats.run(backend, floating, some.inputs), strict=True):
        got = reference.run(graph, [sample], keep=True)
        for tensor in _compared(graph, wanted):
            real = (got[tensor.index].astype(np.float64) - tensor.q.zero_point) * tensor.q.scale
            value = wanted[tensor.name].astype(np.float64).ravel()
            signal.setdefault(tensor.index, []).append(value)
            noise.setdefault(tensor.index, []).append(real.ravel() - value)
    decibels = {index: _decibels(signal[index], noise[index]) for index in signal}
    found = [
        _layer(op, decibels, signal[op.outputs[0].index])
        for op in graph.ops
        if op.outputs[0].index in decibels
    ]
    return sorted(found, key=lambda layer: (layer.snr_db, layer.index))


def draw(model: str, found: list[LayerNoise]) -> bytes:
    """A PNG: signal to noise of each layer, in the network's order."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - slow
    from matplotlib.figure import Figure  # noqa: PLC0415

    rows = sorted(found, key=lambda layer: -layer.index)
    figure = Figure(figsize=(8, 1.2 + 0.3 * len(rows)), layout="constrained")
    axes = figure.subplots()
    names = [f"{layer.index} {layer.op}" for layer in rows]
    colours = ["tab:orange" if layer.advice else "tab:blue" for layer in rows]
    axes.barh(names, [layer.snr_db for layer in rows], color=colours)
    axes.set(xlabel="int8 against float: signal to noise, dB", title=model)
    axes.grid(axis="x", alpha=0.3)
    picture = io.BytesIO()
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(picture, metadata={"Software": None})
    return picture.getvalue()


def _compared(graph: Graph, wanted: floats.Values) -> list[Tensor]:
    """Computed int8 tensors that the float network has, too, and the input."""
    computed = [tensor for op in graph.ops for tensor in op.outputs]
    return [
        tensor
        for tensor in (*graph.inputs, *computed)
        if tensor.name in wanted and wanted[tensor.name].size == tensor.elements
    ]


def _decibels(signal: list[NDArray[Any]], noise: list[NDArray[Any]]) -> float:
    power = sum(float((part**2).sum()) for part in signal)
    lost = sum(float((part**2).sum()) for part in noise)
    return float(10 * np.log10(max(power, 1e-30) / max(lost, 1e-12 * max(power, 1e-18))))


def _layer(op: Op, decibels: dict[int, float], values: list[NDArray[Any]]) -> LayerNoise:
    output = op.outputs[0]
    reached = [decibels[tensor.index] for tensor in op.activations if tensor.index in decibels]
    snr = decibels[output.index]
    return LayerNoise(
        index=op.index,
        op=op.kind,
        tensor=output.name,
        snr_db=round(snr, 2),
        gain_db=round(snr - min(reached), 2) if reached else 0.0,
        advice="" if snr >= _CLEAN_DB else _advice(op, np.concatenate(values)),
    )


def _advice(op: Op, values: NDArray[Any]) -> str:
    if op.kind == "SOFTMAX":
        return ""  # its range is fixed
    largest, usual = np.abs(values).max(), np.percentile(np.abs(values), 99.9)
    if usual > 0 and largest / usual > _OUTLIERS:
        return 'a few values take up the range: quantize.calibration = "percentile" or "search"'
    weights = [tensor for tensor in op.inputs if tensor.is_constant and len(tensor.shape) > 1]
    if weights and len(weights[0].q.scales) == 1 and weights[0].data is not None:
        peaks = np.abs(weights[0].data.reshape(weights[0].shape[0], -1).astype(int)).max(axis=1)
        if peaks.max() > _SPREAD * max(1, int(peaks.min())):
            return 'its outputs\' weights differ in size: quantize.dense = "per-channel"'
    return 'let it train with int8: quantize.method = "qat"'
