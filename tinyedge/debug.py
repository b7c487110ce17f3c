"""Layer-by-layer truth: what a device has written against TFLM's reference and real numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinyedge.compile import kept_channels
from tinyedge.compile.plan import Domain, Plan, Step
from tinyedge.graph import real
from tinyedge.graph.types import Array, Graph, Tensor
from tinyedge.link.session import Session
from tinyedge.oracle import Oracle
from tinyedge.results import LayerTruth


@dataclass(frozen=True, eq=False)
class Layer:
    """One step's output: the device's, TFLM's, and in real numbers; the first two as they stand.

    ``device_real`` is what the device's numbers stand for.
    """

    step: Step
    tensor: Tensor
    device: Array
    reference: Array
    device_real: Array
    real: Array

    @property
    def truth(self) -> LayerTruth:
        """How they compare."""
        gap = np.abs(self.device.astype(np.int64) - self.reference.astype(np.int64)).reshape(-1)
        wrong = np.flatnonzero(gap)
        return LayerTruth(
            index=self.step.index,
            name=self.step.name,
            kernel=self.step.kernel,
            tensor=self.step.output.name,
            output_shape=self.step.output.shape,
            output_bytes=self.step.output.bytes,
            differing=len(wrong),
            first_difference=int(wrong[0]) if len(wrong) else None,
            largest_difference=int(gap.max(initial=0)),
            beyond_range=real.beyond_range(self.tensor, self.real),
            snr_db=real.signal_to_noise(self.real, self.device_real),
        )


def layers(
    session: Session, graph: Graph, plan: Plan, tflite: bytes, sample: Sequence[Array]
) -> tuple[Layer, ...]:
    """Run one inference and compare every step. Raises LinkError if outputs do not arrive."""
    sizes = [step.output.bytes for step in plan.steps]
    _, written = session.watch([array.tobytes() for array in sample], sizes)
    oracle = Oracle(tflite, graph.name)
    oracle.run(sample)
    exact, ideal, kept = oracle.tensors(), real.run(graph, sample), kept_channels(graph)
    by_index = {tensor.index: tensor for tensor in graph.tensors}
    found = []
    for step, data in zip(plan.steps, written, strict=True):
        tensor = by_index[step.output.tensor]
        channels = kept.get(tensor.index)
        found.append(
            Layer(
                step=step,
                tensor=tensor,
                device=(device := _values(step, data)),
                reference=_left(step, tensor, exact[tensor.index], channels),
                device_real=real.dequantize(tensor, device),
                real=_left(step, tensor, ideal[tensor.index], channels),
            )
        )
    return tuple(found)


def _values(step: Step, data: bytes) -> Array:
    """A step's output in the graph's own numbers."""
    raw = np.frombuffer(data, np.uint8)
    if step.output.domain is Domain.OFFSET:
        raw = raw ^ np.uint8(0x80)
    return raw.view(step.output.dtype.value).reshape(step.output.shape)


def _left(step: Step, tensor: Tensor, values: Array, channels: tuple[int, ...] | None) -> Array:
    """What the plan computes of the graph's tensor: it may have left out channels."""
    whole = np.reshape(values, tensor.shape)
    some = whole if channels is None else whole[..., list(channels)]
    return np.reshape(some, step.output.shape)
