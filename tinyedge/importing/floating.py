"""A float .tflite: whether the later stages know its operators, and what it answers."""

from __future__ import annotations

import warnings

import numpy as np
import tflite
from numpy.typing import NDArray

from tinyedge.backend import Backend
from tinyedge.errors import ConfigError, ModelError
from tinyedge.graph import container, parse
from tinyedge.graph.types import DType
from tinyedge.importing.types import Floats

_VANISH = frozenset({tflite.BuiltinOperator.DEQUANTIZE})  # of weights kept as float16
_HINT = (
    "replace these layers in the source (ReLU, ReLU6, hard swish and sigmoid are known; batch "
    "normalization is folded), or quantize it elsewhere and give the .tflite with --runtime tflm"
)


def check(floating: bytes, shape: tuple[int, int, int], name: str) -> int:
    """Whether it takes one sample of the data set and has known operators alone.

    Returns how many TRANSPOSE operators it has. Raises ModelError naming operators and their
    outputs, ConfigError for another shape than ``shape`` (height, width, channels).
    """
    file = container.read(floating, name)
    edges = [[file.tensors[i] for i in indices] for indices in (file.inputs, file.outputs)]
    if [len(some) for some in edges] != [1, 1]:
        counts = f"{len(edges[0])} inputs and {len(edges[1])} outputs"
        raise ModelError(f"{name}: it has {counts}", "export a model with one of each")
    for tensor in (*edges[0], *edges[1]):
        if tensor.dtype is not DType.FLOAT32:
            raise ModelError(
                f'{name}: "{tensor.name}" is {tensor.dtype.value}, not float32',
                "give an int8 .tflite as it is: tinyedge validate model.tflite",
            )
    check_shape(edges[0][0].shape, shape, name)
    unknown = [
        f'{op.name} (writes "{file.tensors[op.outputs[0]].name}")'
        for op in file.operators
        if op.code not in parse.PARSERS and op.code not in _VANISH
    ]
    if unknown:
        raise ModelError(
            f"{name}: {len(unknown)} operators are not supported: {', '.join(unknown[:10])}", _HINT
        )
    return sum(op.code == tflite.BuiltinOperator.TRANSPOSE for op in file.operators)


def plain(_backend: Backend, model: bytes) -> bytes:
    """The same .tflite without metadata.

    litert-torch's "keep_stablehlo_constant" lets the quantizer take weights for activations.
    """
    from tensorflow.lite.tools import flatbuffer_utils  # noqa: PLC0415 - see backend

    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    parsed.metadata = None
    return bytes(flatbuffer_utils.convert_object_to_bytearray(parsed))


def run(backend: Backend, floating: bytes, inputs: Floats) -> Floats:
    """Answers (samples, ...) to inputs (samples, height, width, channels)."""
    lite = backend.tf.lite
    plain = lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the interpreter says that it will move
        interpreter = lite.Interpreter(model_content=floating, experimental_op_resolver_type=plain)
    interpreter.allocate_tensors()
    (source,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
    answers = []
    for sample in inputs:
        interpreter.set_tensor(source["index"], sample.reshape(source["shape"]))
        interpreter.invoke()
        answers.append(interpreter.get_tensor(result["index"])[0].copy())
    return np.array(answers, np.float32)


def check_shape(taken: tuple[int, ...], given: tuple[int, ...], name: str) -> None:
    """Raise ConfigError unless an input of shape ``taken`` holds one sample of shape ``given``."""
    same = taken[1:] == given or (len(taken) != 4 and int(np.prod(taken)) == int(np.prod(given)))
    if not same or taken[:1] != (1,):
        one, other = (" x ".join(map(str, shape)) for shape in (taken, given))
        raise ConfigError(
            f"{name}: it takes {one}, and the data set has {other} (height x width x channels)",
            "bring the data to what it takes: data.size and data.channels",
        )


def decisions(answers: NDArray[np.float32]) -> NDArray[np.int64]:
    """The place of each sample's greatest output."""
    places: NDArray[np.int64] = answers.reshape(len(answers), -1).argmax(axis=1).astype(np.int64)
    return places
