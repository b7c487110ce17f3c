"""Two products a multiplication: a word's two lanes of 16 bits, and when sums stay in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_INT16 = 1 << 15


def fits(taps: NDArray[np.int64]) -> bool:
    """Whether the sum of products with any int8, and so that of some of them, is in 16 bits."""
    most, least = np.maximum(taps * 127, taps * -128), np.minimum(taps * 127, taps * -128)
    return bool(most.sum() < _INT16 and least.sum() >= -_INT16)
