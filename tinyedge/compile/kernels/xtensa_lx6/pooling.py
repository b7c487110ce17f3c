"""AVERAGE_POOL_2D: four channels at a time, their sums in lanes of 16 bits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.params import AveragePool

_GROUP = 4
#: so many bytes of 255 fit a lane of 16 bits
_MOST_PIXELS = 257
#: what the struct's bytes hold
_MOST_STEP = 255


@dataclass(frozen=True, eq=False)
class Average(Layer):
    """One layer."""

    params: AveragePool

    @property
    def instructions(self) -> int:
        """Estimated instructions: see pool.S and pool.c."""
        q = self.params
        _, height, width, channels = q.output_shape
        group = 110 + q.window[0] * (4 + 8 * q.window[1])
        return height * width * (80 + channels // _GROUP * group)

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of :class:`Overlap`: of a single pixel, channels are read, then written."""
        size = math.prod(self.params.output_shape)
        return (0 if size == self.params.output_shape[3] else size), input_bytes

    def fields(self) -> Fields:
        """The members of ``te_lx6_average_pool_params``."""
        q = self.params
        return (
            ("sum", instance("te_lx6_sum_4", "te_lx6_sum")),
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
            ("low", q.low),
            ("high", q.high),
        )


def plan(params: AveragePool) -> Average | None:
    """The layer, or None where this kernel does not take it."""
    if params.input_shape[0] != 1 or params.input_shape[3] % _GROUP:
        return None
    small = math.prod(params.window) <= _MOST_PIXELS
    return Average(params) if small and max(params.stride) <= _MOST_STEP else None
