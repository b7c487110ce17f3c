"""SavedModel, Keras 2 and Keras 3 -> float .tflite, by TensorFlow's own converter."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np

from tinyedge.backend import Backend, quiet
from tinyedge.errors import ModelError
from tinyedge.importing.floating import check_shape
from tinyedge.importing.source import Source
from tinyedge.importing.types import Converted, Floats

_SIGNATURE = "serving_default"
_LACKING = re.compile(r"'?(tf\.[\w.]+)'? op is neither a custom op nor a flex op")
_PLACE = re.compile(r'loc\(.*?"([^"@:]+)[@"]')
_ONE = "export a model with one input and one output, both float32"


@dataclass(frozen=True)
class _Network:
    """Something callable with one float32 tensor. ``shape`` has None where the size is free."""

    call: Callable[[Any], Any]
    shape: tuple[int | None, ...]
    owner: Any
    framework: str


def convert(backend: Backend, source: Source, inputs: Floats) -> Converted:
    """Load and convert it, and ask it about ``inputs`` (samples, height, width, channels).

    Raises ModelError if it cannot be loaded or converted, ConfigError if it takes another size.
    """
    network = _load(backend, source)
    shape = _fixed(network.shape, inputs.shape[1:], source)
    check_shape((1, *shape), inputs.shape[1:], str(source.path))
    tf = backend.tf
    one = tf.TensorSpec((1, *shape), tf.float32, name="input")
    with quiet():
        try:
            function = tf.function(network.call, input_signature=[one]).get_concrete_function()
        except (ValueError, TypeError) as error:
            raise ModelError(
                f"{source.path}: it cannot be run for one sample of {_text(shape)}: "
                f"{str(error).splitlines()[0]}",
                _ONE,
            ) from error
    if len(function.outputs) != 1:
        raise ModelError(f"{source.path}: it has several outputs", _ONE)
    floating = _convert(tf, function, network.owner, source)
    answers = np.concatenate(
        [
            tf.nest.flatten(function(tf.constant(sample.reshape(1, *shape))))[0].numpy()
            for sample in inputs
        ]
    )
    return Converted(
        floating=floating,
        answers=answers.astype(np.float32),
        input_shape=shape,
        converter=f"tensorflow {metadata.version('tensorflow')}",
        framework=network.framework,
        keras=network.owner if source.kind == "tf-keras" else None,
    )


def _load(backend: Backend, source: Source) -> _Network:
    if source.kind == "saved-model":
        return _saved_model(backend, source)
    if source.kind == "tf-keras":
        return _keras(backend.keras, source, _package("tf-keras"))
    return _keras(_keras3(source), source, _package("keras"))


def _saved_model(backend: Backend, source: Source) -> _Network:
    loaded = _loaded(lambda: backend.tf.saved_model.load(str(source.path)), source)
    signatures = dict(getattr(loaded, "signatures", {}))
    if _SIGNATURE in signatures or len(signatures) == 1:
        function = signatures.get(_SIGNATURE) or next(iter(signatures.values()))
    else:
        found = ", ".join(signatures) or "none"
        raise ModelError(f"{source.path}: no signature {_SIGNATURE} (signatures: {found})", _ONE)
    specs = function.structured_input_signature[1]
    if len(specs) != 1 or len(function.structured_outputs) != 1:
        counts = f"{len(specs)} inputs and {len(function.structured_outputs)} outputs"
        raise ModelError(f"{source.path}: its signature has {counts}", _ONE)
    ((name, spec),) = specs.items()
    if spec.dtype != backend.tf.float32 or spec.shape.rank is None:
        raise ModelError(f'{source.path}: input "{name}" is {spec}', _ONE)

    def call(sample: Any) -> Any:
        return next(iter(function(**{name: sample}).values()))

    return _Network(call, tuple(spec.shape), loaded, _package("tensorflow"))


def _keras3(source: Source) -> Any:
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras  # noqa: PLC0415 - slow, and TensorFlow's

    if keras.backend.backend() != "tensorflow":
        raise ModelError(
            f"{source.path}: Keras 3 was loaded with the backend {keras.backend.backend()}",
            "set KERAS_BACKEND=tensorflow",
        )
    return keras


def _keras(keras: Any, source: Source, framework: str) -> _Network:
    model = _loaded(
        lambda: keras.models.load_model(str(source.path), compile=False, safe_mode=True), source
    )
    inputs, outputs = getattr(model, "inputs", None) or [], getattr(model, "outputs", None) or []
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelError(
            f"{source.path}: it has {len(inputs)} inputs and {len(outputs)} outputs", _ONE
        )

    def call(sample: Any) -> Any:
        return model(sample, training=False)

    return _Network(call, tuple(inputs[0].shape), model, framework)


def _loaded(load: Callable[[], Any], source: Source) -> Any:
    try:
        with quiet():
            return load()
    except Exception as error:  # Keras and h5py raise whatever they meet in a damaged file
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(
            f"{source.path}: no {source.title} model that can be loaded: {reason}",
            "save it again; classes of your own must be saved as a SavedModel",
        ) from error


def _fixed(
    shape: tuple[int | None, ...], wanted: tuple[int, ...], source: Source
) -> tuple[int, ...]:
    """The shape of one sample, free sizes taken from the data set."""
    if not shape or shape[0] not in (None, 1):
        raise ModelError(
            f"{source.path}: its batch is {shape[0] if shape else 'missing'}, and one is needed",
            "export it for any number of samples, or for one",
        )
    free = wanted if len(shape) == len(wanted) + 1 else (None,) * (len(shape) - 1)
    fixed = [own if own is not None else given for own, given in zip(shape[1:], free, strict=True)]
    if None in fixed:
        raise ModelError(
            f"{source.path}: the size of its input is open: {list(shape)}",
            "export it with a fixed one",
        )
    return tuple(size for size in fixed if size is not None)


def _convert(tf: Any, function: Any, owner: Any, source: Source) -> bytes:
    from tensorflow.lite.python.convert_phase import ConverterError  # noqa: PLC0415 - see backend
    from tensorflow.python.framework import convert_to_constants  # noqa: PLC0415

    with quiet():
        try:
            # Keras 3 hides its variables from the converter
            frozen = convert_to_constants.convert_variables_to_constants_v2(function)
            converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen], owner)
            return bytes(converter.convert())
        except (ConverterError, RuntimeError, ValueError) as error:
            raise ModelError(
                f"{source.path}: the converter refuses the network: {_refusal(str(error))}",
                "replace the layers it names in the source",
            ) from error


def _refusal(message: str) -> str:
    """Operators and the nodes they come from, or the first line."""
    found = dict.fromkeys(_LACKING.findall(message))
    if not found:
        return message.splitlines()[0]
    places = list(dict.fromkeys(_PLACE.findall(message)))[:5]
    return f"it has no {', '.join(found)}" + (f" (at {', '.join(places)})" if places else "")


def _package(name: str) -> str:
    return f"{name} {metadata.version(name)}"


def _text(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
