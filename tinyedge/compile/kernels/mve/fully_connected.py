"""FULLY_CONNECTED: 8 outputs at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.mve import stage as requant
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.params import FullyConnected
from tinyedge.compile.plan import Constant

_VECTOR = 16
_GROUP = 8
_TURN = 4
#: how the lanes of two vectors of sums come to lie in one of bytes
ORDER = [0, 2, 4, 6, 1, 3, 5, 7]


@dataclass(frozen=True, eq=False)
class Dense(Layer):
    """One layer."""

    params: FullyConnected
    stage: requant.Stage

    @property
    def outputs(self) -> int:
        """Outputs of a row."""
        return int(self.params.filter.shape[0])

    @property
    def inputs(self) -> int:
        """Inputs of a row."""
        return int(self.params.filter.shape[1])

    @property
    def chunks(self) -> int:
        """Vectors of inputs."""
        return -(-self.inputs // _VECTOR)

    @property
    def head(self) -> int:
        """Chunks before the loop."""
        return (self.chunks - 1) % _TURN + 1

    @property
    def turns(self) -> int:
        """Turns of the loop."""
        return (self.chunks - self.head) // _TURN

    @property
    def input_tail(self) -> int:
        """Bytes read past the input."""
        return self.chunks * _VECTOR - self.inputs

    @property
    def output_tail(self) -> int:
        """Bytes written past the output."""
        return -self.outputs % _GROUP

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of :class:`Overlap`: an input is read for each group of outputs."""
        return self.params.batches * self.outputs + self.output_tail, input_bytes

    @property
    def instructions(self) -> int:
        """Estimated instructions: see mve_dense.S."""
        group = 11 + 17 * self.chunks + 2 * self.turns + self.stage.instructions
        groups = -(-self.outputs // _GROUP)
        return 80 + self.params.batches * (30 + groups * (group + 4))

    def _stream(self) -> NDArray[np.uint32]:
        spare = [(0, self.output_tail), (0, self.input_tail)]
        filled = np.pad(self.params.filter, spare)
        groups = filled.reshape(-1, _GROUP, self.chunks, _VECTOR)[:, ORDER].swapaxes(1, 2)
        weights = np.ascontiguousarray(groups).reshape(len(groups), -1).view(np.uint32)
        factors = requant.vectors(
            np.pad(self.stage.words(), [(0, self.output_tail), (0, 0)]), ORDER
        )
        return np.concatenate([weights, factors.reshape(len(groups), -1)], axis=1)

    def fields(self) -> Fields:
        """The members of ``te_mve_fully_connected_params``."""
        kernel = instance(
            "te_mve_dense",
            "te_mve_dense_kernel",
            head=self.head,
            turn=_TURN,
            loop=int(self.turns > 0),
            **self.stage.arguments,
        )
        return (
            ("kernel", kernel),
            ("stream", Constant("stream", self._stream())),
            ("inputs", self.inputs),
            ("outputs", self.outputs),
            ("batches", self.params.batches),
            ("turns", self.turns),
            ("zero", self.stage.zero),
            ("low", self.stage.low),
            ("high", self.stage.high),
        )


def plan(params: FullyConnected) -> Dense | None:
    """The layer, or None where this kernel cannot compute it exactly."""
    if params.batches > 1 and params.filter.shape[1] % 4:
        return None
    filters, zero = params.filter, params.input_zero_point
    made = requant.stage(filters, params.bias, zero, params.requant)
    return None if made is None else Dense(params, made)
