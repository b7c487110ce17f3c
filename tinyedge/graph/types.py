"""Graph, Tensor and the base of every operator."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge.errors import ModelError

Array = NDArray[Any]
"""Values of a tensor, of any element type."""


class DType(enum.Enum):
    """Element types that a graph may hold. The value is numpy's name."""

    INT8 = "int8"
    UINT8 = "uint8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    FLOAT32 = "float32"
    BOOL = "bool"

    @property
    def size(self) -> int:
        """Bytes an element."""
        return int(np.dtype(self.value).itemsize)


class Activation(enum.Enum):
    """Fused activation functions of the TFLite schema."""

    NONE = "none"
    RELU = "relu"
    RELU6 = "relu6"
    RELU_N1_TO_1 = "relu_n1_to_1"


class Padding(enum.Enum):
    """TFLite padding schemes (TensorFlow's definition)."""

    SAME = "same"
    VALID = "valid"


@dataclass(frozen=True)
class Quant:
    """Affine quantization: real = scale * (q - zero_point), per tensor or along ``axis``.

    Scales are the file's float32 values, held exactly.
    """

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int = 0

    @property
    def scale(self) -> float:
        """The per-tensor scale."""
        return self.scales[0]

    @property
    def zero_point(self) -> int:
        """The per-tensor zero point."""
        return self.zero_points[0]

    @property
    def per_channel(self) -> bool:
        """Whether there is more than one scale."""
        return len(self.scales) > 1


@dataclass(frozen=True, eq=False)
class Tensor:
    """One tensor. ``data`` is set for constants and is read-only. ``index`` is the file's."""

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: DType
    quant: Quant | None = None
    data: NDArray[np.generic] | None = field(default=None, repr=False)

    @property
    def elements(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """Size in bytes."""
        return self.elements * self.dtype.size

    @property
    def is_constant(self) -> bool:
        """Whether the value is known at compile time."""
        return self.data is not None

    @property
    def q(self) -> Quant:
        """The quantization, for tensors that the verifier has shown to be quantized."""
        assert self.quant is not None, self.name
        return self.quant


@dataclass(frozen=True, eq=False)
class Op:
    """Base of every operator. ``index`` is its place in the file; operators run in this order.

    ``inputs`` are all tensors read, constants included, in the schema's order (absent optional
    ones left out); ``outputs`` all tensors written. Subclasses name the tensors and parameters.
    """

    index: int
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    @property
    def kind(self) -> str:
        """Name of the operator in the TFLite schema, e.g. ``CONV_2D``."""
        raise NotImplementedError

    @property
    def macs(self) -> int:
        """Multiply-accumulates per inference (0 for operators without weights)."""
        return 0

    @property
    def activations(self) -> tuple[Tensor, ...]:
        """Inputs that are computed at run time."""
        return tuple(tensor for tensor in self.inputs if not tensor.is_constant)


@dataclass(frozen=True, eq=False)
class Graph:
    """One subgraph with static shapes. ``sha256`` and ``name`` identify the file it came from."""

    name: str
    sha256: str
    ops: tuple[Op, ...]
    tensors: tuple[Tensor, ...]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    @property
    def macs(self) -> int:
        """Multiply-accumulates per inference."""
        return sum(op.macs for op in self.ops)

    def shaped(self, inputs: Sequence[Array]) -> list[Array]:
        """``inputs`` in the model's order, each in its input's shape.

        Raises ModelError for another number, size or element type.
        """
        if len(inputs) != len(self.inputs):
            raise ModelError(
                f"{self.name}: {len(inputs)} inputs where it takes {len(self.inputs)}",
                "give one array for each input, in the model's order",
            )
        for tensor, array in zip(self.inputs, inputs, strict=True):
            if array.size != tensor.elements or array.dtype != np.dtype(tensor.dtype.value):
                raise ModelError(
                    f'{self.name}: input "{tensor.name}" takes {tensor.elements} elements of '
                    f"{tensor.dtype.value}, not {array.size} of {array.dtype}",
                    f"reshape or quantize it to {tensor.dtype.value} of shape {tensor.shape}",
                )
        pairs = zip(self.inputs, inputs, strict=True)
        return [array.reshape(tensor.shape) for tensor, array in pairs]
