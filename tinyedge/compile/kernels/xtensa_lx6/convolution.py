"""CONV_2D: windows unpacked to 16 bits once a block of pixels, then channel by channel."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.kernels.xtensa_lx6 import requantization, stream
from tinyedge.compile.params import Conv2D
from tinyedge.compile.plan import Constant, Instance

#: bytes that the kernels' loads run ahead
AHEAD = 8
#: products up to which a pixel costs no loop, or one branch: see conv.S
_LOOP, STRAIGHT = 64, 160
#: words of weights that registers hold, and where sums have a constant by their sign
_RESIDENT, _RESIDENT_SIGNED = 8, 4


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
        pixel = self.taps + self.stage.steps + 4 + self.segments * self.jump - self.resident
        if self.taps > _LOOP:
            pixel += 2
        if self.taps > STRAIGHT:
            pixel += self.segments * 2
        call = 45 + 2 * self.taps
        outputs = channels * (height * width * pixel + self.rows * 10 + self.runs * call)
        return 200 + self.fill_instructions + outputs

    @property
    def rows(self) -> int:
        """Rows of outputs, which the kernel jumps between."""
        return self.params.output_shape[1]

    @property
    def resident(self) -> bool:
        """Whether the weights of a channel stay in registers."""
        return False

    @property
    def kernel(self) -> Instance:
        """The kernel's instantiation."""
        if self.resident:
            return instance(
                "te_lx6_conv_resident",
                "te_lx6_conv_kernel",
                words=self.words,
                signed=int(self.stage.signed),
            )
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
class Lined(Convolution):
    """Windows stand one behind the other."""

    @property
    def segments(self) -> int:
        return 1

    @property
    def jump(self) -> bool:
        return False

    @property
    def resident(self) -> bool:
        return self.words <= (_RESIDENT_SIGNED if self.stage.signed else _RESIDENT)


@dataclass(frozen=True, eq=False)
class Pointwise(Lined):
    """1x1 with stride 1: the pixels of a strip stand one behind the other."""

    @property
    def words(self) -> int:
        return self.params.input_shape[3] // 2

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
        return 2 * self.taps * (1 + self.strip) + 2 * AHEAD

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


def pointwise(params: Conv2D, strip: int) -> Pointwise | None:
    """A 1x1 layer of stride 1, or None where it is not one or cannot be computed exactly."""
    plain = params.filter.shape[1:3] == (1, 1) and params.stride == (1, 1)
    inside = params.padding == (0, 0) and params.input_shape[:3] == params.output_shape[:3]
    if not plain or not inside or (made := staged(params, 4)) is None:
        return None
    pixels = params.output_shape[1] * params.output_shape[2]
    return Pointwise(params, made, min(strip, pixels))


@cache
def staged(params: Conv2D, multiple: int) -> requantization.Stage | None:
    """The requantization of a layer of the shapes that all kernels here need."""
    if params.input_shape[0] != 1 or params.input_shape[3] % multiple:
        return None
    if params.dilation[1] > 1 and params.filter.shape[2] > 1:
        return None
    filters = params.filter.reshape(params.filter.shape[0], -1)
    return requantization.stage(filters, params.bias, params.input_zero_point, params.requant)
