"""Operators of one input that keep its shape."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.graph.types import Activation, Op


@dataclass(frozen=True, eq=False)
class Elementwise(Op):
    """Base of the functions of one element: on int8, a table of 256 answers says everything."""


@dataclass(frozen=True, eq=False)
class Relu(Elementwise):
    """RELU, RELU6 or RELU_N1_TO_1 as an operator of its own; may requantize."""

    function: Activation

    @property
    def kind(self) -> str:
        return self.function.value.upper()


@dataclass(frozen=True, eq=False)
class Logistic(Elementwise):
    """Sigmoid."""

    @property
    def kind(self) -> str:
        return "LOGISTIC"


@dataclass(frozen=True, eq=False)
class Tanh(Elementwise):
    """Hyperbolic tangent."""

    @property
    def kind(self) -> str:
        return "TANH"


@dataclass(frozen=True, eq=False)
class HardSwish(Elementwise):
    """x * clamp(x + 3, 0, 6) / 6; requantizes."""

    @property
    def kind(self) -> str:
        return "HARD_SWISH"


@dataclass(frozen=True, eq=False)
class LeakyRelu(Elementwise):
    """x where it is positive, else alpha * x; requantizes."""

    alpha: float

    @property
    def kind(self) -> str:
        return "LEAKY_RELU"


@dataclass(frozen=True, eq=False)
class Quantize(Elementwise):
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


@dataclass(frozen=True, eq=False)
class Softmax(Op):
    """Softmax over the last axis."""

    beta: float

    @property
    def kind(self) -> str:
        return "SOFTMAX"
