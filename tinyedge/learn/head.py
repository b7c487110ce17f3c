"""The dense layers at a model's end that a device can train: found in a graph, written back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tinyedge.errors import ModelError
from tinyedge.graph import quantized as derived
from tinyedge.graph.ops import FullyConnected, Softmax
from tinyedge.graph.types import Activation, DType, Graph, Op

Floats = NDArray[np.float32]
MOST_LAYERS = 2


@dataclass(frozen=True, eq=False)
class Quantized:
    """int8 ``weights`` [outputs, inputs], int32 ``bias`` and float32 ``scales`` [outputs]."""

    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    scales: Floats


@dataclass(frozen=True, eq=False)
class Layer:
    """A FULLY_CONNECTED of the graph. Scales are float32; ``low`` and ``high`` bound its output.

    ``quantized`` are its weights now, ``compiled_scales`` those of the file's.
    """

    op: FullyConnected
    input_scale: np.float32
    input_zero_point: int
    output_scale: np.float32
    low: np.float32
    high: np.float32
    per_channel: bool
    compiled_scales: Floats
    quantized: Quantized

    @property
    def inputs(self) -> int:
        """Values that it reads."""
        return int(self.quantized.weights.shape[1])

    @property
    def outputs(self) -> int:
        """Values that it writes."""
        return int(self.quantized.weights.shape[0])


@dataclass(frozen=True, eq=False)
class Head:
    """The layers in the order in which they run."""

    layers: tuple[Layer, ...]

    def having(self, weights: Sequence[Quantized]) -> Head:
        """The same layers with other weights."""
        pairs = zip(self.layers, weights, strict=True)
        return Head(tuple(replace(layer, quantized=some) for layer, some in pairs))

    @property
    def ram_bytes(self) -> int:
        """Bytes that training needs on the device, besides what inference does.

        Two float32 arrays and two copies of the int8 weights with their tables (rounded up to
        four channels), the layers' values and errors, and the features.
        """
        total = self.layers[0].inputs
        for layer in self.layers:
            padded = -(-layer.outputs // 4) * 4
            total += 2 * 4 * layer.outputs * (layer.inputs + 1) + 2 * 4 * layer.outputs
            total += 2 * padded * (layer.inputs + 4 + 4 + 1 + 4 + 4)
        return total


def find(graph: Graph, count: int = 1) -> Head:
    """Return the last ``count`` dense layers. Raises ModelError where the model does not end so."""
    if not 1 <= count <= MOST_LAYERS:
        raise ModelError(f"{graph.name}: {count} layers to train", f"1 to {MOST_LAYERS} can be")
    ops = list(graph.ops)
    if ops and isinstance(ops[-1], Softmax):
        ops.pop()
    chosen = [_checked(graph, op) for op in ops[-count:]]
    if len(chosen) < count:
        raise ModelError(f"{graph.name} has no {count} layers", "train fewer")
    last = chosen[-1]
    if last.activation is not Activation.NONE:
        raise _unfit(graph, last, f"ends in {last.activation.value}")
    if graph.outputs != graph.ops[-1].outputs:
        raise _unfit(graph, last, "is not what the model answers")
    layers = tuple(_layer(op) for op in chosen)
    for first, second in pairwise(layers):
        if second.op.inputs[0] is not first.op.outputs[0]:
            raise _unfit(graph, second.op, "does not read what the layer before writes")
    return Head(layers)


def _checked(graph: Graph, op: Op) -> FullyConnected:
    if not isinstance(op, FullyConnected):
        raise _unfit(graph, op, "is no FULLY_CONNECTED")
    if op.bias is None:
        raise _unfit(graph, op, "has no bias")
    if any(op.filter.q.zero_points):
        raise _unfit(graph, op, "has weights with a zero point")
    if op.outputs[0].elements != op.filter.shape[0]:
        raise _unfit(graph, op, "runs on several rows")
    if any(t.dtype is not DType.INT8 for t in (op.inputs[0], op.filter, op.outputs[0])):
        raise _unfit(graph, op, "is not int8")
    return op


def _unfit(graph: Graph, op: Op, why: str) -> ModelError:
    return ModelError(
        f"{graph.name}: operator {op.index} {op.kind} {why}, and cannot be trained on the device",
        "the model must end in dense layers with biases, and at most a softmax after them",
    )


def _layer(op: FullyConnected) -> Layer:
    assert op.bias is not None
    assert op.bias.data is not None
    assert op.filter.data is not None
    source, target, filters = op.inputs[0].q, op.outputs[0].q, op.filter.q
    outputs = op.filter.shape[0]
    scales = np.array(filters.scales, np.float32)
    scales = scales if filters.per_channel else np.repeat(scales, outputs)
    low, high = derived.activation_range(op.activation, target)
    return Layer(
        op=op,
        input_scale=np.float32(source.scale),
        input_zero_point=source.zero_point,
        output_scale=np.float32(target.scale),
        low=np.float32((low - target.zero_point) * np.float32(target.scale)),
        high=np.float32((high - target.zero_point) * np.float32(target.scale)),
        per_channel=filters.per_channel,
        compiled_scales=scales,
        quantized=Quantized(
            op.filter.data.astype(np.int8), op.bias.data.astype(np.int32).reshape(-1), scales
        ),
    )
