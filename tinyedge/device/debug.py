"""Layer-by-layer truth: what a device has written against TFLM's reference and real numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tinyedge.compile import kept_channels
from tinyedge.compile.plan import Domain, Plan
from tinyedge.graph import real
from tinyedge.graph.types import Array, DType, Graph, Tensor
from tinyedge.link.session import Session
from tinyedge.oracle import Oracle
from tinyedge.results import LayerTruth


@dataclass(frozen=True, eq=False)
class Output:
    """What a step of the plan writes, or the first output of one of TFLM's operators.

    ``offset``: its bytes are int8 plus 128. ``channels``: those of the tensor that are computed;
    None: all.
    """

    index: int
    name: str
    kernel: str
    ops: tuple[int, ...]
    tensor: Tensor
    shape: tuple[int, ...]
    dtype: DType
    offset: bool = False
    channels: tuple[int, ...] | None = None

    @property
    def size(self) -> int:
        """Size in bytes."""
        return math.prod(self.shape) * self.dtype.size

    def values(self, data: bytes) -> Array:
        """What the device has sent, in the graph's own numbers."""
        raw = np.frombuffer(data, np.uint8)
        if self.offset:
            raw = raw ^ np.uint8(0x80)
        return raw.view(self.dtype.value).reshape(self.shape)

    def left(self, values: Array) -> Array:
        """What the plan computes of the graph's tensor: it may have left out channels."""
        whole = np.reshape(values, self.tensor.shape)
        some = whole if self.channels is None else whole[..., list(self.channels)]
        return np.reshape(some, self.shape)


def outputs(graph: Graph, plan: Plan | None) -> tuple[Output, ...]:
    """What the firmware sends, in order: the plan's steps; without a plan, TFLM's operators."""
    if plan is None:
        return tuple(
            Output(op.index, op.kind, "", (op.index,), first, first.shape, first.dtype)
            for op in graph.ops
            for first in op.outputs[:1]
        )
    by_index = {tensor.index: tensor for tensor in graph.tensors}
    kept = kept_channels(graph)
    return tuple(
        Output(
            index=step.index,
            name=step.name,
            kernel=step.kernel,
            ops=step.ops,
            tensor=by_index[step.output.tensor],
            shape=step.output.shape,
            dtype=step.output.dtype,
            offset=step.output.domain is Domain.OFFSET,
            channels=kept.get(step.output.tensor),
        )
        for step in plan.steps
    )


@dataclass(frozen=True, eq=False)
class Layer:
    """One output: the device's, TFLM's, and in real numbers; the first two as they stand.

    ``device_real`` is what the device's numbers stand for; ``real`` the float network's values
    where ``floating``, else what the quantized weights and input would give without rounding.
    """

    output: Output
    device: Array
    reference: Array
    device_real: Array
    real: Array
    floating: bool

    @property
    def truth(self) -> LayerTruth:
        """How they compare."""
        gap = np.abs(self.device.astype(np.int64) - self.reference.astype(np.int64)).reshape(-1)
        wrong, output = np.flatnonzero(gap), self.output
        return LayerTruth(
            index=output.index,
            name=output.name,
            kernel=output.kernel,
            tensor=output.tensor.name,
            output_shape=output.shape,
            output_bytes=output.size,
            differing=len(wrong),
            first_difference=int(wrong[0]) if len(wrong) else None,
            largest_difference=int(gap.max(initial=0)),
            beyond_range=real.beyond_range(output.tensor, self.real),
            snr_db=real.signal_to_noise(self.real, self.device_real),
            against="float" if self.floating else "dequantized",
        )


def layers(
    session: Session,
    graph: Graph,
    plan: Plan | None,
    tflite: bytes,
    sample: Sequence[Array],
    *,
    floats: Mapping[str, Array] | None = None,
) -> tuple[Layer, ...]:
    """Run one inference and compare every layer; ``floats``: the float network's tensors, by name.

    Raises LinkError if outputs do not arrive.
    """
    known = outputs(graph, plan)
    _, written = session.watch(
        [array.tobytes() for array in sample], [output.size for output in known]
    )
    oracle = Oracle(tflite, graph.name)
    oracle.run(sample)
    exact, ideal = oracle.tensors(), real.run(graph, sample)
    found = []
    for output, data in zip(known, written, strict=True):
        tensor, device = output.tensor, output.values(data)
        float_values = (floats or {}).get(tensor.name)
        floating = float_values is not None and float_values.size == tensor.elements
        values = float_values if floating else ideal[tensor.index]
        assert values is not None
        found.append(
            Layer(
                output=output,
                device=device,
                reference=output.left(exact[tensor.index]),
                device_real=real.dequantize(tensor, device),
                real=output.left(values).astype(np.float64),
                floating=floating,
            )
        )
    return tuple(found)
