"""Weights as the ARMv7E-M kernels read them: one stream of words, block of channels by block.

A block is [initial values][weights][requantization]. A weight word holds two lanes of
256 * B + A, A and B the weights of two channels for the same input, and its two lanes are the
inputs 0 and 2, or 1 and 3, of four.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.exact.requantize import Fit

Int64Array = NDArray[np.int64]

#: channels of a block -> its (A, B) pairs, in the order of the kernel's accumulators
PAIRS = {2: ((0, 1),), 4: ((0, 2), (1, 3))}


@dataclass(frozen=True, eq=False)
class Matrix:
    """A layer as a matrix product, T = bias + filters @ u8.

    ``filters``: [channels, k], int8 values, k a multiple of 4, in the order in which the columns
    are unpacked. ``bias``: with the input's zero point folded in.
    """

    filters: Int64Array
    bias: Int64Array
    fit: Fit

    @property
    def channels(self) -> int:
        """Output channels."""
        return int(self.filters.shape[0])

    @property
    def units(self) -> int:
        """Words of a window: groups of four inputs."""
        return int(self.filters.shape[1]) // 4


def fold_zero_point(filters: Int64Array, bias: Int64Array, zero_point: int, fit: Fit) -> Int64Array:
    """Bias such that bias + filters @ (q + 128) is what the fit's accumulator holds."""
    folded: Int64Array = bias - (zero_point + 128) * filters.sum(axis=1) - fit.offsets
    return folded


def blocks(channels: int, block: int) -> Int64Array:
    """Channels of each block [blocks, block]; the last block goes back to stay full.

    With fewer channels than a block has, channels that do not exist are numbered on.
    """
    starts = np.arange(0, channels, block)
    if channels > block:
        starts = np.minimum(starts, channels - block)
    return starts[:, None] + np.arange(block)


def lanes_fit(filters: Int64Array, block: int) -> bool:
    """Whether 256 * B + A always fits 16 bits: not where B = -128 meets A < 0."""
    padded = _padded(filters, blocks(filters.shape[0], block))
    return all((256 * padded[:, b] + padded[:, a]).min() >= -32768 for a, b in PAIRS[block])


def pack(matrix: Matrix, block: int) -> NDArray[np.uint32]:
    """The whole stream, a row of words a block."""
    channels = blocks(matrix.channels, block)
    scale = matrix.fit.scale_bits
    filters = _padded(matrix.filters, channels)
    bias = _padded(matrix.bias, channels)
    initial = np.empty_like(bias)
    for i, (a, b) in enumerate(PAIRS[block]):
        initial[:, 2 * i] = bias[:, a] << (scale - 8)
        initial[:, 2 * i + 1] = (bias[:, b] << scale) + initial[:, 2 * i]
    parts = [initial, _weights(filters, block), _requantization(matrix.fit, channels, block)]
    return np.concatenate(parts, axis=1).astype(np.uint64).astype(np.uint32)


def _padded(values: Int64Array, channels: Int64Array) -> Int64Array:
    """``values`` of each block's channels; channels that do not exist have zeros."""
    missing = max(int(channels.max()) + 1 - values.shape[0], 0)
    rows = np.pad(values, [(0, missing)] + [(0, 0)] * (values.ndim - 1))
    return rows[channels].astype(np.int64)


def _weights(filters: Int64Array, block: int) -> Int64Array:
    """[blocks, block, k] -> words in the order (k / 4, lanes 02 or 13, pair)."""
    groups = filters.reshape(*filters.shape[:2], -1, 4)
    words = []
    for first, second in ((0, 2), (1, 3)):
        for a, b in PAIRS[block]:
            lanes = 256 * groups[:, b] + groups[:, a]
            words.append((lanes[..., first] & 0xFFFF) | (lanes[..., second] & 0xFFFF) << 16)
    return np.stack(words, axis=-1).reshape(filters.shape[0], -1)


def _requantization(fit: Fit, channels: Int64Array, block: int) -> Int64Array:
    """multiplier, constant[, negative] of each channel, in the order of the accumulators."""
    kinds = [fit.multipliers, fit.constants] + ([fit.negatives] if fit.signed else [])
    table = np.stack([_padded(kind, channels) for kind in kinds], axis=-1)
    order = [channel for pair in PAIRS[block] for channel in pair]
    return table[:, order].reshape(table.shape[0], -1)


def widen(fit: Fit, channels: int) -> Fit:
    """The fit with so many channels more, which compute 0."""

    def padded(values: Int64Array) -> Int64Array:
        return np.pad(values, (0, channels))

    return replace(
        fit,
        multipliers=padded(fit.multipliers),
        constants=padded(fit.constants),
        negatives=padded(fit.negatives),
        offsets=padded(fit.offsets),
    )
