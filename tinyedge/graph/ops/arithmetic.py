"""Functions of two elements."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.graph.types import Activation, Op


@dataclass(frozen=True, eq=False)
class Binary(Op):
    """Base: elementwise on inputs[0] and inputs[1], either may be constant; NumPy broadcasting."""


@dataclass(frozen=True, eq=False)
class Add(Binary):
    """Sum."""

    activation: Activation

    @property
    def kind(self) -> str:
        return "ADD"


@dataclass(frozen=True, eq=False)
class Sub(Binary):
    """The first less the second."""

    activation: Activation

    @property
    def kind(self) -> str:
        return "SUB"


@dataclass(frozen=True, eq=False)
class Mul(Binary):
    """Product."""

    activation: Activation

    @property
    def kind(self) -> str:
        return "MUL"


@dataclass(frozen=True, eq=False)
class Minimum(Binary):
    """The smaller one."""

    @property
    def kind(self) -> str:
        return "MINIMUM"


@dataclass(frozen=True, eq=False)
class Maximum(Binary):
    """The larger one."""

    @property
    def kind(self) -> str:
        return "MAXIMUM"


@dataclass(frozen=True, eq=False)
class Prelu(Binary):
    """The first where it is positive, else the product of both; the second is called alpha."""

    @property
    def kind(self) -> str:
        return "PRELU"
