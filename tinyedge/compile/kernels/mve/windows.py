"""How the inner kernels of convolutions find their windows, and how they read weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.mve import stage as requant
from tinyedge.compile.params import Conv2D
from tinyedge.compile.plan import Instance

Chunks = NDArray[np.int8]

VECTOR = 16
#: what an offset of a load of words reaches
_REACH = 508
#: chunks of a window that a kernel unrolls
_UNROLLED = 20
#: and one that computes four channels a turn
_QUAD = 4


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of ``rows`` runs of ``segment`` bytes, ``step`` bytes apart, for the inner kernels.

    ``triple``: three neighbours of a multiple of 16 channels, one pixel apart.
    """

    rows: int
    segment: int
    step: int
    triple: bool

    @property
    def chunks(self) -> int:
        """Vectors of a row; of one of the neighbours."""
        return -(-self.segment // VECTOR) // (3 if self.triple else 1)

    @property
    def total(self) -> int:
        """Vectors of weights of a channel."""
        return self.rows * self.chunks * (3 if self.triple else 1)

    @property
    def possible(self) -> bool:
        """Whether a kernel reaches all of four windows, and is not too long."""
        if self.step % 4 or self.total > (2 * _UNROLLED if self.triple else _UNROLLED):
            return False
        last = 5 if self.triple else 3
        return last * self.step + VECTOR * (self.chunks - 1) <= _REACH

    @property
    def instructions(self) -> int:
        """Of a block's pair of channels, but for the requantization."""
        if self.triple:
            return self.rows * (36 * self.chunks + 1) + 5
        return 14 * self.total + (self.rows if self.rows > 1 else -4) + 4

    def quad(self, stage: requant.Stage, channels: int) -> bool:
        """Whether two pairs of channels are stored at once (it pays where windows are short)."""
        plain = not stage.general and not stage.limit and channels % 4 == 0
        return plain and not self.triple and self.rows == 1 and self.chunks <= _QUAD

    def kernel(self, stage: requant.Stage, channels: int) -> Instance:
        """The kernel's instantiation."""
        if self.quad(stage, channels):
            sizes = {"step": self.step, "scale": stage.scale, "narrow": stage.narrow}
            if self.chunks == 1:
                return instance("te_mve_conv_quad_1", "te_mve_conv_kernel", **sizes)
            sizes |= {"rows": self.rows, "chunks": self.chunks}
            return instance("te_mve_conv_quad", "te_mve_conv_kernel", **sizes)
        sizes = {"rows": self.rows, "chunks": self.chunks}
        if self.triple:
            return instance("te_mve_conv_3", "te_mve_conv_kernel", **sizes, **stage.arguments)
        sizes["step"] = self.step
        return instance("te_mve_conv", "te_mve_conv_kernel", **sizes, **stage.arguments)

    def vectors(self, filters: NDArray[np.int8]) -> Chunks:
        """[channels, rows, segment] -> [channels, vectors, 16], in the order the kernel reads."""
        channels = filters.shape[0]
        if self.triple:
            taps = filters.reshape(channels, self.rows, 3, self.chunks, VECTOR)
            return taps.swapaxes(2, 3).reshape(channels, -1, VECTOR)
        filled = np.pad(filters, [(0, 0), (0, 0), (0, self.chunks * VECTOR - self.segment)])
        return filled.reshape(channels, -1, VECTOR)


def of_layer(params: Conv2D) -> Windows | None:
    """Windows that lie in the input, or in a band of padded rows; None where no kernel can."""
    rows, columns, channels = (int(size) for size in params.filter.shape[1:])
    segment, step = columns * channels, params.stride[1] * channels
    triple = columns == 3 and step == channels and channels % VECTOR == 0
    choices = (
        Windows(rows, segment, step, kind) for kind in ((True, False) if triple else (False,))
    )
    return next((choice for choice in choices if choice.possible), None)
