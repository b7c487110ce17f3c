"""What a rule sees of one operator, and how it complains."""

from __future__ import annotations

import math
from typing import NoReturn

from tinyedge.errors import ModelError
from tinyedge.graph.fixedpoint import MAX_SHIFT
from tinyedge.graph.quantized import quantize_float
from tinyedge.graph.types import Activation, DType, Op, Quant, Tensor

QUANTIZE_HINT = "quantize the model fully to int8 (tinyedge quantize)"
_CONVERT_HINT = "convert the model again"


class Checker:
    """One operator under inspection. With ``strict`` unset, types other than int8 may pass."""

    def __init__(self, graph_name: str, op: Op, strict: bool) -> None:
        self._where = f"{graph_name}: operator {op.index} {op.kind}"
        self.strict = strict

    def fail(self, message: str, hint: str = _CONVERT_HINT) -> NoReturn:
        """Raise a ModelError that names file, operator and index."""
        raise ModelError(f"{self._where}: {message}", hint)

    def expect_shape(self, tensor: Tensor, expected: tuple[int, ...]) -> None:
        """Check a tensor's shape."""
        if tensor.shape != expected:
            self.fail(
                f"{self._name(tensor)} has shape {list(tensor.shape)}; the operator's parameters "
                f"make it {list(expected)}"
            )

    def expect_rank(self, tensor: Tensor, low: int, high: int) -> None:
        """Check the number of a tensor's axes, and that none is empty."""
        if not low <= len(tensor.shape) <= high:
            allowed = f"{low}" if low == high else f"{low} to {high}"
            self.fail(f"{self._name(tensor)} has {len(tensor.shape)} axes; {allowed} are allowed")
        if 0 in tensor.shape:
            self.fail(f"{self._name(tensor)} is empty: shape {list(tensor.shape)}")

    def expect_constant(self, tensor: Tensor, what: str, dtype: DType) -> None:
        """Check that a parameter is a constant of one type."""
        if not tensor.is_constant:
            self.fail(f"{what} {self._name(tensor)} is not constant", "freeze it when converting")
        if tensor.dtype is not dtype:
            self.fail(f"{what} {self._name(tensor)} is {tensor.dtype.value}, not {dtype.value}")

    def int8(self, *tensors: Tensor) -> bool:
        """Whether all are int8 with one scale each; strict checkers fail instead of False."""
        for tensor in tensors:
            if tensor.dtype is not DType.INT8:
                if not self.strict:
                    return False
                self.fail(f"{self._name(tensor)} is {tensor.dtype.value}, not int8", QUANTIZE_HINT)
            self.quant(tensor)
        return True

    def quant(self, tensor: Tensor) -> Quant:
        """Per-tensor quantization of ``tensor``."""
        if tensor.quant is None:
            self.fail(f"{self._name(tensor)} has no quantization", QUANTIZE_HINT)
        if tensor.quant.per_channel:
            self.fail(f"{self._name(tensor)} has {len(tensor.quant.scales)} scales; 1 is allowed")
        return tensor.quant

    def expect_same_quant(self, a: Tensor, b: Tensor, tolerance: float = 0.0) -> None:
        """Check that two tensors share zero point and, within ``tolerance``, scale."""
        p, q = self.quant(a), self.quant(b)
        if abs(p.scale - q.scale) > tolerance or p.zero_point != q.zero_point:
            self.fail(
                f"{self._name(a)} and {self._name(b)} must share scale and zero point, but have "
                f"({p.scale:.9g}, {p.zero_point}) and ({q.scale:.9g}, {q.zero_point})"
            )

    def expect_quant(self, tensor: Tensor, scale: float, zero_point: int) -> None:
        """Check for one fixed quantization."""
        quant = self.quant(tensor)
        if quant.scale != scale or quant.zero_point != zero_point:
            self.fail(
                f"{self._name(tensor)} has scale {quant.scale:.9g} and zero point "
                f"{quant.zero_point}; the kernel writes scale {scale:.9g}, zero point {zero_point}"
            )

    def expect_shift(self, shift: int) -> None:
        """Check a left shift that the kernels can carry out."""
        if shift > MAX_SHIFT:
            self.fail(f"the scales are 2**{shift} apart", "calibrate with real samples again")

    def expect_activation(self, activation: Activation, quant: Quant) -> None:
        """Check that the bounds of a fused activation fit int32 in ``quant``."""
        if activation is Activation.NONE:
            return
        if not math.isfinite(6.0 / quant.scale) or abs(quantize_float(6.0, quant)) >= 1 << 31:
            self.fail(f"scale {quant.scale:.9g} is too small for {activation.value}")

    @staticmethod
    def _name(tensor: Tensor) -> str:
        return f'tensor {tensor.index} "{tensor.name}"'
