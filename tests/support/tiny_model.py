"""The smallest model that has weights."""

from pathlib import Path

import numpy as np

from tests.support.tflite_writer import ModelWriter


def write(path: Path) -> Path:
    """One fully connected layer, 4 inputs and 3 outputs, as a .tflite at ``path``."""
    model = ModelWriter()
    x = model.input((1, 4), scale=0.5, zero_point=-3)
    weights = np.arange(12, dtype=np.int8).reshape(3, 4)
    y = model.fully_connected(
        x, weights=weights, weight_scales=[0.1], bias=None, scale=0.2, zero_point=0
    )
    path.write_bytes(model.finish(y))
    return path
