"""CONV_2D 3x3 with stride 1 by Winograd's F(4x4, 3x3), in exact integers.

The transforms are in winograd_transforms.S. Lanes of 16 bits hold everything. Inputs are at most
255, and the terms of B's rows sum to at most 8 of one sign and 2 of the other: a position of a
transformed patch is at most (8 * 8 + 2 * 2) * 255 = 17,340. A filter's taps are at least -128, and
G's rows sum to at most 12: a position of a transformed filter is at least -144 * 128 = -18,432.
Sums of products wrap at 32 bits, but the outputs are 576 * T by arithmetic modulo 2**32, which is
exact where 576 * (T - offset) fits 32 bits, as the requantization's proof demands.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import prod

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.exact import bounds, scaled
from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.tuned import Layer, worth
from tinyedge.compile.kernels.winograd4 import PATCH, SCALE, TILE, is_3x3, tiles
from tinyedge.compile.params import Conv2D
from tinyedge.compile.plan import Constant, Instance

#: bytes of a tile's or filter's transform for each input channel
_POSITIONS = 2 * PATCH * PATCH
#: offsets of loads and stores are immediates, and a loop of the product must reach its start
_MAX_CHANNELS = 96
#: output channels up to which a store's offset tells the outputs of a row apart, and at all
_NEAR, _MAX_OUTPUTS = 85, 254


@dataclass(frozen=True, eq=False)
class Winograd(Layer):
    """One layer. ``tiles``: tiles transformed at a time, counted strip by strip of four rows.

    The filters are transformed again for every ``tiles``.
    """

    params: Conv2D
    fit: scaled.Fit
    tiles: int

    @property
    def _input_channels(self) -> int:
        return self.params.input_shape[3]

    @property
    def _far(self) -> bool:
        """Whether the product goes on from output to output of a row."""
        return self.params.output_shape[3] > _NEAR

    @property
    def passes(self) -> int:
        """How often the filters are transformed."""
        return -(-prod(tiles(self.params)) // self.tiles)

    @property
    def band_row(self) -> int:
        """Bytes of a padded row."""
        return (self.params.output_shape[2] + 2) * self._input_channels

    @property
    def scratch_bytes(self) -> int:
        """Transformed inputs, a transformed filter, a word that is loaded ahead, and a band."""
        transformed = _POSITIONS * self._input_channels
        band = PATCH * self.band_row
        filters = transformed + 4
        rest = max(filters, band) if self.passes == 1 else filters + band
        return self.tiles * transformed + rest

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of ``Overlap``: outputs of a strip are written when its band is loaded."""
        if self.passes == 1:
            return 0, 0
        _, height, width, channels = self.params.output_shape
        _, rows, input_width, input_channels = self.params.input_shape
        y = np.arange(0, height - TILE, TILE, dtype=np.int64)
        read = y - self.params.padding[0] + PATCH
        written = (y + TILE) * width * channels
        lead = np.where(read < rows, written - read * input_width * input_channels, 0)
        return max(0, int(lead.max(initial=0))), input_bytes

    @property
    def instructions(self) -> int:
        """Estimated instructions: see winograd.S and winograd.c."""
        _, height, width, outputs = self.params.output_shape
        count, channels = prod(tiles(self.params)), self._input_channels
        strips, partial = -(-height // TILE), int(width % TILE > 0)
        load = strips * PATCH * (self.band_row + 90)
        inputs = count * (channels // 2 * 440 + 100)
        filters = self.passes * outputs * (channels // 2 * 224 + 60)
        calls = outputs * max(self.passes, strips) * (1 + partial) * 60
        products = outputs * count * (36 * channels + 330 + 32 * (self.fit.signed + self._far))
        return 300 + load + inputs + filters + calls + products

    def stream(self) -> NDArray[np.uint32]:
        """Of each channel: initial value, requantization, filter."""
        filters = self.params.filter.astype(np.int64)
        count, channels = filters.shape[0], self._input_channels
        zero = self.params.input_zero_point + 128
        sums = filters.reshape(count, -1).sum(axis=1)
        fit = self.fit
        constants = fit.constants - (128 << fit.shifts)
        kinds = [SCALE * (self.params.bias - zero * sums - fit.offsets)]
        kinds += [fit.multipliers, constants, fit.shifts]
        kinds += [constants - fit.negatives] if fit.signed else []
        head = np.stack(kinds, axis=1).astype(np.uint64).astype(np.uint32)
        # [channel, four input channels, row, column, input channel]: a word for each tap
        taps = filters.reshape(count, 3, 3, channels // 4, 4).transpose(0, 3, 1, 2, 4) + 128
        words = np.ascontiguousarray(taps.astype(np.uint8)).reshape(count, -1).view(np.uint32)
        return np.concatenate([head, words], axis=1)

    @property
    def _instances(self) -> tuple[tuple[str, Instance], ...]:
        """The instantiations, by the names of their fields."""
        channels = self._input_channels
        product = instance(
            "te_lx6_winograd_product",
            "te_lx6_winograd_product",
            channels=channels,
            outputs=self.params.output_shape[3],
            signed=int(self.fit.signed),
        )
        each = ("input", "weights")
        names = {name: f"te_lx6_winograd_{name}" for name in each}
        return (
            ("product", product),
            *((name, instance(macro, macro, channels=channels)) for name, macro in names.items()),
            ("offset", instance("te_lx6_offset", "te_lx6_offsetter")),
        )

    def fields(self) -> Fields:
        """The members of ``te_lx6_winograd_params``."""
        q, channels = self.params, self._input_channels
        words = self.stream()
        return (
            *self._instances,
            ("stream", Constant("stream", words)),
            ("stream_words", words.shape[1]),
            ("head_words", 4 + int(self.fit.signed)),
            ("tiles", self.tiles),
            ("input_channels", channels),
            ("channels", q.output_shape[3]),
            ("input_height", q.input_shape[1]),
            ("output_height", q.output_shape[1]),
            ("output_width", q.output_shape[2]),
            ("row_skip", (q.output_shape[2] - TILE * self._far) * q.output_shape[3]),
            ("row_bytes", q.input_shape[2] * channels),
            ("band_row", self.band_row),
            ("left", q.padding[1] * channels),
            ("top", q.padding[0]),
            ("zero", q.input_zero_point + 128),
            ("low", q.requant.low),
            ("high", q.requant.high),
        )


def plan(params: Conv2D, passes: int | None = None, parts: int = 1) -> Winograd | None:
    """The layer, or None where it cannot be computed exactly.

    ``passes``: how often the filters are transformed, where the memory for that is worth its price.
    Without: a row of tiles, divided into ``parts``, is transformed at a time.
    """
    if not _applies(params) or (fit := _fit(params)) is None:
        return None
    columns = -(-params.output_shape[2] // TILE)
    row = Winograd(params, fit, columns)
    if passes is not None:
        layer = Winograd(params, fit, -(-prod(tiles(params)) // passes))
        return layer if worth(layer, row) else None
    return Winograd(params, fit, -(-columns // parts)) if parts <= columns else None


def _applies(params: Conv2D) -> bool:
    """Shapes and sizes."""
    channels = params.input_shape[3]
    return (
        is_3x3(params)
        and min(params.output_shape[1:3]) >= TILE
        and params.output_shape[3] <= _MAX_OUTPUTS
        and channels % 4 == 0
        and channels <= _MAX_CHANNELS
    )


@cache
def _fit(params: Conv2D) -> scaled.Fit | None:
    filters = params.filter.reshape(params.filter.shape[0], -1)
    lowest, highest = bounds.totals(filters, params.bias, params.input_zero_point)
    return scaled.search(params.requant, lowest, highest, SCALE)
