"""A trained head back into its .tflite file: the same file, with other numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import tflite
from flatbuffers import number_types
from numpy.typing import NDArray

from tinyedge.errors import ModelError
from tinyedge.graph.types import Tensor
from tinyedge.learn.head import Head, Layer

_BUFFER_DATA_SLOT = 4  # of Buffer.data in its vtable
_SCALE_SLOT = 8  # of QuantizationParameters.scale


def patched(data: bytes, head: Head) -> bytes:
    """Return the .tflite ``data`` with the weights of ``head``, which was found in it.

    Raises ModelError if another tensor shares the bytes of one that changes.
    """
    changed = bytearray(data)
    model = tflite.Model.GetRootAs(data, 0)
    for layer in head.layers:
        _patch(changed, model, layer)
    return bytes(changed)


def _patch(changed: bytearray, model: Any, layer: Layer) -> None:
    assert layer.op.bias is not None
    now, filters, bias = layer.quantized, layer.op.filter, layer.op.bias
    scales = now.scales[: len(filters.q.scales)]
    _store(changed, *_data(model, filters), now.weights)
    _store(changed, *_data(model, bias), now.bias)
    _store(changed, *_scales(model, filters), scales)
    _store(changed, *_scales(model, bias), layer.input_scale * scales)


def _data(model: Any, tensor: Tensor) -> tuple[int, int]:
    """Where the data of ``tensor`` lies, and its bytes."""
    graph = model.Subgraphs(0)
    buffer = graph.Tensors(tensor.index).Buffer()
    users = [i for i in range(graph.TensorsLength()) if graph.Tensors(i).Buffer() == buffer]
    if users != [tensor.index]:
        raise ModelError(
            f'tensors {users} share the data of "{tensor.name}", which would change for all',
            "convert the model without shared buffers",
        )
    record = model.Buffers(buffer)
    return _vector(record, _BUFFER_DATA_SLOT), record.DataLength()


def _scales(model: Any, tensor: Tensor) -> tuple[int, int]:
    record = model.Subgraphs(0).Tensors(tensor.index).Quantization()
    return _vector(record, _SCALE_SLOT), 4 * record.ScaleLength()


def _vector(record: Any, slot: int) -> int:
    table = record._tab
    return int(table.Vector(number_types.UOffsetTFlags.py_type(table.Offset(slot))))


def _store(changed: bytearray, at: int, size: int, values: NDArray[Any]) -> None:
    raw = np.ascontiguousarray(values).tobytes()
    if len(raw) != size:
        raise ModelError(f"{len(raw)} bytes for a place of {size}", "convert the model again")
    changed[at : at + size] = raw
