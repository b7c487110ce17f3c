"""CONV_2D from a band of unpacked, padded rows: windows in the band, or gathered from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import Fields, round_up
from tinyedge.compile.kernels.upright import upright
from tinyedge.compile.kernels.xtensa_lx6 import stream
from tinyedge.compile.kernels.xtensa_lx6.convolution import (
    AHEAD,
    STRAIGHT,
    Convolution,
    Lined,
    staged,
)
from tinyedge.compile.params import Conv2D


@dataclass(frozen=True, eq=False)
class _Banded(Convolution):
    """From a band of unpacked, padded rows."""

    @property
    def step(self) -> int:
        """Bytes from a window to the next."""
        return 2 * self.params.stride[1] * self.params.input_shape[3]

    @property
    def left(self) -> int:
        """Bytes of padding before a row."""
        return 2 * self.params.padding[1] * self.params.input_shape[3]

    @property
    def window_bytes(self) -> int:
        """Bytes of a window's row."""
        return 2 * int(self.params.filter.shape[2] * self.params.filter.shape[3])

    @property
    def segment(self) -> int:
        """Bytes of a window's row, as the kernel reads it."""
        return self.window_bytes

    @property
    def band_row(self) -> int:
        """Bytes of a padded row."""
        read = (self.params.output_shape[2] - 1) * self.step + self.segment
        return round_up(max(read, self.left + 2 * self.row_bytes), 4)

    @property
    def window(self) -> int:
        """Rows that a window spans."""
        return int(self.params.filter.shape[1] - 1) * self.params.dilation[0] + 1

    @property
    def band_rows(self) -> int:
        """Rows of the band."""
        return (self.strip - 1) * self.params.stride[0] + max(self.window, self.params.stride[0])

    @property
    def overlap_lead(self) -> int:
        """A strip of outputs is written when the rows of its band have been read."""
        _, height, width, channels = self.params.output_shape
        y = np.arange(self.strip, height, self.strip, dtype=np.int64)
        stride = self.params.stride[0]
        read = (y - self.strip) * stride - self.params.padding[0]
        read += (self.strip - 1) * stride + self.window
        rows = self.params.input_shape[1]
        lead = np.where(read < rows, y * width * channels - read * self.row_bytes, 0)
        return max(0, int(lead.max(initial=0)))

    @property
    def moved(self) -> int:
        """Estimated instructions for rows that stay and for padding."""
        kept = max(0, self.window - self.params.stride[0])
        padding = self.band_row - 2 * self.row_bytes
        rows = self.params.input_shape[1] * max(0, padding) * 2
        around = 2 * self.params.padding[0] * self.band_row * 2
        return self.runs * kept * self.band_row + rows + around + 60 * self.params.input_shape[1]

    def own_fields(self) -> Fields:
        """Members that not all ways set."""
        q = self.params
        return (
            ("row_bytes", self.row_bytes),
            ("step", self.step),
            ("band_row", self.band_row),
            ("left", self.left),
            ("segment", self.segment),
            ("segments", int(q.filter.shape[1])),
            ("window", self.window),
            ("stride", q.stride[0]),
            ("dilation", q.dilation[0]),
            ("top", q.padding[0]),
        )


@dataclass(frozen=True, eq=False)
class Band(_Banded):
    """Windows lie in the band itself: input channels are a multiple of 4."""

    @property
    def words(self) -> int:
        return self.window_bytes // 4

    @property
    def segments(self) -> int:
        return int(self.params.filter.shape[1])

    @property
    def jump(self) -> bool:
        return self.segments > 1 or self.step != self.window_bytes

    @property
    def scratch_bytes(self) -> int:
        ahead = self.step + AHEAD
        return 2 * self.taps + AHEAD + self.band_rows * self.band_row + ahead

    @property
    def fill_instructions(self) -> int:
        return 2 * self.params.input_shape[1] * self.row_bytes + self.moved

    def stream(self) -> NDArray[np.uint32]:
        """Requantization and weights."""
        return stream.pack(self.stage, self.stage.filters)

    def own_fields(self) -> Fields:
        """Members that not all ways set."""
        return (*super(_Banded, self).own_fields(), *super().own_fields())


