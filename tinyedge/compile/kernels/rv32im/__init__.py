"""Kernels in C for RISC-V with 32 registers and multiplications (rv32im and its like)."""

from __future__ import annotations

from tinyedge.compile.kernels.base import Kernel
from tinyedge.compile.kernels.rv32im.kernels import Convolution, Depthwise, FullyConnected

FAST: tuple[Kernel, ...] = (Convolution(), Depthwise(), FullyConnected())
