"""Which input pixels a resized pixel is made of, along one axis, as TensorFlow Lite has it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.graph.fixedpoint import Ints, round_half_away
from tinyedge.graph.ops import Resize

FRACTION_BITS = 10
"""Of the positions that RESIZE_BILINEAR computes with."""


@dataclass(frozen=True)
class Bilinear:
    """RESIZE_BILINEAR along one axis: output i lies at i * step + offset, 10 fractional bits."""

    step: int
    offset: int
    size: int

    def position(self, count: int) -> tuple[Ints, Ints, Ints]:
        """Return for ``count`` outputs the pixel before, the pixel behind and the way between.

        The way is below 0 where the first half pixel lies before the first centre.
        """
        scaled = np.arange(count, dtype=np.int64) * self.step + self.offset
        low = np.maximum(scaled >> FRACTION_BITS, 0)
        high = np.minimum(-(-scaled >> FRACTION_BITS), self.size - 1)
        # C's division rounds towards 0, where both are 0 anyway.
        return low, np.maximum(high, 0), scaled - (low << FRACTION_BITS)


def bilinear(op: Resize) -> tuple[Bilinear, Bilinear]:
    """Return how height and width are resized."""
    rows, columns = (_bilinear(op, axis) for axis in (1, 2))
    return rows, columns


def _bilinear(op: Resize, axis: int) -> Bilinear:
    size, count = op.inputs[0].shape[axis], op.outputs[0].shape[axis]
    if op.align_corners and count > 1:
        step = ((size - 1 << FRACTION_BITS) + (count - 1) // 2) // (count - 1)
    else:
        step = ((size << FRACTION_BITS) + count // 2) // count
    half = 1 << (FRACTION_BITS - 1)
    return Bilinear(step, step // 2 - half if op.half_pixel_centers else 0, size)


def nearest(op: Resize) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the input row of each output row and the input column of each output column."""
    rows, columns = (_nearest(op, axis) for axis in (1, 2))
    return rows, columns


def _nearest(op: Resize, axis: int) -> NDArray[np.int64]:
    size, count = op.inputs[0].shape[axis], op.outputs[0].shape[axis]
    corners = op.align_corners and count > 1
    # All of this is float32 in TFLM, and a last bit decides between neighbours.
    scale = np.float32(size - 1 if corners else size) / np.float32(count - 1 if corners else count)
    centre = np.float32(0.5 if op.half_pixel_centers else 0.0)
    scaled = (np.arange(count, dtype=np.float32) + centre) * scale
    index = round_half_away(scaled) if op.align_corners else np.floor(scaled)
    return np.asarray(np.clip(index.astype(np.int64), 0, size - 1), np.int64)
