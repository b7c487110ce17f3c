"""What a parser sees of one operator: its tensors, its options, and how to complain."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
import tflite

from tinyedge.errors import ModelError
from tinyedge.graph.container import Container, RawOp
from tinyedge.graph.types import Activation, DType, Padding, Tensor

_ACTIVATIONS = {
    tflite.ActivationFunctionType.NONE: Activation.NONE,
    tflite.ActivationFunctionType.RELU: Activation.RELU,
    tflite.ActivationFunctionType.RELU6: Activation.RELU6,
    tflite.ActivationFunctionType.RELU_N1_TO_1: Activation.RELU_N1_TO_1,
}
_PADDINGS = {tflite.Padding.SAME: Padding.SAME, tflite.Padding.VALID: Padding.VALID}


class Site:
    """One operator of one file."""

    def __init__(self, container: Container, raw: RawOp, name: str) -> None:
        self._container = container
        self.raw = raw
        self._where = f"{name}: operator {raw.index} {raw.name}"

    def fail(self, message: str, hint: str = "convert the model again") -> NoReturn:
        """Raise a ModelError that names file, operator and index."""
        raise ModelError(f"{self._where}: {message}", hint)

    @property
    def index(self) -> int:
        """The operator's place in the file."""
        return self.raw.index

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """All inputs present."""
        return tuple(self._container.tensors[i] for i in self.raw.inputs if i >= 0)

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        """All outputs."""
        return tuple(self._container.tensors[i] for i in self.raw.outputs)

    def expect(self, inputs: tuple[int, int], outputs: tuple[int, int] = (1, 1)) -> None:
        """Check the numbers of inputs and outputs (from, to)."""
        for what, found, (low, high) in (
            ("inputs", len(self.raw.inputs), inputs),
            ("outputs", len(self.raw.outputs), outputs),
        ):
            if not low <= found <= high:
                allowed = f"{low} is" if low == high else f"{low} to {high} are"
                self.fail(f"{found} {what} where {allowed} allowed")

    def tensor(self, position: int) -> Tensor:
        """Input number ``position``, which must be present."""
        found = self.optional(position)
        if found is None:
            self.fail(f"input {position} is absent")
        return found

    def optional(self, position: int) -> Tensor | None:
        """Input number ``position``, or None where the file leaves it out."""
        if position >= len(self.raw.inputs) or self.raw.inputs[position] < 0:
            return None
        return self._container.tensors[self.raw.inputs[position]]

    def options(self, table: Any) -> Any:
        """Return the operator's options read as the generated class ``table``."""
        expected = getattr(tflite.BuiltinOptions, table.__name__)
        if self.raw.options is None or self.raw.options_type != expected:
            self.fail(f"{table.__name__} is missing")
        options = table()
        options.Init(self.raw.options.Bytes, self.raw.options.Pos)
        return options

    def ints(self, position: int, what: str) -> tuple[int, ...]:
        """Input ``position`` as constant integers, flattened."""
        tensor = self.tensor(position)
        if tensor.data is None or tensor.dtype not in (DType.INT32, DType.INT64):
            self.fail(f"{what} must be a constant int32 tensor", "give it as a constant")
        if tensor.elements > 64:
            self.fail(f"{what} has {tensor.elements} elements")
        return tuple(int(v) for v in np.asarray(tensor.data).reshape(-1))

    def one_axis(self, position: int, rank: int) -> int:
        """Input ``position``, a constant that names one of ``rank`` axes, from the front."""
        named = self.ints(position, "the axis")
        if len(named) != 1:
            self.fail(f"{len(named)} axes where 1 is allowed")
        return self.axis(named[0], rank)

    def activation(self, value: int) -> Activation:
        """Return the fused activation of schema code ``value``."""
        if value not in _ACTIVATIONS:
            self.fail(f"fused activation {value}", "NONE, RELU, RELU6, RELU_N1_TO_1 are allowed")
        return _ACTIVATIONS[value]

    def padding(self, value: int) -> Padding:
        """Return the padding scheme of schema code ``value``."""
        if value not in _PADDINGS:
            self.fail(f"padding scheme {value}", "SAME and VALID are allowed")
        return _PADDINGS[value]

    def positive(self, what: str, height: int, width: int) -> tuple[int, int]:
        """Return (height, width) after checking that both are above 0."""
        if not (0 < height < 1 << 16 and 0 < width < 1 << 16):
            self.fail(f"{what} {height}x{width}", "both are 1 or more")
        return height, width

    def axis(self, value: int, rank: int) -> int:
        """Return ``value`` counted from the front; fail where it is not an axis."""
        if not -rank <= value < rank:
            self.fail(f"axis {value} of a tensor with {rank} axes")
        return value % rank
