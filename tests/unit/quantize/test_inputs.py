"""Raw samples as int8."""

import numpy as np

from tinyedge.dataset import Split
from tinyedge.graph.types import Quant
from tinyedge.quantize.inputs import inputs, table

RAW = np.arange(256, dtype=np.uint8).reshape(4, 8, 8, 1)
LABELS = np.zeros(4, np.int64)
UNIT = Quant((float(np.float32(1 / 255)),), (-128,))


def test_pixels_of_a_unit_range_are_shifted_by_128() -> None:
    made = inputs(Split(RAW, LABELS, 255), UNIT)
    assert made.dtype == np.int8
    assert np.array_equal(made, RAW.astype(np.int16) - 128)


def test_values_beyond_int8_saturate_and_halves_go_away_from_zero() -> None:
    split = Split(RAW[:1] // 32, LABELS[:1], 4, (-1.0, 1.0))  # -1, -0.5, 0, 0.5, 1
    assert table(split, Quant((0.2,), (0,))).tolist() == [-5, -3, 0, 3, 5]
    assert table(split, Quant((0.001,), (10,))).tolist() == [-128, -128, 10, 127, 127]
