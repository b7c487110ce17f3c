"""MAX_POOL_2D, AVERAGE_POOL_2D, MEAN, ARG_MAX and ARG_MIN."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from tinyedge.graph.types import Activation, Op, Padding


class PoolKind(enum.Enum):
    """Which pooling."""

    MAX = "MAX_POOL_2D"
    AVERAGE = "AVERAGE_POOL_2D"


@dataclass(frozen=True, eq=False)
class Pool2D(Op):
    """Pooling of an NHWC tensor over ``window`` (height, width)."""

    function: PoolKind
    window: tuple[int, int]
    stride: tuple[int, int]
    padding: Padding
    activation: Activation

    @property
    def kind(self) -> str:
        return self.function.value


@dataclass(frozen=True, eq=False)
class Mean(Op):
    """Mean over ``axes`` (non-negative, sorted)."""

    axes: tuple[int, ...]
    keep_dims: bool

    @property
    def kind(self) -> str:
        return "MEAN"


class Extreme(enum.Enum):
    """Which end."""

    MAX = "ARG_MAX"
    MIN = "ARG_MIN"


@dataclass(frozen=True, eq=False)
class ArgExtreme(Op):
    """Index (int32) of the largest or smallest element along ``axis`` (non-negative).

    The first of equal ones counts.
    """

    function: Extreme
    axis: int

    @property
    def kind(self) -> str:
        return self.function.value
