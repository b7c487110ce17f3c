"""Where accuracy is lost: each layer's int8 output against the float network's."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset import Split
from tinyedge.graph import real, reference
from tinyedge.graph.types import Graph, Op, Tensor
from tinyedge.quantize import floats
from tinyedge.quantize.advice import advise
from tinyedge.quantize.inputs import inputs
from tinyedge.recipe import Recipe
from tinyedge.results import LayerNoise

SAMPLES = 16


def layers(
    recipe: Recipe, graph: Graph, split: Split, wanted: Iterable[floats.Values]
) -> list[LayerNoise]:
    """Compare the first samples of the split, layer by layer; worst first.

    ``wanted`` has what each tensor should be, by name, sample after sample: as :func:`floats.run`
    finds in the float network, or :func:`trained`.
    """
    some = split.first(SAMPLES)
    signal: dict[int, list[NDArray[Any]]] = {}
    noise: dict[int, list[NDArray[Any]]] = {}
    for sample, values in zip(inputs(some, graph.inputs[0].q), wanted, strict=True):
        got = reference.run(graph, [sample], keep=True)
        for tensor in _compared(graph, values):
            ideal = values[tensor.name].astype(np.float64).ravel()
            signal.setdefault(tensor.index, []).append(ideal)
            reached = real.dequantize(tensor, got[tensor.index]).ravel()
            noise.setdefault(tensor.index, []).append(reached - ideal)
    decibels = {index: _decibels(signal[index], noise[index]) for index in signal}
    found = [
        _layer(recipe, op, decibels, signal[op.outputs[0].index])
        for op in graph.ops
        if op.outputs[0].index in decibels
    ]
    return sorted(found, key=lambda layer: (layer.snr_db, layer.index))


def trained(graph: Graph, split: Split) -> Iterator[floats.Values]:
    """What a network that has trained with int8 would answer, if no layer's output were rounded.

    Its weights are those of int8: to these it was trained. For the first samples of the split.
    """
    some = split.first(SAMPLES)
    for sample, unrounded in zip(inputs(some, graph.inputs[0].q), some.inputs, strict=True):
        values = real.run(graph, [sample], [unrounded])
        names = {tensor.index: tensor.name for tensor in graph.tensors}
        yield {names[index]: value.astype(np.float32) for index, value in values.items()}


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


def _layer(
    recipe: Recipe, op: Op, decibels: dict[int, float], values: list[NDArray[Any]]
) -> LayerNoise:
    output = op.outputs[0]
    reached = [decibels[tensor.index] for tensor in op.activations if tensor.index in decibels]
    snr = decibels[output.index]
    return LayerNoise(
        index=op.index,
        op=op.kind,
        tensor=output.name,
        snr_db=round(snr, 2),
        gain_db=round(snr - min(reached), 2) if reached else 0.0,
        advice=advise(recipe, op, snr, np.concatenate(values)),
    )
