"""Dilated filters as plain ones: the gaps between their taps are filled with zero weights."""

from __future__ import annotations

import numpy as np

from tinyedge.compile.params import Int8Array


def filled(filters: Int8Array, axis: int, dilation: int) -> Int8Array:
    """The filters with ``dilation`` - 1 zeros between any two taps along ``axis``."""
    shape = list(filters.shape)
    shape[axis] = (shape[axis] - 1) * dilation + 1
    result = np.zeros(shape, np.int8)
    taps = [slice(None)] * filters.ndim
    taps[axis] = slice(None, None, dilation)
    result[tuple(taps)] = filters
    return result
