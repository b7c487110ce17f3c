"""The float network that a model was quantized from, asked about one sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinyedge.errors import ToolError
from tinyedge.graph.real import dequantize
from tinyedge.graph.types import Array
from tinyedge.quantize import float_values
from tinyedge.quantize.floats import Values
from tinyedge.workflow.pipeline import Loaded
from tinyedge.workspace import Workspace


def values(loaded: Loaded, sample: Sequence[Array], number: int | None) -> Values | None:
    """Its tensors, by their names in the .tflite; None for a bare .tflite or without TensorFlow.

    ``number``: of the test split's sample, whose own values it is then shown; else what ``sample``,
    the quantized inputs, stands for.
    """
    recipe, dataset = loaded.model.recipe, loaded.dataset
    if recipe is None or dataset is None or loaded.kept is None or loaded.quantized is None:
        return None
    if number is not None:
        shown = dataset.test.inputs[number]
    else:
        (tensor,) = loaded.graph.inputs
        shown = dequantize(tensor, sample[0]).reshape(tensor.shape)[0].astype(np.float32)
    try:
        return float_values(recipe, Workspace(loaded.kept.parents[1]), shown)
    except ToolError:
        return None
