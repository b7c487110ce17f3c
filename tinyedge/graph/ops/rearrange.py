"""STRIDED_SLICE, SPLIT, SPLIT_V and TRANSPOSE: some elements, or all, in another order."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.graph.types import Op


@dataclass(frozen=True, eq=False)
class StridedSlice(Op):
    """Every ``stride[i]``-th element from ``begin[i]`` (0 or more) on along axis i of the input.

    How many there are is the output's size. Axes in ``shrunk`` give one element, and the output
    lacks them. A stride below 0 goes backwards.
    """

    begin: tuple[int, ...]
    stride: tuple[int, ...]
    shrunk: tuple[int, ...]

    @property
    def kind(self) -> str:
        return "STRIDED_SLICE"

    @property
    def sizes(self) -> tuple[int, ...]:
        """Elements taken along each axis of the input."""
        left = iter(self.outputs[0].shape)
        return tuple(1 if i in self.shrunk else next(left) for i in range(len(self.begin)))


@dataclass(frozen=True, eq=False)
class Split(Op):
    """SPLIT and SPLIT_V: the input cut along ``axis`` (non-negative) into all outputs, in order.

    ``inputs`` is the one tensor, for the outputs' shapes say all sizes. ``has_sizes``: the file
    lists them too (SPLIT_V).
    """

    axis: int
    has_sizes: bool

    @property
    def kind(self) -> str:
        return "SPLIT_V" if self.has_sizes else "SPLIT"

    @property
    def starts(self) -> tuple[int, ...]:
        """Where each output begins along the axis."""
        sizes = [tensor.shape[self.axis] for tensor in self.outputs]
        return tuple(sum(sizes[:i]) for i in range(len(sizes)))


@dataclass(frozen=True, eq=False)
class Transpose(Op):
    """Axis i of the output is axis ``permutation[i]`` of the input."""

    permutation: tuple[int, ...]

    @property
    def kind(self) -> str:
        return "TRANSPOSE"
