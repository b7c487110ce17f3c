"""CONV_2D: 4 pixels x 2 channels; here what all ways share, and windows in the input itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.kernels.mve import stage as requant
from tinyedge.compile.kernels.mve import windows
from tinyedge.compile.kernels.mve.windows import VECTOR
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.kernels.upright import upright
from tinyedge.compile.params import Conv2D
from tinyedge.compile.plan import Constant

BLOCK = 4


@dataclass(frozen=True, eq=False)
class Convolution(Layer):
    """One layer; ``windows``: as the inner kernel finds them."""

    params: Conv2D
    stage: requant.Stage
    windows: windows.Windows

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


def direct(params: Conv2D) -> Direct | None:
    """A layer whose windows lie in the input, or None."""
    params = upright(params)
    height, width = _reach(params)
    inside = height <= params.input_shape[1] and width <= params.input_shape[2]
    if params.padding != (0, 0) or not inside or (made := stage_of(params, 4)) is None:
        return None
    found = windows.of_layer(params)
    return None if found is None else Direct(params, made, found)


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
def stage_of(params: Conv2D, multiple: int) -> requant.Stage | None:
    """The requantization of a layer of the shapes that all kernels here need."""
    if params.input_shape[0] != 1 or params.input_shape[3] % multiple:
        return None
    if params.output_shape[3] < 2 or (params.dilation[1] > 1 and params.filter.shape[2] > 1):
        return None
    filters = params.filter.reshape(params.filter.shape[0], -1)
    return requant.stage(filters, params.bias, params.input_zero_point, params.requant)
