"""RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinyedge.graph import resampling
from tinyedge.graph.ops import Resize
from tinyedge.graph.ops.resize import ResizeKind
from tinyedge.graph.resampling import FRACTION_BITS
from tinyedge.graph.types import Array


def resize(op: Resize, inputs: Sequence[Array]) -> Array:
    """The nearest pixel, or the average of four, weighted by how near they are."""
    if op.function is ResizeKind.NEAREST:
        rows, columns = resampling.nearest(op)
        return inputs[0][:, rows][:, :, columns]
    return _bilinear(op, inputs[0].astype(np.int64))


def _bilinear(op: Resize, x: Array) -> Array:
    unit = 1 << FRACTION_BITS
    _, height, width, _ = op.outputs[0].shape
    rows, columns = resampling.bilinear(op)
    top, bottom, down = rows.position(height)
    left, right, along = columns.position(width)
    down, along = down[:, None, None], along[:, None]
    mixed = x[:, top] * (unit - down) + x[:, bottom] * down
    total = mixed[:, :, left] * (unit - along) + mixed[:, :, right] * along
    # Halves away from 0, as C's division of what was moved half a unit away gives.
    half = 1 << (2 * FRACTION_BITS - 1)
    rounded = np.sign(total) * (np.abs(total) + half >> 2 * FRACTION_BITS)
    return np.asarray(rounded, np.int8)
