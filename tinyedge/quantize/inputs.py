"""What the int8 model is given: raw samples -> int8."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset import Split
from tinyedge.graph.types import Quant


def inputs(split: Split, quant: Quant) -> NDArray[np.int8]:
    """Return the split's samples as the model's input: int8 of the shape of ``split.raw``.

    Each raw value has one int8 value, so this is a table look-up.
    """
    values: NDArray[np.int8] = table(split.full_scale, split.range, quant)[split.raw]
    return values


def table(full_scale: int, span: tuple[float, float], quant: Quant) -> NDArray[np.int8]:
    """The int8 value of each raw value 0 ... ``full_scale``; halves away from zero, saturated."""
    low, high = span
    reals = (low + raw / full_scale * (high - low) for raw in range(full_scale + 1))
    steps = (real / quant.scale for real in reals)
    rounded = [math.copysign(math.floor(abs(step) + 0.5), step) for step in steps]
    values: NDArray[np.int8] = np.clip(np.array(rounded) + quant.zero_point, -128, 127).astype(
        np.int8
    )
    return values
