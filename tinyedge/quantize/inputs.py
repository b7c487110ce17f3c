"""What the int8 model is given: raw samples -> int8."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset import Split
from tinyedge.dataset.types import real_values
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
    return steps(split.full_scale, split.range, quant)


def steps(full_scale: int, span: tuple[float, float], quant: Quant) -> NDArray[np.int8]:
    """The int8 value of each raw value 0 ... ``full_scale``, which become ``span``; saturated."""
    reals = real_values(full_scale, span)
    made = [min(max(quantize_float(float(real), quant), -128), 127) for real in reals]
    return np.array(made, np.int8)
