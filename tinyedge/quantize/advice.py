"""Which layer of an int8 network to treat, and how, in keys of its recipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge import importing
from tinyedge.graph.types import Op
from tinyedge.recipe import Recipe
from tinyedge.results import LayerNoise

CLEAN_DB = 30.0  # five bits: nothing to treat
_OUTLIERS = 2.0  # a range so many times that of 99.9 % of the values
_SPREAD = 8.0  # the largest weights of a channel against the smallest's


def advise(recipe: Recipe, op: Op, snr_db: float, values: NDArray[Any]) -> str:
    """What would help a layer whose float outputs are ``values``; empty: nothing needs to."""
    if snr_db >= CLEAN_DB or op.kind == "SOFTMAX":  # softmax's range is fixed
        return ""
    return _remedy(recipe, op, values)


def _remedy(recipe: Recipe, op: Op, values: NDArray[Any]) -> str:
    settings = recipe.quantize
    if settings.dense == "per-tensor" and _uneven(op):
        return 'its outputs\' weights differ in size: quantize.dense = "per-channel"'
    if settings.method == "qat":
        return f"let it train longer with int8: quantize.epochs = {2 * settings.epochs}"
    whole = settings.calibration in ("min-max", "moving-average")
    if whole and _outliers(values):
        return 'a few values take up the range: quantize.calibration = "percentile" or "search"'
    if _trainable(recipe):
        return 'let it train with int8: quantize.method = "qat"'
    if settings.calibration != "search":
        return 'try other ranges: quantize.calibration = "search"'
    return f"let more samples find its range: quantize.samples = {2 * settings.samples}"


def treat(found: Sequence[LayerNoise]) -> str:
    """One sentence: of the layers in need the one that loses most itself, and how to treat it."""
    needy = [layer for layer in found if layer.advice]
    if not needy:
        return f"no layer needs treatment: each that could be helped is {CLEAN_DB:g} dB clean"
    worst = min(needy, key=lambda layer: layer.gain_db)
    return (
        f'treat layer {worst.index} {worst.op} "{worst.tensor}": it is {worst.snr_db:.1f} dB clean '
        f"and loses {-worst.gain_db:.1f} dB itself; {worst.advice}"
    )


def _outliers(values: NDArray[Any]) -> bool:
    largest, usual = np.abs(values).max(), np.percentile(np.abs(values), 99.9)
    return bool(usual > 0 and largest / usual > _OUTLIERS)


def _uneven(op: Op) -> bool:
    """Whether one scale has to serve outputs with weights of very different size."""
    weights = [tensor for tensor in op.inputs if tensor.is_constant and len(tensor.shape) > 1]
    if not weights or len(weights[0].q.scales) > 1 or weights[0].data is None:
        return False
    rows = weights[0].data.reshape(weights[0].shape[0], -1).astype(int)
    peaks = np.abs(rows).max(axis=1)
    return bool(peaks.max() > _SPREAD * max(1, int(peaks.min())))


def _trainable(recipe: Recipe) -> bool:
    return recipe.imported is None or importing.has_layers(importing.find(recipe))
