"""Kernels for cores with the ARMv7E-M DSP extension (Cortex-M4, M7)."""

from __future__ import annotations

from tinyedge.compile.kernels.armv7em.convolution import BLOCKS
from tinyedge.compile.kernels.armv7em.kernels import (
    Addition,
    Convolution,
    Depthwise,
    Flip,
    FullyConnected,
)
from tinyedge.compile.kernels.base import Kernel

#: the fewest instructions
FAST: tuple[Kernel, ...] = (
    *(Convolution(block, 16, direct) for block in BLOCKS for direct in (True, False)),
    *(Depthwise(chunk, 12) for chunk in (128, 8)),
    *(Depthwise(chunk, None) for chunk in (128, 8)),
    FullyConnected(8),
    Addition(),
    Flip(),
)

#: the least code: little unrolling, one block kernel
SMALL: tuple[Kernel, ...] = (
    *(Convolution(BLOCKS[0], 4, direct) for direct in (True, False)),
    Depthwise(4, 1),
    Depthwise(4, None),
    FullyConnected(2),
    Addition(),
    Flip(),
)
