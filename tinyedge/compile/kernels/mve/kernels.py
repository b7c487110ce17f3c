"""The families' kernels as the compiler chooses among them."""

from __future__ import annotations

from collections.abc import Callable

from tinyedge.compile import params as p
from tinyedge.compile.kernels.mve import (
    addition,
    banded,
    convolution,
    depthwise,
    fully_connected,
    pooling,
)
from tinyedge.compile.kernels.tuned import L, Tuned
from tinyedge.compile.program import Node


class _Tuned(Tuned[L]):
    """A kernel of some files of assembler macros and one of C."""

    def __init__(self, name: str, plan: Callable[..., L | None], *sources: str) -> None:
        super().__init__(name, plan, *(f"mve/mve_{file}" for file in ("macros.S", *sources)))


class Direct(_Tuned[convolution.Direct]):
    """CONV_2D from the input itself."""

    family = p.Conv2D

    def __init__(self) -> None:
        super().__init__("te_mve_conv_direct", convolution.direct, "conv.S", "conv.c")


class Band(_Tuned[banded.Band]):
    """CONV_2D from padded rows; ``strip``: rows of outputs computed at a time."""

    family = p.Conv2D

    def __init__(self, strip: int) -> None:
        plan = banded.band
        super().__init__("te_mve_conv_band", lambda q: plan(q, strip), "conv.S", "conv.c")


class Gathered(_Tuned[banded.Gathered]):
    """CONV_2D from gathered windows; ``limit``: of pixels computed at a time."""

    family = p.Conv2D

    def __init__(self, limit: int) -> None:
        plan = banded.gathered
        super().__init__("te_mve_conv_band", lambda q: plan(q, limit), "conv.S", "conv.c")


class FullyConnected(_Tuned[fully_connected.Dense]):
    """FULLY_CONNECTED."""

    family = p.FullyConnected

    def __init__(self) -> None:
        sources = ("dense.S", "fully_connected.c")
        super().__init__("te_mve_fully_connected", fully_connected.plan, *sources)


class DepthwiseSquare(_Tuned[depthwise.Square]):
    """DEPTHWISE_CONV_2D of windows up to 3x3."""

    family = p.DepthwiseConv2D

    def __init__(self) -> None:
        sources = ("depthwise.S", "depthwise.c")
        super().__init__("te_mve_depthwise_3x3", depthwise.square, *sources)


class DepthwiseLine(_Tuned[depthwise.Line]):
    """DEPTHWISE_CONV_2D along a single row or column."""

    family = p.DepthwiseConv2D

    def __init__(self) -> None:
        sources = ("depthwise.S", "depthwise.c")
        super().__init__("te_mve_depthwise_line", depthwise.line, *sources)


class Addition(_Tuned[addition.Addition]):
    """ADD of two tensors of one shape."""

    family = p.Add

    def __init__(self) -> None:
        super().__init__("te_mve_add", addition.plan, "elementwise.S", "elementwise.c")

    def applies(self, node: Node) -> bool:
        return all(value.data is None for value in node.inputs) and super().applies(node)


class AveragePool(_Tuned[pooling.Average]):
    """AVERAGE_POOL_2D of a whole image."""

    family = p.AveragePool

    def __init__(self) -> None:
        super().__init__("te_mve_average_pool", pooling.plan, "pool.S", "pool.c")
