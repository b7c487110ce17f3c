"""CONV_2D: windows unpacked once a block of pixels, then multiplied with all output channels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.exact import bounds, requantize
from tinyedge.compile.kernels.armv7em import dilation, stream
from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.kernels.upright import upright
from tinyedge.compile.params import Conv2D
from tinyedge.compile.plan import Constant, Instance

#: scale_bits and shift that a matrix product may use: the packed form (16) first
CHOICES = tuple((bits, shift) for shift in range(16, 9, -1) for bits in range(8, 16))


@dataclass(frozen=True)
class Block:
    """A block kernel: ``pixels`` windows times ``channels`` output channels at a time."""

    pixels: int
    channels: int

    @property
    def macro(self) -> str:
        """The assembler macro."""
        return f"te_conv_{self.pixels}x{self.channels}"


#: rows whose bytes te_unpack_3_gather gathers
_MAX_GATHERED = 5


class Unpacking(Enum):
    """How windows are unpacked.

    SCALED: by code for one scale. GATHERED: by such code that gathers what a window's rows have
    beyond whole words, where that is one byte a row. SHARED: by code for all scales.
    """

    SCALED = auto()
    GATHERED = auto()
    SHARED = auto()


BLOCKS = (Block(3, 2), Block(2, 4))


@dataclass(frozen=True, eq=False)
class Convolution(Layer):
    """One layer carried out by one block kernel: geometry in bytes, and what is packed.

    ``unroll`` is the number of units a turn of the inner loop (a power of two).
    """

    params: Conv2D
    block: Block
    fit: requantize.Fit
    unroll: int
    unpacking: Unpacking

    @property
    def gather(self) -> bool:
        """Whether bytes of several rows share a word."""
        return self.unpacking is Unpacking.GATHERED

    @property
    def row_bytes(self) -> int:
        """Bytes of an input row."""
        _, _, width, channels = self.params.input_shape
        return width * channels

    @property
    def words(self) -> int:
        """Words of a window's row; unless the rest is gathered, zero weights fill up its last."""
        width = _window_bytes(self.params)
        return width // 4 if self.gather else -(-width // 4)

    @property
    def _gathered(self) -> int:
        """Words of gathered bytes."""
        return -(-int(self.params.filter.shape[1]) // 4) if self.gather else 0

    @property
    def _reach(self) -> int:
        """Bytes that are read of a window's row."""
        return 4 * self.words + self.gather

    @property
    def units(self) -> int:
        """Words of a window."""
        return int(self.params.filter.shape[1]) * self.words + self._gathered

    @property
    def step(self) -> int:
        """Bytes from a window to the next in its row."""
        return self.params.stride[1] * self.params.input_shape[3]

    @property
    def direct(self) -> bool:
        """Whether all windows lie inside the input, so that no band of padded rows is needed."""
        return self.params.padding == (0, 0) and _inside(self.params)

    @property
    def band_row(self) -> int:
        """Bytes of a padded row, a multiple of 4."""
        return _round4((self.params.output_shape[2] - 1) * self.step + self._reach)

    @property
    def band_rows(self) -> int:
        """Rows of the band: a window, and one stride more if blocks span two output rows."""
        window = int(self.params.filter.shape[1] - 1) * self.params.dilation[0] + 1
        spans = self.params.output_shape[2] % self.block.pixels > 0
        return window + spans * self.params.stride[0]

    @property
    def scratch_bytes(self) -> int:
        """Columns of one block, then the band."""
        columns = self.units * self.block.pixels * 8
        return columns if self.direct else columns + self.band_rows * self.band_row

    @property
    def pixel_blocks(self) -> int:
        """Blocks of pixels of the whole output."""
        _, height, width, _ = self.params.output_shape
        return -(-height * width // self.block.pixels)

    @property
    def output_tail(self) -> int:
        """Bytes written past the output: the last block's missing pixels."""
        _, height, width, channels = self.params.output_shape
        return (self.pixel_blocks * self.block.pixels - height * width) * channels

    @property
    def input_tail(self) -> int:
        """Bytes read past the input: windows of pixels that are not there, and filled-up words."""
        if not self.direct:
            return 0
        rows = int(self.params.filter.shape[1] - 1) * self.params.dilation[0]
        end = int(self._windows()[-1]) + rows * self.row_bytes + self._reach
        return max(0, end - self.params.input_shape[1] * self.row_bytes)

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of :class:`Overlap`."""
        if not self.direct:
            return self._band_lead(), input_bytes
        channels = self.params.output_shape[3]
        written = np.arange(1, self.pixel_blocks) * self.block.pixels * channels
        unread = self._windows()[self.block.pixels :: self.block.pixels]
        lead = max(0, int((written - unread).max(initial=0)))
        if not self.pointwise:
            return lead, input_bytes
        return lead, max(0, int((unread - written).max(initial=0)))

    @property
    def pointwise(self) -> bool:
        """1x1 with stride 1: then it can run backwards, too."""
        return self.params.filter.shape[1:3] == (1, 1) and self.params.stride == (1, 1)

    def _windows(self) -> NDArray[np.int64]:
        """Where each pixel's window begins in the input; the last block's missing pixels, too."""
        width = self.params.output_shape[2]
        pixel = np.arange(self.pixel_blocks * self.block.pixels, dtype=np.int64)
        row = self.params.stride[0] * self.row_bytes
        return pixel // width * row + pixel % width * self.step

    def _band_lead(self) -> int:
        """A row of outputs is written when the rows of its band, and no more, have been read."""
        _, height, width, channels = self.params.output_shape
        y = np.arange(height, dtype=np.int64)
        pixels = -(-(y + 1) * width // self.block.pixels) * self.block.pixels
        rows = y * self.params.stride[0] - self.params.padding[0] + self.band_rows
        pending = rows < self.params.input_shape[1]
        lead = np.where(pending, pixels * channels - rows * self.row_bytes, 0)
        return max(0, int(lead.max()))

    @property
    def instructions(self) -> int:
        """Estimated instructions: see the macros in conv.S and unpack.S."""
        q, pixels = self.params, self.block.pixels
        rows = int(q.filter.shape[1])
        channel_blocks = -(-q.output_shape[3] // self.block.channels)
        word, unit, block, start = (12, 17, 32, 46) if pixels == 3 else (9, 24, 39, 40)
        block += (2 if pixels == 3 else 3) * max(1, (self.units - 1) // self.unroll + 1)
        block += (12 if pixels == 3 else 16) * self.fit.signed + 12 * self.fit.clamp
        word += 6 * (self.unpacking is Unpacking.SHARED)
        unpack = 6 + rows * (8 + self.words * word)
        if self.gather:
            unpack = 7 + rows * (3 + self.words * 10) + 3 * (2 * rows + 2 * self._gathered)
        band = 0 if self.direct else q.output_shape[1] * self.band_row * self.band_rows // 2
        run = start + unpack + channel_blocks * (self.units * unit + block)
        return 100 + band + self.pixel_blocks * run

    @cached_property
    def matrix(self) -> stream.Matrix:
        """The filters in the order of the columns."""
        count, height, width, channels = self.params.filter.shape
        rows = self.params.filter.astype(np.int64).reshape(count, height, width * channels)
        whole = 4 * self.words
        filled = np.pad(rows, [(0, 0), (0, 0), (0, max(0, whole - width * channels))])
        filters = filled[..., :whole].reshape(count, -1)
        if self.gather:
            rest = np.pad(rows[..., whole], [(0, 0), (0, -height % 4)])
            filters = np.concatenate([rest, filters], axis=1)
        bias = stream.fold_zero_point(
            filters, self.params.bias.astype(np.int64), self.params.input_zero_point, self.fit
        )
        return stream.Matrix(filters, bias, self.fit)

    def stream(self) -> NDArray[np.uint32]:
        """Weights and requantization as the block kernel reads them."""
        return stream.pack(self.matrix, self.block.channels)

    def fields(self) -> Fields:
        """The members of ``te_v7em_conv_params``."""
        q = self.params
        return (
            ("kernel", self.kernel),
            ("unpack", self.unpack),
            ("stream", Constant("stream", self.stream())),
            ("block", self.block.pixels),
            ("rows", q.filter.shape[1]),
            ("words", self.words),
            ("units", self.units),
            ("input_height", q.input_shape[1]),
            ("output_height", q.output_shape[1]),
            ("output_width", q.output_shape[2]),
            ("channels", q.output_shape[3]),
            ("row_bytes", self.row_bytes),
            ("step", self.step),
            ("left", q.padding[1] * q.input_shape[3]),
            ("band_row", self.band_row),
            ("band_rows", self.band_rows),
            ("stride", q.stride[0]),
            ("dilation", q.dilation[0]),
            ("top", q.padding[0]),
            ("zero", q.input_zero_point + 128),
            ("low", self.fit.low),
            ("high", self.fit.high),
            ("scale", self.fit.scale_bits - 8),
        )

    @property
    def kernel(self) -> Instance:
        """The block kernel's instantiation."""
        return instance(
            self.block.macro,
            "te_conv_kernel",
            unroll=self.unroll,
            shift=self.fit.shift,
            signed=int(self.fit.signed),
            limit=int(self.fit.clamp),
            ragged=int(self.params.output_shape[3] % self.block.channels > 0),
        )

    @property
    def unpack(self) -> Instance:
        """The unpacking function's instantiation."""
        if self.gather:
            return instance(
                "te_unpack_3_gather",
                "te_unpack",
                rows=int(self.params.filter.shape[1]),
                words=self.words,
                scale=self.fit.scale_bits - 8,
            )
        if self.unpacking is Unpacking.SHARED:
            return instance(f"te_unpack_any_{self.block.pixels}", "te_unpack")
        return instance(
            f"te_unpack_{self.block.pixels}", "te_unpack", scale=self.fit.scale_bits - 8
        )


def plan(params: Conv2D, block: Block, unroll: int, unpacking: Unpacking) -> Convolution | None:
    """The layer on that block kernel, or None where it cannot be computed exactly by it.

    ``unpacking`` other than SCALED is for blocks of three pixels.
    """
    params = narrow(upright(params))
    if params.input_shape[0] != 1:
        return None
    channels = params.output_shape[3]
    if params.output_shape[2] < block.pixels - 1 or channels < block.channels:
        return None
    found = fit(params)
    filters = params.filter.reshape(channels, -1).astype(np.int64)
    if found is None or not stream.lanes_fit(filters, block.channels):
        return None
    if unpacking is Unpacking.GATHERED and (block.pixels != 3 or not _has_odd_bytes(params)):
        unpacking = Unpacking.SCALED
    return Convolution(params, block, found, unroll, unpacking)


def _window_bytes(params: Conv2D) -> int:
    """Bytes of a window's row."""
    return int(params.filter.shape[2] * params.filter.shape[3])


def _has_odd_bytes(params: Conv2D) -> bool:
    """Whether each of a window's rows, not too many, has one byte more than whole words."""
    return _window_bytes(params) % 4 == 1 and params.filter.shape[1] in range(2, _MAX_GATHERED + 1)


@cache
def fit(params: Conv2D) -> requantize.Fit | None:
    """The layer's proved requantization, if there is one."""
    filters = params.filter.reshape(params.filter.shape[0], -1)
    low, high = bounds.totals(filters, params.bias, params.input_zero_point)
    return requantize.search(params.requant, low, high, CHOICES)


@cache
def narrow(params: Conv2D) -> Conv2D:
    """A window whose taps lie apart in a row, seen as one that reads the pixels between, too."""
    down, along = params.dilation
    if along == 1:
        return params
    filters = dilation.filled(params.filter, 2, along)
    return replace(params, filter=filters, dilation=(down, 1))


def _inside(params: Conv2D) -> bool:
    """Whether the last window ends inside the input, in both directions."""
    return all(
        (params.output_shape[axis] - 1) * params.stride[axis - 1]
        + (params.filter.shape[axis] - 1) * params.dilation[axis - 1]
        < params.input_shape[axis]
        for axis in (1, 2)
    )


def _round4(value: int) -> int:
    return -(-value // 4) * 4
