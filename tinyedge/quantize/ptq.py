"""Post-training quantization by TensorFlow's converter."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge.backend import Backend, quiet
from tinyedge.errors import ModelError


def convert(backend: Backend, keras_model: bytes, samples: NDArray[np.float32], name: str) -> bytes:
    """Return the int8 .tflite of a .keras file; ``samples`` calibrate the ranges.

    The batch is fixed to one sample. ``name`` is for errors. Raises ModelError with
    the converter's reason.
    """
    from tensorflow.lite.python.convert_phase import ConverterError  # noqa: PLC0415 - see backend

    tf, keras = backend.tf, backend.keras
    keras.backend.clear_session()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        path.write_bytes(keras_model)
        model = keras.models.load_model(path, compile=False)
    # a free batch would leave SHAPE, STRIDED_SLICE and PACK in the graph
    one = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32, name="input")
    function = tf.function(model, input_signature=[one]).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], model)
    _settings(tf, converter, samples)
    with quiet():
        try:
            return bytes(converter.convert())
        except (ConverterError, RuntimeError, ValueError) as error:
            raise ModelError(
                f"{name}: the converter refuses the network: {str(error).splitlines()[0]}",
                "replace the layer it names",
            ) from error


def _settings(tf: Any, converter: Any, samples: NDArray[np.float32]) -> None:
    def representative() -> Iterator[list[NDArray[np.float32]]]:
        for sample in samples:
            yield [sample[np.newaxis]]

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
