"""Sliding windows without padding: which inputs each tap of a window meets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tinyedge.graph.geometry import leading_padding, window_output
from tinyedge.graph.types import Padding

Region = tuple[slice, slice, slice]


@dataclass(frozen=True)
class _Axis:
    """A window moving along one axis."""

    size: int
    window: int
    stride: int
    dilation: int
    padding: Padding

    @property
    def positions(self) -> int:
        return window_output(self.size, self.window, self.stride, self.dilation, self.padding)

    def taps(self) -> Iterator[tuple[int, slice, slice]]:
        """Yield (tap, outputs that it counts for, inputs that it reads), both of one length."""
        before = leading_padding(self.size, self.window, self.stride, self.dilation, self.padding)
        for tap in range(self.window):
            offset = tap * self.dilation - before
            first = max(0, -(offset // self.stride))
            last = min(self.positions - 1, (self.size - 1 - offset) // self.stride)
            if first <= last:
                start = first * self.stride + offset
                stop = last * self.stride + offset + 1
                yield tap, slice(first, last + 1), slice(start, stop, self.stride)


@dataclass(frozen=True)
class Windows:
    """A 2D window moving over an NHWC tensor."""

    rows: _Axis
    columns: _Axis

    @staticmethod
    def over(
        shape: tuple[int, ...],
        window: tuple[int, ...],
        stride: tuple[int, int],
        dilation: tuple[int, int],
        padding: Padding,
    ) -> Windows:
        """Windows of (height, width) ``window`` over a tensor of ``shape``."""
        rows, columns = (
            _Axis(shape[1 + i], window[i], stride[i], dilation[i], padding) for i in range(2)
        )
        return Windows(rows, columns)

    @property
    def positions(self) -> tuple[int, int]:
        """Height and width of the output."""
        return self.rows.positions, self.columns.positions

    def taps(self) -> Iterator[tuple[int, int, Region, Region]]:
        """Yield (row, column, output region, input region) of each tap that meets the input.

        Regions index the first three axes of NHWC arrays.
        """
        columns = list(self.columns.taps())
        every = slice(None)
        for row, out_rows, in_rows in self.rows.taps():
            for column, out_columns, in_columns in columns:
                yield row, column, (every, out_rows, out_columns), (every, in_rows, in_columns)
