"""MAX_POOL_2D, AVERAGE_POOL_2D and MEAN."""

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
