"""ADD and MUL of two tensors (either may be constant; NumPy broadcasting)."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.graph.types import Activation, Op


@dataclass(frozen=True, eq=False)
class Add(Op):
    """Elementwise sum of inputs[0] and inputs[1]."""

    activation: Activation

    @property
    def kind(self) -> str:
        return "ADD"


@dataclass(frozen=True, eq=False)
class Mul(Op):
    """Elementwise product of inputs[0] and inputs[1]."""

    activation: Activation

    @property
    def kind(self) -> str:
        return "MUL"
