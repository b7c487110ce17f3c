"""Ranges of activations other than the least and greatest value, and which of them loses least."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.backend import Backend
from tinyedge.quantize import floats
from tinyedge.quantize.ptq import Samples
from tinyedge.recipe import Quantize

_DECAY = 0.9  # of the moving average, a sample
_KEPT = 2048  # values of each tensor and sample that percentiles are taken of
_TRIED_PERCENTILES = (99.99, 99.9, 99.5)
Range = tuple[float, float]


@dataclass(frozen=True)
class Choice:
    """One way to find the ranges; ``percentile`` belongs to the kind of that name."""

    kind: str
    percentile: float = 0.0

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.kind} {self.percentile:g}" if self.kind == "percentile" else self.kind


def choices(settings: Quantize) -> tuple[Choice, ...]:
    """What the recipe asks for: one, or all that a search tries."""
    if settings.calibration == "search":
        percentiles = (Choice("percentile", value) for value in _TRIED_PERCENTILES)
        return (Choice("min-max"), Choice("moving-average"), *percentiles)
    return (Choice(settings.calibration, settings.percentile),)


def recalibrated(backend: Backend, model: bytes, samples: Samples, choice: Choice) -> bytes:
    """A calibrated .tflite with the ranges of its activations found by ``choice``.

    The input keeps its whole range: what is cut off there no layer can make good.
    """
    from tensorflow.lite.tools import flatbuffer_utils  # noqa: PLC0415 - see backend

    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    (graph,) = parsed.subgraphs
    found = ranges(backend, model, samples, choice)
    for index, tensor in enumerate(graph.tensors):
        quantization = tensor.quantization
        name = tensor.name.decode()
        if index in graph.inputs or quantization is None or quantization.min is None:
            continue
        if name in found:
            low, high = found[name]
            quantization.min = np.array([low], np.float32)
            quantization.max = np.array([high], np.float32)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(parsed))


def ranges(backend: Backend, model: bytes, samples: Samples, choice: Choice) -> dict[str, Range]:
    """Least and greatest value to represent, of each tensor by its name."""
    each = {"min-max": _extremes, "moving-average": _moving, "percentile": _percentiles}
    return each[choice.kind](backend, model, samples, choice)


def _extremes(
    backend: Backend, model: bytes, samples: Samples, _choice: Choice
) -> dict[str, Range]:
    found: dict[str, Range] = {}
    for values in floats.run(backend, model, samples):
        for name, value in values.items():
            low, high = found.get(name, (np.inf, -np.inf))
            found[name] = min(low, float(value.min())), max(high, float(value.max()))
    return found


def _moving(backend: Backend, model: bytes, samples: Samples, _choice: Choice) -> dict[str, Range]:
    found: dict[str, Range] = {}
    for values in floats.run(backend, model, samples):
        for name, value in values.items():
            low, high = float(value.min()), float(value.max())
            if name in found:
                low += _DECAY * (found[name][0] - low)
                high += _DECAY * (found[name][1] - high)
            found[name] = low, high
    return found


def _percentiles(
    backend: Backend, model: bytes, samples: Samples, choice: Choice
) -> dict[str, Range]:
    pools: dict[str, list[NDArray[np.float32]]] = {}
    random = np.random.RandomState(1)
    for values in floats.run(backend, model, samples):
        for name, value in values.items():
            flat = value.ravel()
            some = flat[random.permutation(len(flat))[:_KEPT]] if len(flat) > _KEPT else flat
            pools.setdefault(name, []).append(some)
    bounds = (100 - choice.percentile, choice.percentile)
    found = {name: np.percentile(np.concatenate(pool), bounds) for name, pool in pools.items()}
    return {name: (float(low), float(high)) for name, (low, high) in found.items()}


def best(trials: list[tuple[Choice, float]]) -> Choice:
    """The first of those with the highest accuracy."""
    return max(trials, key=lambda trial: trial[1])[0]
