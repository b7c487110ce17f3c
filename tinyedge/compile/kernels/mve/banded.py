"""CONV_2D from a band of padded rows, or from windows that are gathered from it."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.mve import windows
from tinyedge.compile.kernels.mve.convolution import BLOCK, Convolution, stage_of
from tinyedge.compile.kernels.mve.windows import VECTOR, Windows
from tinyedge.compile.kernels.packing import Fields, round_up
from tinyedge.compile.kernels.upright import upright
from tinyedge.compile.params import Conv2D

#: of a gathered window: rows, and what an offset of a load of bytes reaches
_GATHERED_ROWS, _GATHERED_REACH = 10, 127


@dataclass(frozen=True, eq=False)
class Banded(Convolution):
    """From a band of padded rows; ``strip``: rows of outputs from one filling of it."""

    strip: int

    @property
    def step(self) -> int:
        """Bytes from a window to the next, in the band."""
        return self.params.stride[1] * self.params.input_shape[3]

    @property
    def segment(self) -> int:
        """Bytes of a window's row."""
        return int(self.params.filter.shape[2] * self.params.filter.shape[3])

    @property
    def left(self) -> int:
        """Bytes of padding before a row."""
        return self.params.padding[1] * self.params.input_shape[3]

    @property
    def band_row(self) -> int:
        """Bytes of a padded row: what any window reads."""
        read = (self.params.output_shape[2] - 1) * self.step + self.segment
        return round_up(max(read, self.left), 4)

    @property
    def band_rows(self) -> int:
        """Rows of the band."""
        window = int(self.params.filter.shape[1] - 1) * self.params.dilation[0] + 1
        return (self.strip - 1) * self.params.stride[0] + window

    @property
    def _strips(self) -> NDArray[np.int64]:
        """First rows of the strips of outputs."""
        return np.arange(0, self.params.output_shape[1], self.strip, dtype=np.int64)

    @property
    @abstractmethod
    def row_tail(self) -> int:
        """Bytes written past some rows of outputs, over the next ones."""

    @property
    def output_tail(self) -> int:
        """Bytes written past the output."""
        return self.row_tail

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of :class:`Overlap`: a strip is written when its band has been filled."""
        q, y = self.params, self._strips
        _, height, width, channels = q.output_shape
        written = np.minimum(y + self.strip, height) * width * channels + self.row_tail
        read = y * q.stride[0] - q.padding[0] + self.band_rows
        pending = read < q.input_shape[1]
        lead = np.where(pending, written - read * self.row_bytes, 0)
        return max(0, int(lead.max())), input_bytes

    @property
    def filling(self) -> int:
        """Estimated instructions for the band."""
        q = self.params
        strips, vectors = len(self._strips), -(-self.band_row // VECTOR)
        kept = max(0, self.band_rows - self.strip * q.stride[0])
        rows = min(strips * self.band_rows, q.input_shape[1] + q.padding[0] + q.stride[0])
        return strips * (50 + kept * vectors * 3) + rows * (70 + vectors * 3)

    def band_fields(self) -> Fields:
        """The members of ``te_mve_conv_band_params``, but for the gathering."""
        q = self.params
        return (
            *self.common_fields(),
            ("height", q.output_shape[1]),
            ("width", q.output_shape[2]),
            ("step", self.step),
            ("row_bytes", q.dilation[0] * self.band_row),
            ("input_zero", q.input_zero_point),
            ("copy", instance("te_mve_copy", "te_mve_copier")),
            ("fill", instance("te_mve_fill", "te_mve_filler")),
            ("strip", self.strip),
            ("band_row", self.band_row),
            ("band_rows", self.band_rows),
            ("input_height", q.input_shape[1]),
            ("input_row", self.row_bytes),
            ("left", self.left),
            ("top", q.padding[0]),
            ("stride", q.stride[0]),
        )


@dataclass(frozen=True, eq=False)
class Band(Banded):
    """Windows lie in the band itself."""

    @property
    def row_tail(self) -> int:
        return max(0, BLOCK - self.params.output_shape[2]) * self.channels

    @property
    def scratch_bytes(self) -> int:
        """The band, and what is read past it."""
        past = max(0, BLOCK - self.params.output_shape[2]) * self.step + VECTOR
        return self.band_rows * self.band_row + past

    @property
    def instructions(self) -> int:
        """Estimated instructions: see mve_conv.S and mve_conv.c."""
        _, height, width, _ = self.params.output_shape
        return 120 + self.filling + height * (self.run(width) + 30)

    def fields(self) -> Fields:
        """The members of ``te_mve_conv_band_params``."""
        return self.band_fields()


@dataclass(frozen=True, eq=False)
class Gathered(Banded):
    """Windows are gathered from the band first, one behind the other."""

    @property
    def pitch(self) -> int:
        """Bytes of a gathered window."""
        return self.windows.step

    def _pixels(self) -> NDArray[np.int64]:
        """Pixels of each strip."""
        _, height, width, _ = self.params.output_shape
        return np.minimum(self.strip, height - self._strips) * width

    @property
    def row_tail(self) -> int:
        return max(0, BLOCK - int(self._pixels().min())) * self.channels

    @property
    def scratch_bytes(self) -> int:
        """The band, and the windows of a strip, with what is written past them."""
        pixels = max(BLOCK, int(self._pixels().max()))
        return self.band_rows * self.band_row + pixels * self.pitch + round_up(self.segment, VECTOR)

    @property
    def instructions(self) -> int:
        """Estimated instructions: see mve_conv.S and mve_conv.c."""
        _, height, width, _ = self.params.output_shape
        vectors = -(-self.segment // VECTOR)
        gathered = height * (50 + width * (2 * vectors * int(self.params.filter.shape[1]) + 1))
        runs = sum(self.run(int(pixels)) for pixels in self._pixels())
        return 120 + self.filling + gathered + runs

    def _segments(self, filters: NDArray[np.int8]) -> NDArray[np.int8]:
        taps = filters.reshape(self.channels, 1, -1)
        return np.pad(taps, [(0, 0), (0, 0), (0, self.pitch - taps.shape[2])])

    def fields(self) -> Fields:
        """The members of ``te_mve_conv_band_params``."""
        gather = instance(
            "te_mve_gather",
            "te_mve_gatherer",
            rows=int(self.params.filter.shape[1]),
            bytes=self.segment,
            step=self.step,
            pitch=self.pitch,
        )
        return (*self.band_fields(), ("gather", gather), ("pitch", self.pitch))


def band(params: Conv2D, strip: int) -> Band | None:
    """A layer whose windows lie in a band of padded rows, or None."""
    params = upright(params)
    if (made := stage_of(params, 4)) is None or (found := windows.of_layer(params)) is None:
        return None
    return Band(params, made, found, min(strip, params.output_shape[1]))


def gathered(params: Conv2D, limit: int) -> Gathered | None:
    """A layer of small windows of any shape, or None; ``limit``: of pixels at a time."""
    params = upright(params)
    rows, segment = int(params.filter.shape[1]), params.filter.shape[2] * params.filter.shape[3]
    step = params.stride[1] * params.input_shape[3]
    pitch = round_up(rows * segment, VECTOR)
    if rows > _GATHERED_ROWS or max(segment, step) > _GATHERED_REACH:
        return None
    found = Windows(1, pitch, pitch, triple=False)
    if not found.possible or (made := stage_of(params, 1)) is None:
        return None
    _, height, width, _ = params.output_shape
    strips = range(1, max(1, min(limit // width, height)) + 1)
    # the largest of those that waste the fewest pixels of whole blocks
    strip = min(strips, key=lambda count: (-(count * width) % BLOCK, -count))
    return Gathered(params, made, found, strip)
