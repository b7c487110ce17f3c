"""Winograd's F(4x4, 3x3) in exact integers: what the kernels of all cores with it share.

Sixteen outputs of a 3x3 convolution take 36 products for each input channel, not 144. With points
0, 1, -1, 2, -2 and infinity, fractions left out of the matrices::

    FILTERS g FILTERS' (6x6, of a filter)    INPUTS d INPUTS' (6x6, of a patch of uint8 = q + 128)
    OUTPUTS m OUTPUTS' = SCALE * (sums of products), m: the sums of both's products over channels

Lanes of 16 bits hold both: a filter's position is at most 7 * 7 * 128 = 6,272 in magnitude, a
patch's at most 68 * 255 = 17,340. Sums over channels may leave 32 bits, but all is arithmetic
modulo 2**32, and so is the division of SCALE = 576 = 2**6 * 9 by 9: an output times UNSCALE is
256 * T modulo 2**32, which is 256 * T itself wherever a requantization of 256 * T is proved for
these weights (:func:`tinyedge.compile.kernels.stage.stage`). Nothing more has to be proved.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.params import Conv2D, Int8Array

#: outputs of a tile and inputs of a patch, along an axis
TILE: Final = 4
PATCH: Final = 6
FILTERS: Final = np.array([[1, 0, 0], [1, 1, 1], [1, -1, 1], [1, 2, 4], [1, -2, 4], [0, 0, 1]])
INPUTS: Final = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
)
OUTPUTS: Final = np.array(
    [[6, -4, -4, 1, 1, 0], [0, -4, 4, 2, -2, 0], [0, -4, -4, 4, 4, 0], [0, -4, 4, 8, -8, 24]]
)
#: an output of the transforms / sum of products
SCALE: Final = 576
#: turns SCALE * T into 256 * T, modulo 2**32
UNSCALE: Final = pow(9, -1, 1 << 32) * 4 % (1 << 32)


def is_3x3(params: Conv2D) -> bool:
    """Whether it is of the kind that Winograd's tiles compute: 3x3, stride and dilation 1."""
    plain = params.stride == params.dilation == (1, 1)
    return plain and params.filter.shape[1:3] == (3, 3) and params.input_shape[0] == 1


def tiles(params: Conv2D) -> tuple[int, int]:
    """Rows and columns of tiles that cover the output."""
    _, height, width, _ = params.output_shape
    return -(-height // TILE), -(-width // TILE)


def transformed(filters: Int8Array) -> NDArray[np.int16]:
    """[channel, 3, 3, input channel] -> [channel, 6, 6, input channel]."""
    wide = filters.astype(np.int64)
    made: NDArray[np.int64] = np.einsum("ia,jb,oabc->oijc", FILTERS, FILTERS, wide)
    return made.astype(np.int16)
