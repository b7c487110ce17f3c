"""Operators that move elements and compute none."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.graph.types import Activation, Op


@dataclass(frozen=True, eq=False)
class Reshape(Op):
    """The same elements under another shape."""

    @property
    def kind(self) -> str:
        return "RESHAPE"


@dataclass(frozen=True, eq=False)
class Squeeze(Reshape):
    """Axes of size 1 left out."""

    @property
    def kind(self) -> str:
        return "SQUEEZE"


@dataclass(frozen=True, eq=False)
class ExpandDims(Reshape):
    """One axis of size 1 more."""

    @property
    def kind(self) -> str:
        return "EXPAND_DIMS"


@dataclass(frozen=True, eq=False)
class Pad(Op):
    """PAD (value = zero point) or PADV2. ``before`` and ``after`` per axis."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    value: int

    @property
    def kind(self) -> str:
        return "PAD"


@dataclass(frozen=True, eq=False)
class Concatenation(Op):
    """Inputs joined along ``axis`` (non-negative)."""

    axis: int
    activation: Activation

    @property
    def kind(self) -> str:
        return "CONCATENATION"
