"""The families' kernels as the compiler chooses among them."""

from __future__ import annotations

from collections.abc import Callable

from tinyedge.compile import params as p
from tinyedge.compile.kernels.armv7em import (
    addition,
    convolution,
    depthwise,
    depthwise_compact,
    fully_connected,
    pooling,
    winograd,
)
from tinyedge.compile.kernels.base import Kernel, Overlap
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.tuned import L, Tuned
from tinyedge.compile.plan import Domain
from tinyedge.compile.program import Node


class _Tuned(Tuned[L]):
    """A kernel on uint8 = q + 128, of some files of assembler macros and one of C."""

    domain = Domain.OFFSET

    def __init__(self, name: str, plan: Callable[..., L | None], *sources: str) -> None:
        super().__init__(name, plan, *(f"armv7em/{file}" for file in ("macros.S", *sources)))


class Convolution(_Tuned[convolution.Convolution]):
    """CONV_2D by one block kernel, either from a band of padded rows or straight from the input."""

    family = p.Conv2D

    def __init__(
        self,
        block: convolution.Block,
        unroll: int,
        direct: bool,
        unpacking: convolution.Unpacking = convolution.Unpacking.SCALED,
    ) -> None:
        def plan(q: p.Conv2D) -> convolution.Convolution | None:
            layer = convolution.plan(q, block, unroll, unpacking)
            return layer if layer is not None and layer.direct == direct else None

        name = "te_v7em_conv_direct" if direct else "te_v7em_conv_band"
        super().__init__(name, plan, "conv.S", "unpack.S", "conv.c")
        self.cycles_per_instruction = 25 / 17 if block.pixels == 3 else 32 / 24


class Winograd(_Tuned[winograd.Winograd]):
    """CONV_2D 3x3 with fewer products; ``passes`` and ``parts`` as in :func:`winograd.plan`."""

    family = p.Conv2D
    #: between 18 / 10, the inner loop, and the transforms
    cycles_per_instruction = 1.68

    def __init__(self, passes: int | None = None, parts: int | None = None) -> None:
        sources = ("unpack.S", "winograd.S", "winograd.c")
        super().__init__("te_v7em_winograd", lambda q: winograd.plan(q, passes, parts), *sources)


class Depthwise(_Tuned[depthwise.Depthwise]):
    """DEPTHWISE_CONV_2D in one of the ways that ``plan`` offers."""

    family = p.DepthwiseConv2D

    def __init__(
        self, plan: Callable[[p.DepthwiseConv2D], depthwise.Depthwise | None], *sources: str
    ) -> None:
        own = ("unpack.S", "depthwise.S", "depthwise.c")
        super().__init__("te_v7em_depthwise", plan, *own, *sources)

    @classmethod
    def window_3x3(cls, chunk: int, pairs: int, *, columns: bool = False) -> Depthwise:
        """3x3, ``chunk`` rows (or columns) of outputs at a time, ``pairs`` pairs a turn."""
        return cls(lambda q: depthwise.window_3x3(q, chunk, pairs, columns=columns))

    @classmethod
    def compact_3x3(cls, chunk: int) -> Depthwise:
        """3x3 in little code."""
        return cls(lambda q: depthwise_compact.compact_3x3(q, chunk), "depthwise_compact.S")

    @classmethod
    def other_window(cls, chunk: int) -> Depthwise:
        """Any window that compact_3x3 does not take."""

        def plan(q: p.DepthwiseConv2D) -> depthwise.Depthwise | None:
            compact = depthwise_compact.compact_3x3(q, chunk)
            return depthwise.any_window(q, chunk) if compact is None else None

        return cls(plan)

    @classmethod
    def any_window(cls, chunk: int) -> Depthwise:
        """Any window."""
        return cls(lambda q: depthwise.any_window(q, chunk))

    def files(self, node: Node) -> tuple[str, ...]:
        repeat = ("armv7em/depthwise_repeat.S",) if self.layer(node).repeats else ()
        return (*self.sources, *repeat)


class FullyConnected(_Tuned[fully_connected.Dense]):
    """FULLY_CONNECTED."""

    family = p.FullyConnected
    cycles_per_instruction = 39 / 27

    def __init__(self, unroll: int) -> None:
        sources = ("unpack.S", "fully_connected.S", "fully_connected.c")
        name = "te_v7em_fully_connected"
        super().__init__(name, lambda q: fully_connected.plan(q, unroll), *sources)


class Addition(_Tuned[addition.Addition]):
    """ADD of two tensors of one shape."""

    family = p.Add

    def __init__(self) -> None:
        sources = ("unpack.S", "elementwise.S", "elementwise.c")
        super().__init__("te_v7em_add", addition.plan, *sources)

    def applies(self, node: Node) -> bool:
        return all(value.data is None for value in node.inputs) and super().applies(node)


class Pool(_Tuned[pooling.Pooling]):
    """MAX_POOL_2D or AVERAGE_POOL_2D."""

    def __init__(self, name: str, family: type[p.Pool]) -> None:
        super().__init__(name, pooling.plan, "pool.S", "pool.c")
        self.family = family


class Flip(Kernel):
    """int8 to uint8 = q + 128, and back."""

    name = "te_v7em_flip"
    domain = Domain.OFFSET
    sources = ("armv7em/macros.S", "armv7em/elementwise.c")

    def applies(self, node: Node) -> bool:
        return isinstance(node.params, p.Flip)

    def cost(self, node: Node) -> int:
        return 20 + node.output.bytes // 2

    def fields(self, node: Node) -> Fields:
        return (("words", -(-node.output.bytes // 4)),)

    def output_tail(self, node: Node) -> int:
        return -node.output.bytes % 4

    def input_tail(self, node: Node) -> int:
        return -node.output.bytes % 4

    def overlap(self, node: Node, operand: int) -> Overlap:
        return Overlap(lead=0, lag=node.inputs[operand].bytes)
