"""CONV_2D: 4 pixels x 2 channels, from the input, from a padded band, or from gathered windows."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.mve import stage as requant
from tinyedge.compile.kernels.packing import Fields, round_up
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.kernels.upright import upright
from tinyedge.compile.params import Conv2D
from tinyedge.compile.plan import Constant, Instance

Chunks = NDArray[np.int8]

BLOCK = 4
VECTOR = 16
#: what an offset of a load of words reaches
_REACH = 508
#: chunks of a window that a kernel unrolls
_UNROLLED = 20
#: and one that computes four channels a turn
_QUAD = 4
#: of a gathered window: rows, and what an offset of a load of bytes reaches
_GATHERED_ROWS, _GATHERED_REACH = 10, 127


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of ``rows`` runs of ``segment`` bytes, ``step`` bytes apart, for the inner kernels.

    ``triple``: three neighbours of a multiple of 16 channels, one pixel apart.
    """

    rows: int
    segment: int
    step: int
    triple: bool

    @property
    def chunks(self) -> int:
        """Vectors of a row; of one of the neighbours."""
        return -(-self.segment // VECTOR) // (3 if self.triple else 1)

    @property
    def total(self) -> int:
        """Vectors of weights of a channel."""
        return self.rows * self.chunks * (3 if self.triple else 1)

    @property
    def possible(self) -> bool:
        """Whether a kernel reaches all of four windows, and is not too long."""
        if self.step % 4 or self.total > (2 * _UNROLLED if self.triple else _UNROLLED):
            return False
        last = 5 if self.triple else 3
        return last * self.step + VECTOR * (self.chunks - 1) <= _REACH

    @property
    def instructions(self) -> int:
        """Of a block's pair of channels, but for the requantization."""
        if self.triple:
            return self.rows * (36 * self.chunks + 1) + 5
        return 14 * self.total + (self.rows if self.rows > 1 else -4) + 4

    def quad(self, stage: requant.Stage, channels: int) -> bool:
        """Whether two pairs of channels are stored at once (it pays where windows are short)."""
        plain = not stage.general and not stage.limit and channels % 4 == 0
        return plain and not self.triple and self.rows == 1 and self.chunks <= _QUAD

    def kernel(self, stage: requant.Stage, channels: int) -> Instance:
        """The kernel's instantiation."""
        if self.quad(stage, channels):
            sizes = {"step": self.step, "scale": stage.scale, "narrow": stage.narrow}
            if self.chunks == 1:
                return instance("te_mve_conv_quad_1", "te_mve_conv_kernel", **sizes)
            sizes |= {"rows": self.rows, "chunks": self.chunks}
            return instance("te_mve_conv_quad", "te_mve_conv_kernel", **sizes)
        sizes = {"rows": self.rows, "chunks": self.chunks}
        if self.triple:
            return instance("te_mve_conv_3", "te_mve_conv_kernel", **sizes, **stage.arguments)
        sizes["step"] = self.step
        return instance("te_mve_conv", "te_mve_conv_kernel", **sizes, **stage.arguments)

    def vectors(self, filters: NDArray[np.int8]) -> Chunks:
        """[channels, rows, segment] -> [channels, vectors, 16], in the order the kernel reads."""
        channels = filters.shape[0]
        if self.triple:
            taps = filters.reshape(channels, self.rows, 3, self.chunks, VECTOR)
            return taps.swapaxes(2, 3).reshape(channels, -1, VECTOR)
        filled = np.pad(filters, [(0, 0), (0, 0), (0, self.chunks * VECTOR - self.segment)])
        return filled.reshape(channels, -1, VECTOR)


def windows(rows: int, segment: int, step: int, channels: int) -> Windows | None:
    """The windows, by the better of the kernels; None where none can compute them."""
    triple = segment == 3 * channels and step == channels and channels % VECTOR == 0
    choices = [
        Windows(rows, segment, step, kind) for kind in ((True, False) if triple else (False,))
    ]
    return next((choice for choice in choices if choice.possible), None)


@dataclass(frozen=True, eq=False)
class Convolution(Layer):
    """One layer; ``windows``: as the inner kernel finds them."""

    params: Conv2D
    stage: requant.Stage
    windows: Windows

    @property
    def channels(self) -> int:
        """Output channels."""
        return self.params.output_shape[3]

    @property
    def row_bytes(self) -> int:
        """Bytes of an input row."""
        return self.params.input_shape[2] * self.params.input_shape[3]

    @property
    def quad(self) -> bool:
        """Whether two pairs of channels are stored at once."""
        return self.windows.quad(self.stage, self.channels)

    def run(self, pixels: int) -> int:
        """Estimated instructions of a row of so many windows."""
        pairs = -(-self.channels // 2)
        pair = self.windows.instructions + self.stage.instructions
        saved = (4 if self.windows.chunks == 1 else 2) * self.quad
        block = 14 + pairs * (pair - saved)
        calls = (1 + self.channels % 2) * (bool(pixels // BLOCK) + bool(pixels % BLOCK))
        return -(-pixels // BLOCK) * block + calls * 75

    def words(self) -> NDArray[np.uint32]:
        """[pairs, words] of the stream; an odd channel makes a pair with the one before."""
        filters = self.params.filter
        vectors = self.windows.vectors(self._segments(filters))
        pairs = self._pairs()
        weights = np.ascontiguousarray(vectors[pairs].swapaxes(1, 2)).reshape(len(pairs), -1)
        factors = self.stage.words()[pairs].reshape(len(pairs), -1)
        return np.concatenate([weights.view(np.uint32), factors], axis=1)

    def _offsets(self) -> tuple[int, ...]:
        """Of a block's outputs, two channels a pixel."""
        apart = 2 if self.quad else 1
        return tuple(p * self.channels + c * apart for p in range(BLOCK) for c in range(2))

    def _pairs(self) -> NDArray[np.int64]:
        """[pairs, 2] channels, in the order of the stream."""
        if self.quad:
            fours = np.arange(self.channels).reshape(-1, 2, 2)
            return fours.swapaxes(1, 2).reshape(-1, 2)
        first = [*range(0, self.channels - 1, 2), *[self.channels - 2] * (self.channels % 2)]
        return np.array(first)[:, None] + [0, 1]

    def _segments(self, filters: NDArray[np.int8]) -> NDArray[np.int8]:
        return filters.reshape(self.channels, self.windows.rows, -1)

    def common_fields(self) -> Fields:
        """The members of ``te_mve_conv_params`` that all ways set."""
        words = self.words()
        return (
            ("kernel", self.windows.kernel(self.stage, self.channels)),
            ("stream", Constant("stream", words)),
            ("pair_words", words.shape[1]),
            ("channels", self.channels),
            ("offsets", self._offsets()),
            ("zero", self.stage.zero),
            ("low", self.stage.low),
            ("high", self.stage.high),
        )


@dataclass(frozen=True, eq=False)
class Direct(Convolution):
    """Windows lie in the input."""

    @property
    def _single(self) -> bool:
        """Whether all pixels are one row."""
        q = self.params
        return q.stride == (1, 1) and q.filter.shape[1:3] == (1, 1)

    @property
    def rows(self) -> tuple[int, int]:
        """Rows of outputs as the driver sees them, and pixels of each."""
        _, height, width, _ = self.params.output_shape
        return (1, height * width) if self._single else (height, width)

    @property
    def row_step(self) -> int:
        """Bytes from a row's first window to the next row's."""
        return self.params.stride[0] * self.row_bytes

    @property
    def instructions(self) -> int:
        """Estimated instructions: see mve_conv.S and mve_conv.c."""
        height, width = self.rows
        return 90 + height * (self.run(width) + 25)

    def _order(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Of each block, in order: first byte read, last byte read, first byte written."""
        height, width = self.rows
        starts = [*range(0, width - BLOCK + 1, BLOCK)]
        starts += [max(width - BLOCK, 0)] if width % BLOCK else []
        y, x = (axis.reshape(-1) for axis in np.mgrid[:height, : len(starts)])
        x = np.array(starts)[x]
        first = y * self.row_step + x * self.windows.step
        span = (self.windows.rows - 1) * self.params.dilation[0] * self.row_bytes
        last = first + (min(BLOCK, width) - 1) * self.windows.step + span + self.windows.segment
        return first, last, (y * width + x) * self.channels

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of :class:`Overlap`: a block is read until its last channel is written."""
        if self.channels % 2:  # an odd channel reads everything again
            height, width = self.rows
            return height * width * self.channels + self.output_tail, input_bytes
        first, last, written = self._order()
        pending = np.minimum.accumulate(first[::-1])[::-1]
        lead = max(0, int((written + BLOCK * self.channels - pending).max()))
        if self.rows[0] > 1:
            return lead, input_bytes
        # backwards: where the last block begins earlier, it still comes first
        order = [-1, *range(len(first) - 2, -1, -1)]
        pending = np.maximum.accumulate(last[order][::-1])[::-1]
        return lead, max(1, int((pending - written[order]).max()))

    @property
    def input_tail(self) -> int:
        """Bytes read past the input: vectors that are not full, pixels that make a block whole."""
        height, width = self.rows
        past = max(0, BLOCK - width) * self.windows.step
        last = (height - 1) * self.row_step + (width - 1) * self.windows.step + past
        last += (self.windows.rows - 1) * self.params.dilation[0] * self.row_bytes
        return max(
            0,
            last
            + self.windows.chunks * VECTOR * (3 if self.windows.triple else 1)
            - self.params.input_shape[1] * self.row_bytes,
        )

    @property
    def output_tail(self) -> int:
        """Bytes written past the output."""
        return max(0, BLOCK - self.rows[1]) * self.channels

    def fields(self) -> Fields:
        """The members of ``te_mve_conv_direct_params``."""
        height, width = self.rows
        return (
            *self.common_fields(),
            ("height", height),
            ("width", width),
            ("step", self.windows.step),
            ("row_step", self.row_step),
            ("row_bytes", self.params.dilation[0] * self.row_bytes),
        )


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


def direct(params: Conv2D) -> Direct | None:
    """A layer whose windows lie in the input, or None."""
    params = upright(params)
    height, width = _reach(params)
    inside = height <= params.input_shape[1] and width <= params.input_shape[2]
    if params.padding != (0, 0) or not inside or (made := _stage(params, 4)) is None:
        return None
    found = _windows(params)
    return None if found is None else Direct(params, made, found)


def band(params: Conv2D, strip: int) -> Band | None:
    """A layer whose windows lie in a band of padded rows, or None."""
    params = upright(params)
    if (made := _stage(params, 4)) is None or (found := _windows(params)) is None:
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
    if not found.possible or (made := _stage(params, 1)) is None:
        return None
    _, height, width, _ = params.output_shape
    strips = range(1, max(1, min(limit // width, height)) + 1)
    # the largest of those that waste the fewest pixels of whole blocks
    strip = min(strips, key=lambda count: (-(count * width) % BLOCK, -count))
    return Gathered(params, made, found, strip)


def _windows(params: Conv2D) -> Windows | None:
    channels = params.input_shape[3]
    rows, columns = params.filter.shape[1:3]
    return windows(int(rows), int(columns) * channels, params.stride[1] * channels, channels)


def _reach(params: Conv2D) -> tuple[int, int]:
    """Rows and columns of the input that any window reads."""
    height, width = (
        (params.output_shape[i] - 1) * params.stride[i - 1]
        + (int(params.filter.shape[i]) - 1) * params.dilation[i - 1]
        + 1
        for i in (1, 2)
    )
    return height, width


@cache
def _stage(params: Conv2D, multiple: int) -> requant.Stage | None:
    """The requantization of a layer of the shapes that all kernels here need."""
    if params.input_shape[0] != 1 or params.input_shape[3] % multiple:
        return None
    if params.output_shape[3] < 2 or (params.dilation[1] > 1 and params.filter.shape[2] > 1):
        return None
    filters = params.filter.reshape(params.filter.shape[0], -1)
    return requant.stage(filters, params.bias, params.input_zero_point, params.requant)
