"""DEPTHWISE_CONV_2D of 3x3 in little code: see depthwise_compact.S."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.exact import requantize
from tinyedge.compile.kernels.armv7em.depthwise import Depthwise, fits, is_3x3
from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.params import DepthwiseConv2D
from tinyedge.compile.plan import Instance


@dataclass(frozen=True, eq=False)
class Compact3x3(Depthwise):
    """3x3, its weights in registers; one instantiation for all planes and shifts."""

    @property
    def _pairs(self) -> int:
        return -(-self.width // 2)

    @property
    def reach(self) -> int:
        return self.stride[1] * self._pairs + 1

    @property
    def select(self) -> int:
        return 31  # shifts are below 128: always the first kernel

    @property
    def turns(self) -> tuple[int, int]:
        return 4 * self.stride[1] * self._pairs, 0

    @property
    def words(self) -> NDArray[np.int64]:
        return self.window_words(np.array([fit.shift for fit in self.fits])[self.part])

    def kernel(self, fit: requantize.Fit) -> Instance:  # noqa: ARG002  each channel has its shift
        return instance(
            "te_depthwise_compact",
            "te_depthwise_kernel",
            stride=self.stride[1],
            signed=int(self.signed),
            limit=int(any(fit.clamp for fit in self.fits)),
        )

    @property
    def channel_instructions(self) -> int:
        limited = any(fit.clamp for fit in self.fits)
        pair = (37 if self.stride[1] == 1 else 40) + 7 * self.signed + 8 * limited
        return self.chunk * (self._pairs * pair + 10) + 75


def compact_3x3(params: DepthwiseConv2D, chunk: int) -> Compact3x3 | None:
    """The layer in little code, or None where this kernel cannot compute it exactly."""
    if not is_3x3(params) or (found := fits(params)) is None:
        return None
    return Compact3x3(params, *found, min(chunk, params.output_shape[1]))