@dataclass(frozen=True, eq=False)
class InOrder(_Banded):
    """Windows lie in the band itself, lanes in their order, and begin at words."""

    @property
    def words(self) -> int:
        return max(2, -(-self.window_bytes // 4))

    @property
    def segments(self) -> int:
        return int(self.params.filter.shape[1])

    @property
    def taps(self) -> int:
        return 2 * round_up(self.words * self.segments, 2)

    @property
    def segment(self) -> int:
        return 4 * self.words

    @property
    def jump(self) -> bool:
        return True

    @property
    def scratch_bytes(self) -> int:
        ahead = self.step + 2 * AHEAD
        return 2 * self.taps + AHEAD + self.band_rows * self.band_row + ahead

    @property
    def fill_instructions(self) -> int:
        return 3 * self.params.input_shape[1] * self.row_bytes + self.moved

    def stream(self) -> NDArray[np.uint32]:
        """Requantization and weights."""
        rows = self.stage.filters.reshape(self.stage.filters.shape[0], self.segments, -1)
        filled = np.pad(rows, [(0, 0), (0, 0), (0, 2 * self.words - rows.shape[2])])
        flat = filled.reshape(filled.shape[0], -1)
        spare = self.taps - flat.shape[1]
        return stream.pack(self.stage, np.pad(flat, [(0, 0), (0, spare)]), natural=True)

    def own_fields(self) -> Fields:
        """Members that not all ways set."""
        widen = instance("te_lx6_widen", "te_lx6_widener")
        spare = 2 * self.taps - self.segments * self.segment
        return (("widen", widen), ("spare", spare), *super().own_fields())


@dataclass(frozen=True, eq=False)
class Gathered(Lined, _Banded):
    """Windows of any size are gathered from the band first, one behind the other."""

    @cached_property
    def _taps(self) -> int:
        return int(self.params.filter[0].size)

    @property
    def words(self) -> int:
        return round_up(self._taps, 4) // 2

    @property
    def scratch_bytes(self) -> int:
        windows = 1 + self.strip * self.params.output_shape[2]
        band = self.band_rows * self.band_row
        return 2 * self.taps * windows + 2 * AHEAD + band

    @property
    def fill_instructions(self) -> int:
        _, height, width, _ = self.params.output_shape
        gathered = height * width * (2 * self._taps + 10)
        return 3 * self.params.input_shape[1] * self.row_bytes + self.moved + gathered

    def stream(self) -> NDArray[np.uint32]:
        """Requantization and weights."""
        filled = np.pad(self.stage.filters, [(0, 0), (0, self.taps - self._taps)])
        return stream.pack(self.stage, filled, natural=True)

    def own_fields(self) -> Fields:
        """Members that not all ways set."""
        gather = instance(
            "te_lx6_gather",
            "te_lx6_gatherer",
            lanes=self.window_bytes // 2,
            segments=int(self.params.filter.shape[1]),
            bytes=2 * self.taps,
        )
        widen = instance("te_lx6_widen", "te_lx6_widener")
        return (("widen", widen), ("gather", gather), *super().own_fields())


def band(params: Conv2D, strip: int) -> Band | None:
    """A layer whose input channels are a multiple of 4, or None."""
    params = upright(params)
    if (made := staged(params, 4)) is None:
        return None
    layer = Band(params, made, min(strip, params.output_shape[1]))
    # offsets of its loops are 8 and 12 bits
    return layer if layer.segments <= 16 and layer.words <= 1024 else None


def in_order(params: Conv2D, strip: int) -> InOrder | None:
    """A layer whose windows are an even number of channels apart, and small, or None."""
    params = upright(params)
    if (made := staged(params, 1)) is None:
        return None
    layer = InOrder(params, made, min(strip, params.output_shape[1]))
    return layer if not layer.step % 4 and layer.taps <= STRAIGHT else None


def gathered(params: Conv2D, strip: int) -> Gathered | None:
    """Any layer of not too large windows, or None."""
    params = upright(params)
    if (made := staged(params, 1)) is None:
        return None
    layer = Gathered(params, made, min(strip, params.output_shape[1]))
    small = layer.window_bytes < 512 and params.filter.shape[1] <= 16
    return layer if small and layer.taps < 1024 else None
