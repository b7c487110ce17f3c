"""Operators of one input that keep its shape."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.graph.types import Activation, Op


@dataclass(frozen=True, eq=False)
class Relu(Op):
    """RELU, RELU6 or RELU_N1_TO_1 as an operator of its own; may requantize."""

    function: Activation

    @property
    def kind(self) -> str:
        return self.function.value.upper()


@dataclass(frozen=True, eq=False)
class Softmax(Op):
    """Softmax over the last axis."""

    beta: float

    @property
    def kind(self) -> str:
        return "SOFTMAX"


@dataclass(frozen=True, eq=False)
class Logistic(Op):
    """Sigmoid."""

    @property
    def kind(self) -> str:
        return "LOGISTIC"


@dataclass(frozen=True, eq=False)
class Quantize(Op):
    """float32 -> int8 at an edge, or int8/uint8 -> int8 with another scale (requantize)."""

    @property
    def kind(self) -> str:
        return "QUANTIZE"


@dataclass(frozen=True, eq=False)
class Dequantize(Op):
    """int8 -> float32 at an edge."""

    @property
    def kind(self) -> str:
        return "DEQUANTIZE"
