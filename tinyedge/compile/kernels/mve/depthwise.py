"""DEPTHWISE_CONV_2D: a channel at a time, copied to a padded plane of its own."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.kernels.armv7em import depthwise_views
from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.mve import stage as requant
from tinyedge.compile.kernels.packing import Fields, round_up
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.params import DepthwiseConv2D
from tinyedge.compile.plan import Constant, Instance

_WINDOW = 3
#: outputs of a tile
_TILE = 8
#: pixels of a row that are copied without a loop
_COPIED = 48
_VECTOR = 16
#: taps of a line whose vectors serve four outputs
_SHORT = 13
#: what an offset of a gathered byte, of a stored output, and of a copied pixel reaches
_PATCH, _STORE = 255, 65_535


@dataclass(frozen=True, eq=False)
class Plane(Layer):
    """One layer."""

    params: DepthwiseConv2D
    stage: requant.Stage

    @property
    def channels(self) -> int:
        """Channels of input and output."""
        return self.params.output_shape[3]

    @property
    @abstractmethod
    def pitch(self) -> int:
        """Bytes of a plane's row."""

    @property
    @abstractmethod
    def plane(self) -> int:
        """Bytes of a plane."""

    @property
    def align(self) -> int:
        """A pixel's bytes keep their place."""
        return self.channels

    def overlap(self, input_bytes: int) -> tuple[int, int]:  # noqa: ARG002
        """Lead and lag of :class:`Overlap`: a channel is copied before any of it is written."""
        return 0, 0

    @property
    def copying(self) -> int:
        """Estimated instructions to copy a channel, and to begin with the next."""
        width = self.params.input_shape[2]
        row = 2 * (width // 8) + (3 if width % 8 else 1) + 2
        return self.params.input_shape[1] * row + 45 + width // 8

    @property
    def _copied(self) -> bool:
        """Whether the copying reaches all of a row."""
        width = self.params.input_shape[2]
        return width <= _COPIED and (round_up(width, 8) - 1) * self.channels <= _STORE

    @abstractmethod
    def packed(self) -> NDArray[np.int8]:
        """[channels, 16] weights."""

    @abstractmethod
    def kernel(self) -> Instance:
        """The kernel's instantiation."""

    @property
    @abstractmethod
    def tiles(self) -> int:
        """Tiles in a row, or outputs of a line."""

    @property
    @abstractmethod
    def patch(self) -> int:
        """Where in the plane the first patch begins."""

    def fields(self) -> Fields:
        """The members of ``te_mve_depthwise_params``."""
        q = self.params
        weights = np.pad(self.packed(), [(0, 1), (0, 0)])  # zeros behind the last channel
        return (
            ("kernel", self.kernel()),
            ("fill", instance("te_mve_fill", "te_mve_filler")),
            ("weights", Constant("weights", weights.view(np.uint32))),
            ("factors", Constant("factors", self.stage.words())),
            ("plane", self.plane),
            ("patch", self.patch),
            ("row_skip", q.input_shape[2] * self.channels),
            ("channels", self.channels),
            ("input_height", q.input_shape[1]),
            ("height", q.output_shape[1]),
            ("width", q.output_shape[2]),
            ("pitch", self.pitch),
            ("tiles", self.tiles),
            ("stride", q.stride[0]),
            ("top", q.padding[0]),
            ("left", q.padding[1]),
            ("zero", self.stage.zero),
            ("low", self.stage.low),
            ("high", self.stage.high),
            ("input_zero", q.input_zero_point),
        )


@dataclass(frozen=True, eq=False)
class Square(Plane):
    """Windows up to 3x3. Tiles are 4 outputs high and 2 wide, or, ``wide``, as wide as can be."""

    wide: bool

    @property
    def stride(self) -> int:
        """Both ways."""
        return self.params.stride[0]

    @property
    def tile(self) -> tuple[int, int]:
        """Rows and columns of a tile."""
        high = 4 if not self.wide else 2 if self.stride == 1 else 1
        return high, _TILE // high

    @property
    def tiles(self) -> int:
        return -(-self.params.output_shape[2] // self.tile[1])

    @property
    def pitch(self) -> int:
        read = (self.tile[1] * self.tiles - 1) * self.stride + _WINDOW
        return max(read, self.params.padding[1] + self.params.input_shape[2])

    @property
    def plane(self) -> int:
        rows = max(self.tile[0], self.params.output_shape[1])
        read = (rows - 1) * self.stride + _WINDOW
        return self.pitch * max(read, self.params.padding[0] + self.params.input_shape[1]) + 1

    @property
    def scratch_bytes(self) -> int:
        """The plane."""
        return round_up(self.plane, 4)

    @property
    def patch(self) -> int:
        return self.tile[1] * (self.tiles - 1) * self.stride

    @property
    def output_tail(self) -> int:
        """Bytes written past the output: pixels right of the last, rows that make a tile whole."""
        _, height, width, channels = self.params.output_shape
        rows = max(0, self.tile[0] - height) * width
        return (rows + -width % self.tile[1]) * channels

    @property
    def instructions(self) -> int:
        """Estimated instructions: see mve_depthwise.S."""
        high, _ = self.tile
        rows = -(-max(high, self.params.output_shape[1]) // high)
        reload = self.stage.general or self.stage.limit
        tile = 19 + 2 * (self.stride == 2) + self.stage.instructions - 4 + reload
        channel = self.copying + rows * (13 + self.tiles * tile)
        return 250 + self.plane // 8 + self.channels * channel

    def packed(self) -> NDArray[np.int8]:
        height, width, channels = self.params.filter.shape
        filters = np.zeros((_WINDOW, _WINDOW, channels), np.int8)
        filters[:height, :width] = self.params.filter
        before, row = (5, 4) if self.stride == 1 else (2, 5)
        packed = np.zeros((channels, _VECTOR), np.int8)
        for y in range(_WINDOW):
            at = before + y * row
            packed[:, at : at + _WINDOW] = filters[y].T
        return packed

    def kernel(self) -> Instance:
        return instance(
            "te_mve_depthwise_3x3",
            "te_mve_depthwise_kernel",
            stride=self.stride,
            wide=int(self.wide),
            width=self.params.input_shape[2],
            pitch=self.pitch,
            **self.stage.arguments,
        )

    def fields(self) -> Fields:
        """The members of ``te_mve_depthwise_params``."""
        taps, after = self._taps()
        return (
            *super().fields(),
            ("tile_height", self.tile[0]),
            ("taps", taps),
            ("after", after),
            ("outputs", self._outputs()),
        )

    def _taps(self) -> tuple[tuple[int, ...], int]:
        """Places of a patch's bytes, and how far behind them those of the next patch are."""
        rows, columns = (4, 4) if self.stride == 1 else (3, 5)
        places = [y * self.pitch + x for y in range(rows) for x in range(columns)]
        after = 4 if self.wide else 2 * self.pitch
        return (*places, *[0] * (_VECTOR - len(places))), after if self.stride == 2 else 0

    def _outputs(self) -> tuple[int, ...]:
        """Places of a tile's outputs: of the first patches and of the second in turn."""
        places = []
        for own, second in np.ndindex(4, 2):
            y, x = divmod(own, 2)
            if not self.wide:
                y += 2 * second
            elif self.stride == 1:
                x += 2 * second
            else:
                y, x = 0, own + 4 * second
            places.append((y * self.params.output_shape[2] + x) * self.channels)
        return tuple(places)

    @property
    def possible(self) -> bool:
        """Whether offsets reach, and an output past a row is not in a tile of its own."""
        _, _, width, channels = self.params.output_shape
        high, wide = self.tile
        patch = 2 * self.pitch + 4
        if self.stride == 1:
            patch = 3 * self.pitch + 3
        elif not self.wide:
            patch = 4 * self.pitch + 4
        inside = width > wide - 1 or high == 1
        place = ((high - 1) * width + wide - 1) * channels
        return inside and patch <= _PATCH and place <= _STORE and self._copied


@dataclass(frozen=True, eq=False)
class Line(Plane):
    """Windows of one row over one row."""

    @property
    def taps(self) -> int:
        """Of a window."""
        return int(self.params.filter.shape[1])

    @property
    def tiles(self) -> int:
        return self.params.output_shape[2]

    @property
    def pitch(self) -> int:
        read = self.tiles - 1 + self.taps
        return max(read, self.params.padding[1] + self.params.input_shape[2])

    @property
    def plane(self) -> int:
        return self.pitch

    @property
    def scratch_bytes(self) -> int:
        """The plane, and what whole vectors read past it."""
        return round_up(max(self.pitch, round_up(self.tiles, 8) + _VECTOR), 4)

    @property
    def patch(self) -> int:
        return 0

    @property
    def instructions(self) -> int:
        """Estimated instructions: see mve_depthwise.S."""
        turn = (11 if self.taps <= _SHORT else 18) + 5 + 6 + self.stage.instructions
        return 300 + self.channels * (self.copying + -(-self.tiles // 8) * turn)

    def packed(self) -> NDArray[np.int8]:
        before = 3 if self.taps <= _SHORT else 0
        packed = np.zeros((self.channels, _VECTOR), np.int8)
        packed[:, before : before + self.taps] = self.params.filter[0].T
        return packed

    def kernel(self) -> Instance:
        return instance(
            "te_mve_depthwise_line",
            "te_mve_depthwise_kernel",
            short=int(self.taps <= _SHORT),
            width=self.params.input_shape[2],
            **self.stage.arguments,
        )

    def fields(self) -> Fields:
        """The members of ``te_mve_depthwise_params``."""
        places = tuple(place * self.channels for place in range(_TILE))
        return (*super().fields(), ("outputs", places))

    @property
    def possible(self) -> bool:
        """Whether offsets reach."""
        return 7 * self.channels <= _STORE and self._copied


def square(params: DepthwiseConv2D) -> Square | None:
    """A layer of windows up to 3x3, or None."""
    small = max(params.filter.shape[:2]) <= _WINDOW
    if not small or params.stride not in {(1, 1), (2, 2)} or (made := _stage(params)) is None:
        return None
    layers = [Square(params, made, wide) for wide in (False, True)]
    possible = [layer for layer in layers if layer.possible]
    return min(possible, key=lambda layer: layer.instructions, default=None)


def line(params: DepthwiseConv2D) -> Line | None:
    """A layer of one row, or one column, or None."""
    params = depthwise_views.upright(params)
    flat = params.input_shape[1] == params.output_shape[1] == params.filter.shape[0] == 1
    if not flat or params.stride[1] != 1 or params.filter.shape[1] > _VECTOR:
        return None
    if (made := _stage(params)) is None:
        return None
    layer = Line(params, made)
    return layer if layer.possible else None


@cache
def _stage(params: DepthwiseConv2D) -> requant.Stage | None:
    if params.input_shape[0] != 1 or params.depth_multiplier != 1 or params.dilation != (1, 1):
        return None
    filters = np.moveaxis(params.filter, 2, 0).reshape(params.filter.shape[2], -1)
    return requant.stage(filters, params.bias, params.input_zero_point, params.requant)
