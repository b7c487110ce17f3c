"""Kernels for RISC-V with 32 registers and multiplications (rv32im and its like)."""

from __future__ import annotations

from tinyedge.compile.kernels.base import Kernel
from tinyedge.compile.kernels.rv32im.kernels import (
    Add,
    Convolution,
    ConvolutionPairs,
    Depthwise,
    DepthwisePlanes,
    FullyConnected,
)
from tinyedge.compile.kernels.rv32im.winograd import WinogradConvolution

#: in C: little code
SMALL: tuple[Kernel, ...] = (Convolution(), Depthwise(), FullyConnected(), Add())
#: in assembly: the fewest instructions
FAST: tuple[Kernel, ...] = (
    *(WinogradConvolution(groups) for groups in (1, 2, 4)),
    ConvolutionPairs(),
    DepthwisePlanes(),
)
