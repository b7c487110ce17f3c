"""The float network's values, tensor by tensor, from a calibrated .tflite."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tinyedge.backend import Backend

Values = dict[str, NDArray[np.float32]]


def run(backend: Backend, model: bytes, samples: NDArray[np.float32]) -> Iterator[Values]:
    """For each sample, the value of every float tensor that is computed, by its name."""
    lite = backend.tf.lite
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the interpreter says that it will move
        interpreter = lite.Interpreter(
            model_content=model,
            experimental_preserve_all_tensors=True,
            # XNNPACK keeps what it computes to itself
            experimental_op_resolver_type=lite.experimental.OpResolverType.BUILTIN_REF,
        )
    interpreter.allocate_tensors()
    (source,) = interpreter.get_input_details()
    computed = {int(index) for op in interpreter._get_ops_details() for index in op["outputs"]}
    wanted = [
        detail
        for detail in interpreter.get_tensor_details()
        if detail["index"] in {*computed, source["index"]} and detail["dtype"] is np.float32
    ]
    for sample in samples:
        interpreter.set_tensor(source["index"], sample.reshape(source["shape"]))
        interpreter.invoke()
        yield {detail["name"]: interpreter.get_tensor(detail["index"]).copy() for detail in wanted}
