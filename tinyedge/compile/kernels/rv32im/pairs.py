"""CONV_2D: windows of six pixels unpacked in pairs, then two products a multiplication."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile import params as p
from tinyedge.compile.kernels import packing, stage
from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.lanes import fits
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.rv32im.requantization import Requantize
from tinyedge.compile.kernels.rv32im.window import window
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.plan import Constant

PIXELS = 6
#: taps whose products are summed in 16 bits; channels at a time
_GROUP, _CHANNELS = 4, 2
#: words of a tap of the windows, one a pair of pixels
_WORDS = PIXELS // 2
_ROUNDING = 0x8000
#: bytes of a window's row up to which code of its own unpacks it
_SHORT_ROW = 12

Int64Array = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PairedConv(Layer):
    """One layer."""

    params: p.Conv2D
    requant: Requantize

    @classmethod
    def plan(cls, q: p.Conv2D) -> PairedConv | None:
        """The layer, or None where the kernel cannot compute it exactly."""
        taps, channels = q.filter[0].size, q.filter.shape[0]
        if q.input_shape[0] != 1 or channels % _CHANNELS or taps * _WORDS * 4 > 0xFFFF:
            return None
        filters = q.filter.reshape(channels, -1)
        made = stage.stage(filters, q.bias, q.input_zero_point, q.requant)
        return None if made is None else cls(q, Requantize.of(made, q.requant))

    @cached_property
    def _filters(self) -> Int64Array:
        """[channels, taps], filled up to whole groups."""
        flat = self.params.filter.reshape(self.params.filter.shape[0], -1).astype(np.int64)
        return np.pad(flat, [(0, 0), (0, -flat.shape[1] % _GROUP)])

    @cached_property
    def _parts(self) -> tuple[Int64Array, list[list[tuple[int, int]]]]:
        """The filters less what their groups have no room for, and that."""
        kept = self._filters.copy()
        exceptions = [_take_exceptions(taps) for taps in kept]
        return kept, exceptions

    @property
    def exceptions(self) -> list[list[tuple[int, int]]]:
        """For each channel what its groups have no room for: (tap, weight)."""
        return self._parts[1]

    @property
    def taps(self) -> int:
        """Products of an output."""
        return int(self._filters.shape[1])

    @property
    def blocks(self) -> int:
        """Blocks of pixels."""
        _, height, width, _ = self.params.output_shape
        return -(-height * width // PIXELS)

    @property
    def is_padded(self) -> bool:
        """Whether windows reach past the input."""
        q = self.params
        size = q.filter.shape[1:3]
        spans = zip(
            q.padding, q.output_shape[1:3], q.stride, size, q.dilation, q.input_shape[1:3],
            strict=True,
        )  # fmt: skip
        return any(
            before > 0 or (outputs - 1) * stride + (taps - 1) * dilation >= inputs
            for before, outputs, stride, taps, dilation, inputs in spans
        )

    @property
    def is_pointwise(self) -> bool:
        """Whether pixels of the input are windows, one behind the other."""
        q = self.params
        return q.filter.shape[1:3] == (1, 1) and q.input_shape[:3] == q.output_shape[:3]

    @property
    def missing(self) -> int:
        """Pixels that the last block lacks."""
        _, height, width, _ = self.params.output_shape
        return self.blocks * PIXELS - height * width

    @property
    def scratch_bytes(self) -> int:
        """The columns, and a window's row of padding."""
        padding = self.params.filter[0, 0].size if self.is_padded else 0
        return 4 * _WORDS * self.taps + padding

    @property
    def input_tail(self) -> int:
        return self.missing * self.params.input_shape[3] if self.is_pointwise else 0

    @property
    def output_tail(self) -> int:
        return self.missing * self.params.output_shape[3]

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        q = self.params
        lead = packing.block_lead(q.input_shape, q.output_shape, q.stride, q.padding, PIXELS)
        return lead, input_bytes

    @property
    def instructions(self) -> int:
        """Estimated instructions: see conv_pairs.S and conv_pairs.c."""
        channels, rows = self.params.output_shape[3], int(self.params.filter.shape[1])
        exceptions = sum(len(found) for found in self.exceptions)
        pair = 70 + 175 * self.taps // (2 * _GROUP) + 2 * PIXELS * (3 + self.requant.instructions)
        windows = 25 if self.is_pointwise else 100 + 15 * rows
        packed = _WORDS * (windows + 6 * self.taps)
        return 60 + self.blocks * (60 + packed + channels // 2 * pair + 24 * exceptions)

    def _stream(self) -> NDArray[np.uint32]:
        """See conv_pairs.S."""
        made = self.requant.stage
        first = made.signed_initial * 0x10001 - self.taps // _GROUP * _ROUNDING
        heads = np.stack([first, made.signed_initial], axis=1)
        stages = self.requant.words()
        kept, exceptions = self._parts
        words: list[Int64Array] = []
        for c in range(0, len(kept), _CHANNELS):
            both = slice(c, c + _CHANNELS)
            pairs = np.ascontiguousarray(kept[both].T.astype(np.int8))
            words += [heads[both], pairs.reshape(-1).view(np.int32), *map(_words, exceptions[both])]
            words += [stages[both]]
        return np.concatenate([part.reshape(-1) for part in words]).astype(np.uint32)

    def fields(self) -> Fields:
        """The members of ``te_rv32_conv_pairs_params``."""
        q = self.params
        kernel = instance("te_rv32_conv_6x2", "te_rv32_conv_kernel", **self.requant.arguments)
        row = int(q.filter.shape[2] * q.filter.shape[3])
        pack = instance("te_rv32_pack_rows", "te_rv32_row_packer", bytes=row)
        return (
            *((("pack_rows", pack),) if row <= _SHORT_ROW and q.dilation[1] == 1 else ()),
            *window(q, (q.filter.shape[1], q.filter.shape[2])),
            ("kernel", kernel),
            ("stream", Constant("stream", self._stream())),
            ("words", _WORDS * self.taps),
            ("zero_point", q.input_zero_point),
            ("low", self.requant.low),
            ("high", self.requant.high),
            ("is_padded", int(self.is_padded)),
            ("is_pointwise", int(self.is_pointwise)),
        )


def _take_exceptions(taps: Int64Array) -> list[tuple[int, int]]:
    """Take the heaviest taps out of groups that do not fit, until they do: (tap, weight)."""
    found: list[tuple[int, int]] = []
    for at in range(0, taps.size, _GROUP):
        group = taps[at : at + _GROUP]
        while not fits(group):
            heaviest = int(np.abs(group).argmax())
            found.append((at + heaviest, int(group[heaviest])))
            group[heaviest] = 0
    return found


def _words(exceptions: list[tuple[int, int]]) -> Int64Array:
    """Exceptions as the stream holds them."""
    words = [tap * _WORDS * 4 << 16 | weight & 0xFFFF for tap, weight in exceptions]
    return np.array([*words, 0], np.int64)
