"""Keras -> .tflite by TensorFlow's converter: with ranges from samples, or from training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge.backend import Backend, held, quiet
from tinyedge.errors import ModelError
from tinyedge.graph import container
from tinyedge.train import compress

Samples = NDArray[np.float32]
Dense = str  # "per-channel" or "per-tensor"


def convert(
    backend: Backend, keras_model: bytes, samples: Samples, name: str, dense: Dense = "per-channel"
) -> bytes:
    """Return the int8 .tflite of a .keras file; ``samples`` calibrate the ranges.

    The batch is fixed to one sample. ``name`` is for errors. Raises ModelError with
    the converter's reason.
    """
    converter = _converter(backend, compress.read(backend, keras_model), dense)
    _calibrate(backend.tf, converter, samples)
    return _run(converter.convert, name)


def convert_aware(backend: Backend, twin: Any, name: str, dense: Dense) -> bytes:
    """Return the int8 .tflite of a quantization-aware model, which has its ranges."""
    converter = _converter(backend, twin, dense)
    return _run(converter.convert, name)


def is_tflite(model: bytes) -> bool:
    """Whether it is a float .tflite that was imported, and not a .keras file."""
    return model[4:8] == container.IDENTIFIER


def calibrated(backend: Backend, model: bytes, samples: Samples, name: str) -> bytes:
    """Return the float .tflite with the least and greatest value of each tensor in it.

    ``model`` is a .keras file, or a float .tflite already.
    """
    if is_tflite(model):
        return _calibrate_tflite(model, samples, name)
    converter = _converter(backend, compress.read(backend, model), "per-channel")
    _calibrate(backend.tf, converter, samples)
    converter._experimental_calibrate_only = True
    return _run(converter.convert, name)


def floating(backend: Backend, model: bytes, name: str) -> bytes:
    """Return the float .tflite of a .keras file; of a float .tflite, itself."""
    if is_tflite(model):
        return model
    converter = _converter(backend, compress.read(backend, model), "per-channel")
    converter.optimizations = []
    converter.inference_input_type = converter.inference_output_type = backend.tf.float32
    return _run(converter.convert, name)


def quantize_calibrated(backend: Backend, model: bytes, name: str, dense: Dense) -> bytes:
    """Return the int8 .tflite of what :func:`calibrated` returns."""
    from tensorflow.lite.python.convert import mlir_quantize  # noqa: PLC0415 - see backend

    int8 = backend.tf.int8

    def run() -> bytes:
        return mlir_quantize(  # type: ignore[no-any-return]
            model,
            fully_quantize=True,
            input_data_type=int8,
            output_data_type=int8,
            disable_per_channel_for_dense_layers=dense == "per-tensor",
        )

    return _run(run, name)


def _converter(backend: Backend, model: Any, dense: Dense) -> Any:
    tf = backend.tf
    # a free batch would leave SHAPE, STRIDED_SLICE and PACK in the graph
    one = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32, name="input")
    with held():
        function = tf.function(model, input_signature=[one]).get_concrete_function()
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function], model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    converter._experimental_disable_per_channel_quantization_for_dense_layers = (
        dense == "per-tensor"
    )
    return converter


def _calibrate_tflite(model: bytes, samples: Samples, name: str) -> bytes:
    from tensorflow.lite.python.optimize.calibrator import Calibrator  # noqa: PLC0415 - see backend

    file = container.read(model, name)
    shape = file.tensors[file.inputs[0]].shape

    def representative() -> Iterator[list[Samples]]:
        for sample in samples:
            yield [sample.reshape(shape)]

    return _run(lambda: Calibrator(model).calibrate(representative), name)


def _calibrate(tf: Any, converter: Any, samples: Samples) -> None:
    def representative() -> Iterator[list[Samples]]:
        for sample in samples:
            yield [sample[np.newaxis]]

    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]


def _run(action: Callable[[], bytes], name: str) -> bytes:
    from tensorflow.lite.python.convert_phase import ConverterError  # noqa: PLC0415 - see backend

    with held(), quiet():
        try:
            return bytes(action())
        except (ConverterError, RuntimeError, ValueError) as error:
            raise ModelError(
                f"{name}: the converter refuses the network: {str(error).splitlines()[0]}",
                "replace the layer it names",
            ) from error
