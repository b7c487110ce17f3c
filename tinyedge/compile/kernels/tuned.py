"""What the kernels of all tuned families have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cache
from typing import Generic, TypeVar

from tinyedge.compile import params as p
from tinyedge.compile.kernels.base import Kernel, Overlap
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.plan import Instance
from tinyedge.compile.program import Node


class Layer(ABC):
    """One layer as a kernel computes it; defaults are for what most layers do not need."""

    @property
    @abstractmethod
    def instructions(self) -> int:
        """Estimated instructions."""

    @abstractmethod
    def fields(self) -> Fields:
        """The members of the kernel's parameters."""

    @abstractmethod
    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of :class:`Overlap`, for an operand of so many bytes."""

    @property
    def scratch_bytes(self) -> int:
        """Scratch."""
        return 0

    @property
    def operand_in_scratch(self) -> int | None:
        """See :meth:`Kernel.operand_in_scratch`."""
        return None

    @property
    def input_tail(self) -> int:
        """Bytes read past an operand."""
        return 0

    @property
    def output_tail(self) -> int:
        """Bytes written past the output."""
        return 0

    @property
    def align(self) -> int:
        """What offsets of operands and output must be multiples of (besides 4)."""
        return 1


#: share of the instructions that may be added for each share of the scratch that is saved
PRICE = 0.25


def worth(layer: Layer, other: Layer) -> bool:
    """Whether ``layer`` takes more scratch than the other, and saves instructions for it."""
    saved = 1 - other.scratch_bytes / layer.scratch_bytes
    return saved > 0 and other.instructions > layer.instructions * (1 + PRICE * saved)


L = TypeVar("L", bound=Layer)


class Tuned(Kernel, Generic[L]):
    """A kernel with one C driver; ``plan`` makes its layers, None where it takes none."""

    family: type[p.Params]

    def __init__(self, name: str, plan: Callable[..., L | None], *sources: str) -> None:
        self.name = name
        self.sources = sources
        self._plan = cache(plan)
        # to pack the weights for each look at the instances would take half of a compilation
        self._instances = cache(self._named)

    @staticmethod
    def _named(layer: L) -> tuple[Instance, ...]:
        return tuple(value for _, value in layer.fields() if isinstance(value, Instance))

    def layer(self, node: Node) -> L:
        """The layer; only where the kernel applies."""
        found = self._plan(node.params)
        assert found is not None
        return found

    def applies(self, node: Node) -> bool:
        return isinstance(node.params, self.family) and self._plan(node.params) is not None

    def instances(self, node: Node) -> tuple[Instance, ...]:
        return self._instances(self.layer(node))

    def cost(self, node: Node) -> int:
        return self.layer(node).instructions

    def fields(self, node: Node) -> Fields:
        return self.layer(node).fields()

    def scratch_bytes(self, node: Node) -> int:
        return self.layer(node).scratch_bytes

    def operand_in_scratch(self, node: Node) -> int | None:
        return self.layer(node).operand_in_scratch

    def input_tail(self, node: Node) -> int:
        return self.layer(node).input_tail

    def output_tail(self, node: Node) -> int:
        return self.layer(node).output_tail

    def align(self, node: Node) -> int:
        return self.layer(node).align

    def overlap(self, node: Node, operand: int) -> Overlap:
        return Overlap(*self.layer(node).overlap(node.inputs[operand].bytes))
