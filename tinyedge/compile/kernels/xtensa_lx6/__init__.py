"""Kernels for Xtensa LX6 and LX7 (ESP32, ESP32-S3), with the MAC16 option."""

from __future__ import annotations

from tinyedge.compile.kernels.base import Kernel
from tinyedge.compile.kernels.xtensa_lx6 import banded, convolution
from tinyedge.compile.kernels.xtensa_lx6.kernels import (
    Addition,
    AveragePool,
    Convolution,
    Depthwise,
    FullyConnected,
    Winograd,
)

#: less code; what needs less scratch comes after
SMALL: tuple[Kernel, ...] = (
    *(Convolution("pointwise", convolution.pointwise, strip) for strip in (256, 64, 24)),
    *(Convolution("band", banded.band, strip) for strip in (64, 8, 2)),
    *(Convolution("band", banded.in_order, strip) for strip in (64, 8, 2)),
    *(Convolution("gather", banded.gathered, strip) for strip in (16, 4, 1)),
    *(Depthwise(strip) for strip in (128, 8)),
    FullyConnected(),
    Addition(),
    AveragePool(),
)

#: the fewest instructions
FAST: tuple[Kernel, ...] = (
    *(Winograd(passes=passes) for passes in (1, 2)),
    *(Winograd(parts=parts) for parts in (1, 2, 4)),
    *SMALL,
)
