"""CONV_2D: windows unpacked to 16 bits once a block of pixels, then channel by channel."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import Fields, round_up
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.kernels.upright import upright
from tinyedge.compile.kernels.xtensa_lx6 import requantization, stream
from tinyedge.compile.params import Conv2D
from tinyedge.compile.plan import Constant, Instance

#: bytes that the kernels' loads run ahead
_AHEAD = 8
#: products up to which a pixel costs no loop, or one branch: see conv.S
_LOOP, _STRAIGHT, _TURN = 64, 160, 32


@dataclass(frozen=True, eq=False)
class Convolution(Layer):
    """One layer; ``strip``: rows of outputs (or pixels) from one filling of the scratch."""

    params: Conv2D
    stage: requantization.Stage
    strip: int

    @property
    @abstractmethod
    def words(self) -> int:
        """Words of two lanes of a window's segment, an even number."""

    @property
    @abstractmethod
    def segments(self) -> int:
        """Segments of a window."""

    @property
    @abstractmethod
    def jump(self) -> bool:
        """Whether a window does not begin where the one before ends."""

    @property
    @abstractmethod
    def scratch_bytes(self) -> int:
        """Scratch."""

    @property
    @abstractmethod
    def fill_instructions(self) -> int:
        """Estimated instructions for the unpacking of the inputs."""

    @property
    @abstractmethod
    def overlap_lead(self) -> int:
        """Lead of :class:`Overlap`."""

    @abstractmethod
    def stream(self) -> NDArray[np.uint32]:
        """Requantization and weights."""

    @property
    def taps(self) -> int:
        """Products of an output."""
        return 2 * self.words * self.segments

    @property
    def runs(self) -> int:
        """Strips of the whole output."""
        return -(-self.params.output_shape[1] // self.strip)

    @property
    def row_bytes(self) -> int:
        """Bytes of an input row."""
        return self.params.input_shape[2] * self.params.input_shape[3]

    @property
    def input_tail(self) -> int:
        """Bytes read past the input: inputs are unpacked eight at a time."""
        return 4

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of :class:`Overlap`."""
        return self.overlap_lead, input_bytes

    @property
    def instructions(self) -> int:
        """Estimated instructions: see conv.S and conv.c."""
        _, height, width, channels = self.params.output_shape
        pixel = self.taps + self.stage.steps + 4 + self.segments * self.jump
        if self.taps > _LOOP:
            pixel += 2
        if self.taps > _STRAIGHT:
            pixel += self.segments * 2
        call = 45 + 2 * self.taps
        outputs = channels * (height * width * pixel + self.rows * 10 + self.runs * call)
        return 200 + self.fill_instructions + outputs

    @property
    def rows(self) -> int:
        """Rows of outputs, which the kernel jumps between."""
        return self.params.output_shape[1]

    @property
    def kernel(self) -> Instance:
        """The kernel's instantiation."""
        return instance(
            "te_lx6_conv",
            "te_lx6_conv_kernel",
            words=self.words,
            segments=self.segments,
            jump=int(self.jump),
            signed=int(self.stage.signed),
        )

    def fields(self) -> Fields:
        """The members of ``te_lx6_conv_params``."""
        q = self.params
        return (
            ("kernel", self.kernel),
            *self.own_fields(),
            ("stream", Constant("stream", self.stream())),
            ("weight_words", self.taps // 4),
            ("input_height", q.input_shape[1]),
            ("output_height", q.output_shape[1]),
            ("output_width", q.output_shape[2]),
            ("channels", q.output_shape[3]),
            ("strip", self.strip),
            ("zero", q.input_zero_point + 128),
            ("low", q.requant.low),
            ("high", q.requant.high),
        )

    def own_fields(self) -> Fields:
        """Members that not all ways set."""
        return (("unpack", instance("te_lx6_unpack", "te_lx6_unpacker")),)


@dataclass(frozen=True, eq=False)
class Pointwise(Convolution):
    """1x1 with stride 1: the pixels of a strip stand one behind the other."""

    @property
    def words(self) -> int:
        return self.params.input_shape[3] // 2

    @property
    def segments(self) -> int:
        return 1

    @property
    def jump(self) -> bool:
        return False

    @property
    def pixels(self) -> int:
        """Pixels of the image."""
        return self.params.output_shape[1] * self.params.output_shape[2]

    @property
    def runs(self) -> int:
        return -(-self.pixels // self.strip)

    @property
    def rows(self) -> int:
        return self.runs

    @property
    def scratch_bytes(self) -> int:
        return 2 * self.taps * (1 + self.strip) + 2 * _AHEAD

    @property
    def fill_instructions(self) -> int:
        return 2 * self.pixels * self.taps + 20 * self.runs

    @property
    def overlap_lead(self) -> int:
        """Forwards: what blocks have written when the next is still to be read."""
        grown = self.params.output_shape[3] - self.params.input_shape[3]
        done = np.arange(self.strip, self.pixels, self.strip, dtype=np.int64)
        return max(0, int((done * grown).max(initial=0)))

    def overlap(self, input_bytes: int) -> tuple[int, int]:  # noqa: ARG002
        """Lead and lag of :class:`Overlap`: backwards, the last block comes first."""
        shrunk = self.params.input_shape[3] - self.params.output_shape[3]
        left = self.pixels - np.arange(self.strip, self.pixels, self.strip, dtype=np.int64)
        return self.overlap_lead, max(0, int((left * shrunk).max(initial=0)))

    def stream(self) -> NDArray[np.uint32]:
        """Requantization and weights."""
        return stream.pack(self.stage, self.stage.filters)


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
    def band_row(self) -> int:
        """Bytes of a padded row."""
        read = (self.params.output_shape[2] - 1) * self.step + self.window_bytes
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
            ("segment", self.window_bytes),
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
        ahead = self.step + _AHEAD
        return 2 * self.taps + _AHEAD + self.band_rows * self.band_row + ahead

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
class Gathered(_Banded):
    """Windows of any size are gathered from the band first, one behind the other."""

    @cached_property
    def _taps(self) -> int:
        return int(self.params.filter[0].size)

    @property
    def words(self) -> int:
        return round_up(self._taps, 4) // 2

    @property
    def segments(self) -> int:
        return 1

    @property
    def jump(self) -> bool:
        return False

    @property
    def scratch_bytes(self) -> int:
        windows = 1 + self.strip * self.params.output_shape[2]
        band = self.band_rows * self.band_row
        return 2 * self.taps * windows + 2 * _AHEAD + band

    @property
    def fill_instructions(self) -> int:
        _, height, width, _ = self.params.output_shape
        gathered = height * width * (2 * self._taps + 10)
        return 4 * self.params.input_shape[1] * self.row_bytes + self.moved + gathered

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


def pointwise(params: Conv2D, strip: int) -> Pointwise | None:
    """A 1x1 layer of stride 1, or None where it is not one or cannot be computed exactly."""
    plain = params.filter.shape[1:3] == (1, 1) and params.stride == (1, 1)
    inside = params.padding == (0, 0) and params.input_shape[:3] == params.output_shape[:3]
    if not plain or not inside or (made := _stage(params, 4)) is None:
        return None
    pixels = params.output_shape[1] * params.output_shape[2]
    return Pointwise(params, made, min(strip, pixels))


def band(params: Conv2D, strip: int) -> Band | None:
    """A layer whose input channels are a multiple of 4, or None."""
    params = upright(params)
    if (made := _stage(params, 4)) is None:
        return None
    layer = Band(params, made, min(strip, params.output_shape[1]))
    # offsets of its loops are 8 and 12 bits
    return layer if layer.segments <= 16 and layer.words <= 1024 else None


def gathered(params: Conv2D, strip: int) -> Gathered | None:
    """Any layer of not too large windows, or None."""
    params = upright(params)
    if (made := _stage(params, 1)) is None:
        return None
    layer = Gathered(params, made, min(strip, params.output_shape[1]))
    small = layer.window_bytes < 512 and params.filter.shape[1] <= 16
    return layer if small and layer.taps < 1024 else None


@cache
def _stage(params: Conv2D, multiple: int) -> requantization.Stage | None:
    """The requantization of a layer of the shapes that all kernels here need."""
    if params.input_shape[0] != 1 or params.input_shape[3] % multiple:
        return None
    if params.dilation[1] > 1 and params.filter.shape[2] > 1:
        return None
    filters = params.filter.reshape(params.filter.shape[0], -1)
    return requantization.stage(filters, params.bias, params.input_zero_point, params.requant)
