"""Float .tflite -> int8 by litert-quantizer, with ranges that the calibration has found."""

from __future__ import annotations

import contextlib
import importlib.util
import io
from typing import Any

import numpy as np

from tinyedge.backend import Backend, quiet
from tinyedge.errors import ModelError, ToolError
from tinyedge.graph import container
from tinyedge.quantize import calibrate
from tinyedge.quantize.calibrate import Choice
from tinyedge.quantize.ptq import Dense, Samples

_BITS = 8


def require() -> None:
    """Raise ToolError saying what to install, if the package is missing."""
    if importlib.util.find_spec("litert_quantizer") is None:
        raise ToolError(
            'quantize.backend = "litert" needs litert-quantizer, which is not installed',
            'run pip install "tinyedge[litert]"',
        )


def quantize(
    backend: Backend, floating: bytes, samples: Samples, choice: Choice, *, name: str, dense: Dense
) -> bytes:
    """Return the int8 .tflite: int8 edges, weights per channel (``dense``: or those per tensor).

    Raises ToolError without the package, ModelError with its reason where it refuses the network.
    """
    require()
    found = ranges(backend, floating, samples, choice, name)
    from litert_quantizer import quantizer  # noqa: PLC0415 - seconds, and an extra

    with quiet(), contextlib.redirect_stdout(io.StringIO()):
        try:
            work = quantizer.Quantizer(floating, _settings(dense))
            result = work.quantize(found, enable_progress_report=False)
        except (ValueError, RuntimeError, KeyError, NotImplementedError) as error:
            raise ModelError(
                f"{name}: litert-quantizer refuses the network: {str(error).splitlines()[0]}",
                'write quantize.backend = "tensorflow", or replace the layer it names',
            ) from error
    return bytes(result.quantized_model)


def ranges(
    backend: Backend, floating: bytes, samples: Samples, choice: Choice, name: str
) -> dict[str, dict[str, Any]]:
    """Least and greatest value of each computed tensor, as litert-quantizer wants them.

    The input keeps its whole range: what is cut off there no layer can make good.
    """
    file = container.read(floating, name)
    found = calibrate.ranges(backend, floating, samples, choice)
    source = file.tensors[file.inputs[0]].name
    found[source] = (float(samples.min()), float(samples.max()))
    ranks = {tensor.name: len(tensor.shape) for tensor in file.tensors}
    return {
        tensor: {
            "min": np.full((1,) * ranks[tensor], low, np.float32),
            "max": np.full((1,) * ranks[tensor], high, np.float32),
        }
        for tensor, (low, high) in found.items()
    }


def _settings(dense: Dense) -> Any:
    from litert_quantizer import qtyping, recipe_manager  # noqa: PLC0415

    every, layers = qtyping.TFLOperationName.ALL_SUPPORTED, qtyping.TFLOperationName.FULLY_CONNECTED
    settings = recipe_manager.RecipeManager()
    settings.add_static_config(".*", every, _BITS, _BITS)
    if dense == "per-tensor":
        whole = qtyping.QuantGranularity.TENSORWISE
        settings.add_static_config(".*", layers, _BITS, _BITS, weight_granularity=whole)
    return settings.get_quantization_recipe()
