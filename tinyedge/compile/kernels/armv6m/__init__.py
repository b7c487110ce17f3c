"""Kernels for ARMv6-M (Cortex-M0, M0+): two products a multiplication."""

from __future__ import annotations

from tinyedge.compile.kernels.armv6m import convolution, depthwise
from tinyedge.compile.kernels.armv6m.kernels import Addition, Convolution, Depthwise, FullyConnected
from tinyedge.compile.kernels.base import Kernel

_WAYS = (
    ("_pointwise", convolution.pointwise),
    ("", convolution.words),
    ("_bytes", convolution.gathered),
)

#: long loops, many forms: the fewest instructions
FAST: tuple[Kernel, ...] = (
    *(Convolution(way, plan, 8) for way, plan in _WAYS),
    FullyConnected(8),
    Depthwise(depthwise.MANY),
    Addition(),
)
#: short ones, few forms: little code
SMALL: tuple[Kernel, ...] = (
    *(Convolution(way, plan, 1) for way, plan in _WAYS),
    FullyConnected(1),
    Depthwise(depthwise.FEW),
    Addition(),
)
