"""What the int8 model is given: raw samples -> int8."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset import Split
from tinyedge.graph.quantized import quantize_float
from tinyedge.graph.types import Quant


def inputs(split: Split, quant: Quant) -> NDArray[np.int8]:
    """Return the split's samples as the model's input: int8 of the shape of ``split.raw``.

    Each raw value has one int8 value, so this is a table look-up.
    """
    samples: NDArray[np.int8] = table(split, quant)[split.raw]
    return samples


def table(split: Split, quant: Quant) -> NDArray[np.int8]:
    """The int8 value of each raw value 0 ... ``split.full_scale``; saturated."""
    reals = split.scale(np.arange(split.full_scale + 1, dtype=np.uint8))
    steps = [min(max(quantize_float(float(real), quant), -128), 127) for real in reals]
    return np.array(steps, np.int8)
