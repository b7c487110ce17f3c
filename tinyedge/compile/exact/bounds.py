"""What a sum of products can be at all, from the weights alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Int64Array = NDArray[np.int64]


def totals(
    filters: NDArray[np.int8], bias: NDArray[np.int32], input_zero_point: int
) -> tuple[Int64Array, Int64Array]:
    """Lowest and highest value of bias + sum(filter * (q - zero point)), for any int8 inputs q.

    ``filters`` is [channels, taps]. A tap outside the input counts 0, which lies in between.
    """
    weights = filters.astype(np.int64)
    least, most = -128 - input_zero_point, 127 - input_zero_point
    low = np.minimum(weights * least, weights * most)
    high = np.maximum(weights * least, weights * most)
    return low.sum(axis=1) + bias, high.sum(axis=1) + bias
