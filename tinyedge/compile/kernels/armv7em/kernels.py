"""The families' kernels as the compiler chooses among them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

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
from tinyedge.compile.kernels.packing import window_lead
from tinyedge.compile.plan import Domain, FieldValue, Instance
from tinyedge.compile.program import Node

Fields = tuple[tuple[str, FieldValue], ...]


class _Tuned(Kernel):
    """A kernel on uint8 = q + 128 with one C driver and some files of assembler macros."""

    domain = Domain.OFFSET

    def __init__(self, name: str, *sources: str) -> None:
        self.name = name
        self.sources = tuple(f"armv7em/{source}" for source in ("macros.S", *sources))


class Convolution(_Tuned):
    """CONV_2D by one block kernel, either from a band of padded rows or straight from the input."""

    def __init__(
        self,
        block: convolution.Block,
        unroll: int,
        direct: bool,
        unpacking: convolution.Unpacking = convolution.Unpacking.SCALED,
    ) -> None:
        name = "te_v7em_conv_direct" if direct else "te_v7em_conv_band"
        super().__init__(name, "conv.S", "unpack.S", "conv.c")
        self.direct = direct
        self.cycles_per_instruction = 25 / 17 if block.pixels == 3 else 32 / 24
        self._plan = cache(lambda q: convolution.plan(q, block, unroll, unpacking))

    def _layer(self, node: Node) -> convolution.Convolution:
        layer = self._plan(node.params)
        assert layer is not None
        return layer

    def applies(self, node: Node) -> bool:
        if not isinstance(node.params, p.Conv2D):
            return False
        layer = self._plan(node.params)
        return layer is not None and layer.direct == self.direct

    def instances(self, node: Node) -> tuple[Instance, ...]:
        layer = self._layer(node)
        return layer.kernel, layer.unpack

    def cost(self, node: Node) -> int:
        return self._layer(node).instructions

    def fields(self, node: Node) -> Fields:
        return self._layer(node).fields()

    def scratch_bytes(self, node: Node) -> int:
        return self._layer(node).scratch_bytes

    def input_tail(self, node: Node) -> int:
        return self._layer(node).input_tail

    def output_tail(self, node: Node) -> int:
        return self._layer(node).output_tail

    def overlap(self, node: Node, operand: int) -> Overlap:
        return Overlap(*self._layer(node).overlap(node.inputs[operand].bytes))


class Winograd(_Tuned):
    """CONV_2D 3x3 with fewer products; ``passes`` and ``parts`` as in :func:`winograd.plan`."""

    #: between 18 / 10, the inner loop, and the transforms
    cycles_per_instruction = 1.68

    def __init__(self, passes: int | None = None, parts: int | None = None) -> None:
        super().__init__("te_v7em_winograd", "unpack.S", "winograd.S", "winograd.c")
        self._plan = cache(lambda q: winograd.plan(q, passes, parts))

    def _layer(self, node: Node) -> winograd.Winograd:
        layer = self._plan(node.params)
        assert layer is not None
        return layer

    def applies(self, node: Node) -> bool:
        return isinstance(node.params, p.Conv2D) and self._plan(node.params) is not None

    def instances(self, node: Node) -> tuple[Instance, ...]:
        return tuple(one for _, one in self._layer(node).instances)

    def cost(self, node: Node) -> int:
        return self._layer(node).instructions

    def fields(self, node: Node) -> Fields:
        return self._layer(node).fields()

    def scratch_bytes(self, node: Node) -> int:
        return self._layer(node).scratch_bytes

    def overlap(self, node: Node, operand: int) -> Overlap:
        return Overlap(*self._layer(node).overlap(node.inputs[operand].bytes))


class Depthwise(_Tuned):
    """DEPTHWISE_CONV_2D in one of the ways that ``plan`` offers."""

    def __init__(
        self, plan: Callable[[p.DepthwiseConv2D], depthwise.Depthwise | None], *sources: str
    ) -> None:
        super().__init__("te_v7em_depthwise", "unpack.S", "depthwise.S", "depthwise.c", *sources)
        self._plan = cache(plan)

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

    def _layer(self, node: Node) -> depthwise.Depthwise:
        assert isinstance(node.params, p.DepthwiseConv2D)
        layer = self._plan(node.params)
        assert layer is not None
        return layer

    def applies(self, node: Node) -> bool:
        return isinstance(node.params, p.DepthwiseConv2D) and self._plan(node.params) is not None

    def files(self, node: Node) -> tuple[str, ...]:
        repeat = ("armv7em/depthwise_repeat.S",) if self._layer(node).repeats else ()
        return (*self.sources, *repeat)

    def instances(self, node: Node) -> tuple[Instance, ...]:
        return self._layer(node).instances

    def cost(self, node: Node) -> int:
        return self._layer(node).instructions

    def fields(self, node: Node) -> Fields:
        return self._layer(node).fields()

    def scratch_bytes(self, node: Node) -> int:
        return self._layer(node).scratch_bytes

    def align(self, node: Node) -> int:
        return node.output.shape[-1] if self._layer(node).in_place else 1

    def overlap(self, node: Node, operand: int) -> Overlap:
        if not self._layer(node).in_place:
            return super().overlap(node, operand)
        return Overlap(lead=0, lag=node.inputs[operand].bytes)


class FullyConnected(_Tuned):
    """FULLY_CONNECTED."""

    cycles_per_instruction = 39 / 27

    def operand_in_scratch(self, node: Node) -> int | None:
        return self._layer(node).operand_in_scratch

    def __init__(self, unroll: int) -> None:
        sources = ("unpack.S", "fully_connected.S", "fully_connected.c")
        super().__init__("te_v7em_fully_connected", *sources)
        self._plan = cache(lambda q: fully_connected.plan(q, unroll))

    def _layer(self, node: Node) -> fully_connected.Dense:
        layer = self._plan(node.params)
        assert layer is not None
        return layer

    def applies(self, node: Node) -> bool:
        return isinstance(node.params, p.FullyConnected) and self._plan(node.params) is not None

    def instances(self, node: Node) -> tuple[Instance, ...]:
        layer = self._layer(node)
        return layer.kernel, layer.unpack

    def cost(self, node: Node) -> int:
        return self._layer(node).instructions

    def fields(self, node: Node) -> Fields:
        return self._layer(node).fields()

    def scratch_bytes(self, node: Node) -> int:
        return self._layer(node).scratch_bytes

    def input_tail(self, node: Node) -> int:
        return self._layer(node).input_tail

    def output_tail(self, node: Node) -> int:
        return self._layer(node).output_tail

    def overlap(self, node: Node, operand: int) -> Overlap:
        return Overlap(*self._layer(node).overlap(node.inputs[operand].bytes))


class Addition(_Tuned):
    """ADD of two tensors of one shape."""

    def __init__(self) -> None:
        super().__init__("te_v7em_add", "unpack.S", "elementwise.S", "elementwise.c")
        self._plan = cache(addition.plan)

    def _layer(self, node: Node) -> addition.Addition:
        assert isinstance(node.params, p.Add)
        layer = self._plan(node.params)
        assert layer is not None
        return layer

    def applies(self, node: Node) -> bool:
        constant = any(value.data is not None for value in node.inputs)
        if constant or not isinstance(node.params, p.Add):
            return False
        return self._plan(node.params) is not None

    def instances(self, node: Node) -> tuple[Instance, ...]:
        return (self._layer(node).kernel,)

    def cost(self, node: Node) -> int:
        return self._layer(node).instructions

    def fields(self, node: Node) -> Fields:
        return self._layer(node).fields()

    def output_tail(self, node: Node) -> int:
        return -node.output.bytes % 4

    def input_tail(self, node: Node) -> int:
        return -node.output.bytes % 4

    def overlap(self, node: Node, operand: int) -> Overlap:
        return Overlap(lead=0, lag=node.inputs[operand].bytes)


class Pool(_Tuned):
    """MAX_POOL_2D or AVERAGE_POOL_2D."""

    def __init__(self, name: str, family: type[p.Pool]) -> None:
        super().__init__(name, "pool.S", "pool.c")
        self.family = family

    def applies(self, node: Node) -> bool:
        q = node.params
        return isinstance(q, p.Pool) and isinstance(q, self.family) and pooling.applies(q)

    def instances(self, node: Node) -> tuple[Instance, ...]:
        assert isinstance(node.params, p.Pool)
        return (pooling.kernel(node.params),)

    def cost(self, node: Node) -> int:
        assert isinstance(node.params, p.Pool)
        return pooling.instructions(node.params)

    def fields(self, node: Node) -> Fields:
        assert isinstance(node.params, p.Pool)
        return pooling.fields(node.params)

    def overlap(self, node: Node, operand: int) -> Overlap:
        q = node.params
        if not isinstance(q, p.MaxPool):
            return super().overlap(node, operand)
        lead = window_lead(q.input_shape, q.output_shape, q.stride, q.padding)
        return Overlap(min(lead, node.output.bytes), node.inputs[operand].bytes)


class Flip(_Tuned):
    """int8 to uint8 = q + 128, and back."""

    def __init__(self) -> None:
        super().__init__("te_v7em_flip", "elementwise.c")

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
