"""The families' kernels as the compiler chooses among them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Generic, Protocol, TypeVar

from tinyedge.compile import params as p
from tinyedge.compile.kernels.base import Kernel, Overlap
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.xtensa_lx6 import (
    addition,
    convolution,
    depthwise,
    depthwise_lines,
    fully_connected,
)
from tinyedge.compile.plan import Instance
from tinyedge.compile.program import Node


class _Layer(Protocol):
    """What a family's module says about one layer."""

    @property
    def instructions(self) -> int: ...

    @property
    def scratch_bytes(self) -> int: ...

    @property
    def input_tail(self) -> int: ...

    def overlap(self, input_bytes: int) -> tuple[int, int]: ...

    def fields(self) -> Fields: ...


_L = TypeVar("_L", bound=_Layer)


class _Tuned(Kernel, Generic[_L]):
    """A kernel with one C driver and some files of assembler macros; ``plan`` makes its layers."""

    family: type[p.Params]

    def __init__(self, name: str, plan: Callable[..., _L | None], *sources: str) -> None:
        self.name = name
        self.sources = tuple(f"xtensa_lx6/{source}" for source in ("macros.S", *sources))
        self._plan = cache(plan)

    def layer(self, node: Node) -> _L:
        """The layer; only where the kernel applies."""
        found = self._plan(node.params)
        assert found is not None
        return found

    def applies(self, node: Node) -> bool:
        return isinstance(node.params, self.family) and self._plan(node.params) is not None

    def instances(self, node: Node) -> tuple[Instance, ...]:
        return tuple(value for _, value in self.fields(node) if isinstance(value, Instance))

    def cost(self, node: Node) -> int:
        return self.layer(node).instructions

    def fields(self, node: Node) -> Fields:
        return self.layer(node).fields()

    def scratch_bytes(self, node: Node) -> int:
        return self.layer(node).scratch_bytes

    def input_tail(self, node: Node) -> int:
        return self.layer(node).input_tail

    def overlap(self, node: Node, operand: int) -> Overlap:
        return Overlap(*self.layer(node).overlap(node.inputs[operand].bytes))


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


class FullyConnected(_Tuned[fully_connected.Dense]):
    """FULLY_CONNECTED."""

    family = p.FullyConnected

    def __init__(self) -> None:
        sources = ("unpack.S", "fully_connected.S", "fully_connected.c")
        super().__init__("te_lx6_fully_connected", fully_connected.plan, *sources)

    def operand_in_scratch(self, node: Node) -> int | None:
        return self.layer(node).operand_in_scratch


class Depthwise(_Tuned[depthwise.Depthwise]):
    """DEPTHWISE_CONV_2D 3x3; ``strip``: rows of outputs computed at a time."""

    family = p.DepthwiseConv2D

    def __init__(self, strip: int) -> None:
        sources = ("depthwise.S", "depthwise.c")
        super().__init__("te_lx6_depthwise", lambda q: depthwise.window_3x3(q, strip), *sources)

    def align(self, node: Node) -> int:
        return node.output.shape[-1]


class DepthwiseLines(_Tuned[depthwise_lines.Lines]):
    """DEPTHWISE_CONV_2D of any window."""

    family = p.DepthwiseConv2D

    def __init__(self) -> None:
        sources = ("unpack.S", "conv.S", "depthwise_lines.c")
        super().__init__("te_lx6_depthwise_lines", depthwise_lines.plan, *sources)

    def align(self, node: Node) -> int:
        return node.output.shape[-1]


class Addition(_Tuned[addition.Addition]):
    """ADD of two tensors of one shape."""

    family = p.Add

    def __init__(self) -> None:
        super().__init__("te_lx6_add", addition.plan, "elementwise.S", "elementwise.c")

    def applies(self, node: Node) -> bool:
        return all(value.data is None for value in node.inputs) and super().applies(node)

    def input_tail(self, node: Node) -> int:
        return -node.output.bytes % 4

    def output_tail(self, node: Node) -> int:
        return -node.output.bytes % 4
