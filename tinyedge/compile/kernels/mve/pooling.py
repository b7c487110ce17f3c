"""AVERAGE_POOL_2D of a whole image: a multiplication that divides all sums exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.params import AveragePool

_GROUP = 8
#: pixels whose sum 16 bits hold, and what a step of a load reaches
_PIXELS, _REACH = 255, 127
_UNROLLED = (8, 7, 5, 4, 3, 2, 1)


@dataclass(frozen=True, eq=False)
class Average(Layer):
    """One layer. ``away``: halves are rounded away from zero."""

    pixels: int
    channels: int
    multiplier: int
    away: bool

    @property
    def unroll(self) -> int:
        """Pixels a turn."""
        return next(count for count in _UNROLLED if self.pixels % count == 0)

    @property
    def instructions(self) -> int:
        """Estimated instructions: see mve_pool.S."""
        turns = self.pixels // self.unroll
        group = 2 * self.pixels + turns + 13 + 2 * self.away
        return 30 + self.channels // _GROUP * group

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of :class:`Overlap`: channels are read before they are written."""
        return 0, input_bytes

    def fields(self) -> Fields:
        """The members of ``te_mve_average_pool_params``."""
        kernel = instance(
            "te_mve_average_8",
            "te_mve_average",
            channels=self.channels,
            unroll=self.unroll,
            away=int(self.away),
        )
        return (
            ("kernel", kernel),
            ("multiplier", self.multiplier),
            ("turns", self.pixels // self.unroll),
            ("eights", self.channels // _GROUP),
        )


def plan(params: AveragePool) -> Average | None:
    """The pooling, or None where this kernel cannot compute it exactly."""
    batches, height, width, channels = params.input_shape
    pixels = height * width
    whole = batches == 1 and params.output_shape == (1, 1, 1, channels)
    if not whole or params.window != (height, width) or params.padding != (0, 0):
        return None
    if channels % _GROUP or channels > _REACH or not 1 < pixels <= _PIXELS:
        return None
    if (params.low, params.high) != (-128, 127):
        return None
    multiplier = ((1 << 31) + pixels // 2) // pixels
    sums = np.arange(-128 * pixels, 127 * pixels + 1, dtype=np.int64)
    expected = np.sign(sums) * ((abs(sums) + pixels // 2) // pixels)
    for away in (False, True):
        found = ((sums - away * (sums < 0)) * multiplier + (1 << 30)) >> 31
        if np.array_equal(found, expected):
            return Average(pixels, channels, multiplier, away)
    return None
