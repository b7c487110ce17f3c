"""Kernels for cores with MVE, Helium (Cortex-M55)."""

from __future__ import annotations

from tinyedge.compile.kernels.base import Kernel
from tinyedge.compile.kernels.mve.kernels import (
    Addition,
    AveragePool,
    Band,
    DepthwiseLine,
    DepthwiseSquare,
    Direct,
    FullyConnected,
    Gathered,
)

#: the fewest instructions; what needs less scratch comes after
FAST: tuple[Kernel, ...] = (
    Direct(),
    *(Band(strip) for strip in (4, 1)),
    *(Gathered(limit) for limit in (32, 1)),
    DepthwiseSquare(),
    DepthwiseLine(),
    FullyConnected(),
    Addition(),
    AveragePool(),
)
