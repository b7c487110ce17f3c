"""CONV_2D 3x3 with stride 1 by Winograd's F(2x2, 3x3), in exact integers: see winograd.S.

Lanes of 16 bits hold everything. Inputs are at most 255, and each position of a transformed patch
is a sum of at most four of them times 2**5: at most 32,640. A filter's taps are at least -128, and
each position of 2 G filter (2 G)' is a sum of at most nine taps, or four of one and the same: at
least -1,152. Sums of products wrap at 32 bits, but the outputs are 2**7 * T by arithmetic modulo
2**32, which is exact where 2**7 * T fits 32 bits, as the requantization's proof demands.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.exact import bounds, requantize
from tinyedge.compile.kernels.armv7em import stream
from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.tuned import Layer, worth
from tinyedge.compile.kernels.winograd4 import is_3x3
from tinyedge.compile.params import Conv2D
from tinyedge.compile.plan import Constant, Instance

#: 2 bits of the filters' transform, 5 of the inputs' scale
SCALE_BITS = 7
#: shifts that most layers can take come first, so that layers share one instance
_CHOICES = tuple((SCALE_BITS, shift) for shift in (13, 12, 14, 11, 15, 10, 16, 9, 17, 18, 8, 7))
#: a pair of tiles: rows and columns of outputs, rows of inputs
_ROWS, _COLUMNS, _PATCH = 4, 2, 6
#: offsets into a transformed patch are immediates
_MAX_CHANNELS = 64
#: least input channels at which the product's code is halved
_ROLLED_CHANNELS = 32


@dataclass(frozen=True, eq=False)
class Winograd(Layer):
    """One layer. ``tile_pairs``: pairs of tiles transformed at a time; None: weights are kept.

    With kept weights, the transformed filters of all channels stay in scratch, and one pair of
    tiles is transformed at a time. Else the filters are transformed again for every ``tile_pairs``,
    counted strip by strip of four rows.
    """

    params: Conv2D
    fit: requantize.Fit
    tile_pairs: int | None

    @property
    def channel_pairs(self) -> int:
        """Pairs of output channels; the last goes back to stay a pair."""
        return -(-self.params.output_shape[3] // 2)

    @property
    def _input_channels(self) -> int:
        return self.params.input_shape[3]

    @property
    def _kept(self) -> int:
        return self.channel_pairs if self.tile_pairs is None else 1

    @property
    def _rolled(self) -> bool:
        """Whether half the code is worth 20 instructions more a pair of tiles and channels."""
        return self._input_channels >= _ROLLED_CHANNELS

    @property
    def _strips(self) -> int:
        """Strips of four rows."""
        return -(-self.params.output_shape[1] // _ROWS)

    @property
    def _passes(self) -> int:
        """How often the filters are transformed."""
        pairs = _tile_pairs(self.params)
        return 1 if self.tile_pairs is None else -(-pairs // self.tile_pairs)

    @property
    def band_row(self) -> int:
        """Bytes of a padded row."""
        return (self.params.output_shape[2] + 2) * self._input_channels

    @property
    def scratch_bytes(self) -> int:
        """Transformed inputs, transformed filters, and a band of rows."""
        inputs = (self.tile_pairs or 1) * 64 * self._input_channels
        filters = self._kept * 4 * (16 * self._input_channels + 24)
        band = _PATCH * self.band_row
        return inputs + (max(filters, band) if self._at_once else filters + band)

    @property
    def _at_once(self) -> bool:
        """Whether all inputs are transformed before any output is computed."""
        return self.tile_pairs is not None and self._passes == 1

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of ``Overlap``: outputs of a strip are written when its band is loaded."""
        if self._at_once:
            return 0, 0
        _, height, width, channels = self.params.output_shape
        _, rows, input_width, _ = self.params.input_shape
        y = np.arange(0, height - _ROWS, _ROWS, dtype=np.int64)
        read = y - self.params.padding[0] + _PATCH
        written = (y + _ROWS) * width * channels
        lead = np.where(read < rows, written - read * input_width * self._input_channels, 0)
        return max(0, int(lead.max(initial=0))), input_bytes

    @property
    def instructions(self) -> int:
        """Estimated instructions: see winograd.S and winograd.c."""
        fours, pairs = self._input_channels // 4, _tile_pairs(self.params)
        filters = self.channel_pairs * (2 * (134 * fours + 20) + 70)
        if self.tile_pairs is None:
            calls = 150 * pairs
        else:
            calls = 110 * self.channel_pairs * max(self._passes, self._strips)
        rows = self._strips * (_ROWS * 2 + _PATCH) * self.band_row // 4 * 5 // 4
        block = 160 * fours + 213 + 20 * self._rolled
        block += 32 * self.fit.signed + 30 * self.fit.clamp
        tiles = pairs * (302 * fours + 40 + self.channel_pairs * block)
        return 200 + self._passes * filters + calls + rows + tiles

    def stream(self) -> NDArray[np.uint32]:
        """Of each pair of channels: initial values, requantization, filters."""
        filters = self.params.filter.astype(np.int64)
        count, channels = filters.shape[0], self._input_channels
        pairs = stream.blocks(count, 2)
        bias = stream.fold_zero_point(
            filters.reshape(count, -1),
            self.params.bias.astype(np.int64),
            self.params.input_zero_point,
            self.fit,
        )
        kinds = [self.fit.multipliers, self.fit.constants]
        kinds += [self.fit.negatives] if self.fit.signed else []
        requant = np.stack(kinds, axis=-1)[pairs].reshape(len(pairs), -1)
        # [channel, four input channels, column, row, input channel]: a word for each tap
        taps = filters.reshape(count, 3, 3, channels // 4, 4).transpose(0, 3, 2, 1, 4)
        words = np.ascontiguousarray(taps.astype(np.int8)).reshape(count, -1).view(np.uint32)
        parts = [bias[pairs] << SCALE_BITS, requant, words[pairs].reshape(len(pairs), -1)]
        return np.concatenate(
            [part.astype(np.int64).astype(np.uint64).astype(np.uint32) for part in parts], axis=1
        )

    @property
    def _instances(self) -> tuple[tuple[str, Instance], ...]:
        """The instantiations, by the names of their fields."""
        channels = self._input_channels
        store = instance(
            "te_winograd_store",
            "te_winograd_store",
            shift=self.fit.shift,
            signed=int(self.fit.signed),
            limit=int(self.fit.clamp),
        )
        return (
            (
                "product",
                instance(
                    "te_winograd_product",
                    "te_winograd_product",
                    channels=channels,
                    rolled=int(self._rolled),
                ),
            ),
            ("store", store),
            ("input", instance("te_winograd_input", "te_winograd_input", channels=channels)),
            ("weights", instance("te_winograd_weights", "te_winograd_weights", channels=channels)),
        )

    def fields(self) -> Fields:
        """The members of ``te_v7em_winograd_params``."""
        q, channels = self.params, self._input_channels
        words = self.stream()
        return (
            *self._instances,
            ("stream", Constant("stream", words)),
            ("stream_words", words.shape[1]),
            ("head_words", 8 if self.fit.signed else 6),
            ("kept", self._kept),
            ("tile_pairs", self.tile_pairs or 1),
            ("input_channels", channels),
            ("channels", q.output_shape[3]),
            ("input_height", q.input_shape[1]),
            ("output_height", q.output_shape[1]),
            ("output_width", q.output_shape[2]),
            ("row_bytes", q.input_shape[2] * channels),
            ("band_row", self.band_row),
            ("left", q.padding[1] * channels),
            ("top", q.padding[0]),
            ("zero", q.input_zero_point + 128),
            ("low", self.fit.low),
            ("high", self.fit.high),
        )


def plan(params: Conv2D, passes: int | None = None, parts: int | None = None) -> Winograd | None:
    """The layer, or None where it cannot be computed exactly.

    ``passes``: how often the filters are transformed, where the memory for that is worth its price.
    ``parts``: into how many a row of tiles is divided. With neither, the filters are kept, where
    that takes no more scratch than a row of tiles does.
    """
    if not _applies(params) or (fit := _fit(params)) is None:
        return None
    columns = -(-params.output_shape[2] // _COLUMNS)
    if parts is not None:
        return Winograd(params, fit, -(-columns // parts)) if parts <= columns else None
    row = Winograd(params, fit, columns)
    if passes is not None:
        layer = Winograd(params, fit, -(-_tile_pairs(params) // passes))
        return layer if worth(layer, row) else None
    layer = Winograd(params, fit, None)
    return layer if layer.scratch_bytes <= row.scratch_bytes else None


def _tile_pairs(params: Conv2D) -> int:
    """Pairs of tiles of the whole output."""
    _, height, width, _ = params.output_shape
    return -(-height // _ROWS) * -(-width // _COLUMNS)


def _applies(params: Conv2D) -> bool:
    """Shapes and sizes."""
    channels, outputs = params.input_shape[3], params.output_shape[3]
    return (
        is_3x3(params)
        and params.output_shape[1] >= _ROWS
        and params.output_shape[2] >= _COLUMNS
        and outputs > 2
        and channels % 4 == 0
        and channels <= _MAX_CHANNELS
    )


@cache
def _fit(params: Conv2D) -> requantize.Fit | None:
    filters = params.filter.reshape(params.filter.shape[0], -1)
    low, high = bounds.totals(filters, params.bias, params.input_zero_point)
    return requantize.search(params.requant, low, high, _CHOICES)
