"""Kernels for cores with the ARMv7E-M DSP extension (Cortex-M4, M7)."""

from __future__ import annotations

from tinyedge.compile.kernels.armv7em.convolution import BLOCKS, Unpacking
from tinyedge.compile.kernels.armv7em.kernels import (
    Addition,
    Convolution,
    Depthwise,
    Flip,
    FullyConnected,
    Pool,
    Winograd,
)
from tinyedge.compile.kernels.armv7em.refusal import why
from tinyedge.compile.kernels.base import Kernel
from tinyedge.compile.params import AveragePool, MaxPool

__all__ = ["FAST", "SMALL", "why"]

_SHARED = (
    Addition(),
    Pool("te_v7em_max_pool", MaxPool),
    Pool("te_v7em_average_pool", AveragePool),
    Flip(),
)

#: the fewest instructions; what is unrolled less is for layers that do not repay the code
FAST: tuple[Kernel, ...] = (
    Winograd(),
    *(Winograd(passes=passes) for passes in (1, 2)),
    *(Winograd(parts=parts) for parts in (1, 2, 4)),
    *(
        Convolution(block, unroll, direct, Unpacking.GATHERED)
        for unroll in (16, 4)
        for block in BLOCKS
        for direct in (True, False)
    ),
    *(Depthwise.window_3x3(chunk, pairs) for pairs in (12, 3) for chunk in (128, 8)),
    Depthwise.window_3x3(128, 12, columns=True),
    *(Depthwise.any_window(chunk) for chunk in (128, 8)),
    FullyConnected(8),
    FullyConnected(4),
    *_SHARED,
)

#: the least code: little unrolling, one block kernel
SMALL: tuple[Kernel, ...] = (
    *(Convolution(BLOCKS[0], 1, direct, Unpacking.SHARED) for direct in (True, False)),
    Depthwise.compact_3x3(4),
    Depthwise.other_window(4),
    FullyConnected(1),
    *_SHARED,
)
