"""The families' kernels as the compiler chooses among them."""

from __future__ import annotations

from collections.abc import Callable

from tinyedge.compile import params as p
from tinyedge.compile.kernels.tuned import L, Tuned
from tinyedge.compile.kernels.xtensa_lx6 import (
    addition,
    convolution,
    depthwise,
    fully_connected,
    pooling,
    winograd,
)
from tinyedge.compile.program import Node


class _Tuned(Tuned[L]):
    """A kernel of some files of assembler macros and one of C."""

    def __init__(self, name: str, plan: Callable[..., L | None], *sources: str) -> None:
        super().__init__(name, plan, *(f"xtensa_lx6/{file}" for file in ("macros.S", *sources)))


class Convolution(_Tuned[convolution.Convolution]):
    """CONV_2D; ``strip``: rows of outputs, or pixels, computed at a time."""

    family = p.Conv2D

    def __init__(
        self,
        way: str,
        plan: Callable[[p.Conv2D, int], convolution.Convolution | None],
        strip: int,
    ) -> None:
        sources = ("unpack.S", "conv.S", "conv.c")
        super().__init__(f"te_lx6_conv_{way}", lambda q: plan(q, strip), *sources)


class Winograd(_Tuned[winograd.Winograd]):
    """CONV_2D 3x3 by F(4x4, 3x3), as :func:`winograd.plan` offers it."""

    family = p.Conv2D

    def __init__(self, passes: int | None = None, parts: int = 1) -> None:
        sources = ("winograd_transforms.S", "winograd.S", "winograd.c")
        super().__init__("te_lx6_winograd", lambda q: winograd.plan(q, passes, parts), *sources)


class FullyConnected(_Tuned[fully_connected.Dense]):
    """FULLY_CONNECTED."""

    family = p.FullyConnected

    def __init__(self) -> None:
        sources = ("unpack.S", "fully_connected.S", "fully_connected.c")
        super().__init__("te_lx6_fully_connected", fully_connected.plan, *sources)


class Depthwise(_Tuned[depthwise.Depthwise]):
    """DEPTHWISE_CONV_2D; ``strip``: rows of outputs computed at a time."""

    family = p.DepthwiseConv2D

    def __init__(self, strip: int) -> None:
        super().__init__("te_lx6_depthwise", lambda q: depthwise.plan(q, strip), "depthwise.c")

    def files(self, node: Node) -> tuple[str, ...]:
        return (*self.sources, *(f"xtensa_lx6/{file}" for file in self.layer(node).sources))


class AveragePool(_Tuned[pooling.Average]):
    """AVERAGE_POOL_2D."""

    family = p.AveragePool

    def __init__(self) -> None:
        super().__init__("te_lx6_average_pool", pooling.plan, "pool.S", "pool.c")


class Addition(_Tuned[addition.Addition]):
    """ADD of two tensors of one shape."""

    family = p.Add

    def __init__(self) -> None:
        super().__init__("te_lx6_add", addition.plan, "elementwise.S", "elementwise.c")

    def applies(self, node: Node) -> bool:
        return all(value.data is None for value in node.inputs) and super().applies(node)
