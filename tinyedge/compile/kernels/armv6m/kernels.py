"""The families' kernels as the compiler chooses among them."""

from __future__ import annotations

from collections.abc import Callable

from tinyedge.compile import params as p
from tinyedge.compile.kernels.armv6m import addition, convolution, depthwise, fully_connected
from tinyedge.compile.kernels.tuned import L, Tuned
from tinyedge.compile.program import Node


class _Tuned(Tuned[L]):
    """A kernel of some files of assembler macros and of C."""

    def __init__(self, name: str, plan: Callable[..., L | None], *sources: str) -> None:
        super().__init__(name, plan, *(f"armv6m/{file}" for file in ("macros.S", *sources)))


class Convolution(_Tuned[convolution.Convolution]):
    """CONV_2D; ``unroll``: groups of four taps a turn of the inner loop."""

    family = p.Conv2D

    def __init__(
        self,
        way: str,
        plan: Callable[[p.Conv2D, int], convolution.Convolution | None],
        unroll: int,
    ) -> None:
        sources = ("unpack.S", "conv.S", f"conv{way}.c")
        super().__init__(f"te_v6m_conv{way}", lambda q: plan(q, unroll), *sources)


class FullyConnected(_Tuned[fully_connected.Dense]):
    """FULLY_CONNECTED, and 1x1 convolutions; ``unroll`` as above."""

    family = p.Params

    def __init__(self, unroll: int) -> None:
        sources = ("unpack.S", "fully_connected.S", "fully_connected.c")
        super().__init__(
            "te_v6m_fully_connected", lambda q: fully_connected.plan(q, unroll), *sources
        )

    def applies(self, node: Node) -> bool:
        return isinstance(node.params, p.FullyConnected | p.Conv2D) and super().applies(node)


class Depthwise(_Tuned[depthwise.Depthwise]):
    """DEPTHWISE_CONV_2D; ``numbers``: into how many groups taps may be cut."""

    family = p.DepthwiseConv2D

    def __init__(self, numbers: tuple[int, ...]) -> None:
        sources = ("depthwise.S", "depthwise.c")
        super().__init__("te_v6m_depthwise", lambda q: depthwise.plan(q, numbers), *sources)


class Addition(_Tuned[addition.Addition]):
    """ADD of two tensors of one shape."""

    family = p.Add

    def __init__(self) -> None:
        super().__init__("te_v6m_add", addition.plan, "elementwise.S", "elementwise.c")

    def applies(self, node: Node) -> bool:
        return all(value.data is None for value in node.inputs) and super().applies(node)
