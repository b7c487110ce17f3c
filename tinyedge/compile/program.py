"""What passes work on: the graph lowered to kernel families, before anything has a place.

A :class:`Program` is frozen; a pass returns a new one. Nodes stand in execution order.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.params import Params
from tinyedge.compile.plan import Domain
from tinyedge.graph.types import DType, Quant


@dataclass(frozen=True, eq=False)
class Value:
    """A tensor: computed (``data`` is None) or constant. Identity, not content, tells it apart.

    ``tensor`` is the graph's tensor index.
    """

    tensor: int
    name: str
    shape: tuple[int, ...]
    dtype: DType
    quant: Quant | None
    data: NDArray[np.generic] | None = field(default=None, repr=False)
    domain: Domain = Domain.PLAIN

    @property
    def bytes(self) -> int:
        """Size in bytes."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.size


@dataclass(frozen=True, eq=False)
class Node:
    """One kernel call to be. ``ops`` are the graph's operators (by index) that it carries out."""

    name: str
    ops: tuple[int, ...]
    params: Params
    inputs: tuple[Value, ...]
    output: Value
    macs: int = 0

    @property
    def activations(self) -> tuple[Value, ...]:
        """Inputs that are computed at run time."""
        return tuple(value for value in self.inputs if value.data is None)


@dataclass(frozen=True, eq=False)
class Program:
    """Nodes in execution order; ``inputs`` and ``outputs`` as the graph lists them."""

    name: str
    sha256: str
    nodes: tuple[Node, ...]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]

    def substitute(self, old: Value, new: Value) -> Program:
        """The same program with ``new`` wherever ``old`` was read or given out."""

        def swap(value: Value) -> Value:
            return new if value is old else value

        nodes = tuple(
            replace(node, inputs=tuple(swap(value) for value in node.inputs))
            if any(value is old for value in node.inputs)
            else node
            for node in self.nodes
        )
        return replace(self, nodes=nodes, outputs=tuple(swap(value) for value in self.outputs))

    def without(self, node: Node) -> Program:
        """The same program less one node."""
        return replace(self, nodes=tuple(other for other in self.nodes if other is not node))

    def exchange(self, old: Node, new: Node) -> Program:
        """The same program with ``new`` in the place of ``old``."""
        return replace(self, nodes=tuple(new if node is old else node for node in self.nodes))

    def readers(self, value: Value) -> tuple[Node, ...]:
        """Nodes that read ``value``, in order."""
        return tuple(node for node in self.nodes if any(v is value for v in node.inputs))
