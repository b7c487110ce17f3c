"""Weights as the Xtensa kernels read them: for each channel its requantization, then its taps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.kernels.xtensa_lx6.requantization import Stage
from tinyedge.compile.params import Int8Array

#: taps in the order of a word's bytes -> lanes of the unpacked words are (0, 1), (2, 3)
_NATURAL = [0, 2, 1, 3]


def pack(stage: Stage, filters: Int8Array, *, natural: bool = False) -> NDArray[np.uint32]:
    """[channels, words]; ``filters`` [channels, taps], taps a multiple of 4.

    Unpacked, four taps are the lanes (0, 2), (1, 3), as inputs are; ``natural``: in their order.
    """
    fours = filters.reshape(filters.shape[0], -1, 4)
    ordered = np.ascontiguousarray(fours[..., _NATURAL] if natural else fours)
    words = ordered.reshape(filters.shape[0], -1).view(np.uint32)
    head = (stage.head & 0xFFFFFFFF).astype(np.uint32)
    return np.concatenate([head, words], axis=1)
