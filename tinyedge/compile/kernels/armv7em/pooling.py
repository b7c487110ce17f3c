"""MAX_POOL_2D and AVERAGE_POOL_2D, four or eight channels at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import Fields, window_lead
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.params import AveragePool, MaxPool, Pool
from tinyedge.compile.plan import Instance

#: so many bytes of 255 fit a lane of 16 bits
_MOST_PIXELS = 257


@dataclass(frozen=True, eq=False)
class Pooling(Layer):
    """One layer."""

    params: Pool

    @property
    def instructions(self) -> int:
        """Estimated instructions: see pool.S and pool.c."""
        q = self.params
        _, height, width, channels = q.output_shape
        pixels = q.window[0] * q.window[1]
        if isinstance(q, MaxPool):
            return height * width * (40 + max(1, pixels - 1) * (35 + channels // 4 * 6))
        return height * width * (50 + -(-channels // 8) * (150 + 8 * pixels + 4 * q.window[0]))

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of :class:`Overlap`: only maxima are done with a pixel's inputs."""
        q = self.params
        lead = math.prod(q.output_shape)
        if isinstance(q, MaxPool):
            lead = window_lead(q.input_shape, q.output_shape, q.stride, q.padding)
        return lead, input_bytes

    @property
    def _kernel(self) -> tuple[str, Instance]:
        """The kernel's instantiation, by the name of its field."""
        if isinstance(self.params, AveragePool):
            return "sum", instance("te_sum_8", "te_sum")
        return "max", instance("te_max_words", "te_max")

    def fields(self) -> Fields:
        """The members of ``te_v7em_pool_params``."""
        q = self.params
        return (
            self._kernel,
            ("input_height", q.input_shape[1]),
            ("input_width", q.input_shape[2]),
            ("output_height", q.output_shape[1]),
            ("output_width", q.output_shape[2]),
            ("channels", q.input_shape[3]),
            ("height", q.window[0]),
            ("width", q.window[1]),
            ("stride_y", q.stride[0]),
            ("stride_x", q.stride[1]),
            ("top", q.padding[0]),
            ("left", q.padding[1]),
            ("low", q.low + 128),
            ("high", q.high + 128),
        )


def plan(params: Pool) -> Pooling | None:
    """The layer, or None where the kernels here do not take it."""
    channels = params.input_shape[3]
    if params.input_shape[0] != 1 or channels % 4:
        return None
    if isinstance(params, AveragePool):
        fits = channels >= 8 and params.window[0] * params.window[1] <= _MOST_PIXELS
        return Pooling(params) if fits else None
    return Pooling(params) if isinstance(params, MaxPool) else None
