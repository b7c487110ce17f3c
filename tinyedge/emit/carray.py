"""Bytes, names and tensors as C source: exact, and the same on every run."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from tinyedge.errors import ModelError
from tinyedge.graph.types import DType, Tensor

_PER_ROW = 16
_MAX_RANK = 6  # TE_MAX_RANK
_TYPES = {
    DType.INT8: "TE_INT8",
    DType.UINT8: "TE_UINT8",
    DType.INT16: "TE_INT16",
    DType.INT32: "TE_INT32",
    DType.FLOAT32: "TE_FLOAT32",
}


def identifier(name: str) -> str:
    """Return ``name`` as a part of a C identifier: ``"fashion-cnn.v2"`` -> ``"fashion_cnn_v2"``."""
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") or "model"


def rows(data: bytes) -> tuple[str, ...]:
    """Return the bytes as lines of a C array, 16 to a line, each byte with its comma."""
    lines = (data[at : at + _PER_ROW] for at in range(0, len(data), _PER_ROW))
    return tuple(" ".join(f"0x{byte:02x}," for byte in line) for line in lines)


def tensor_info(tensor: Tensor) -> str:
    """Return a ``te_tensor_info`` initializer. The scale is written in hexadecimal, exactly.

    Raises ModelError for an element type or a rank that the link does not carry.
    """
    if tensor.dtype not in _TYPES or not 1 <= len(tensor.shape) <= _MAX_RANK:
        raise ModelError(
            f'tensor "{tensor.name}" of {tensor.dtype.value} and rank {len(tensor.shape)} '
            "cannot be an input or output",
            "use int8, uint8, int16, int32 or float32, and 1 to 6 dimensions",
        )
    dims = ", ".join(str(size) for size in tensor.shape + (0,) * (_MAX_RANK - len(tensor.shape)))
    scale = float(tensor.quant.scale).hex() + "f" if tensor.quant else "0"
    zero_point = tensor.quant.zero_point if tensor.quant else 0
    kind = _TYPES[tensor.dtype]
    return f"{{{tensor.bytes}, {kind}, {len(tensor.shape)}, {{{dims}}}, {scale}, {zero_point}}}"


def string(text: str) -> str:
    """Return a C string literal of ``text`` in UTF-8; what is not plain is an octal escape."""
    plain = set(b" !#%&'()*+,-./:;<=>@[]^_`{|}~$") | set(range(48, 58)) | set(range(65, 91))
    plain |= set(range(97, 123))
    body = "".join(chr(b) if b in plain else f"\\{b:03o}" for b in text.encode())
    return f'"{body}"'


def comment(text: str) -> str:
    """Return ``text`` with what could end or break a C comment replaced by underscores."""
    return re.sub(r"[^A-Za-z0-9 ._:;,()\[\]+=-]", "_", text)


def integers(values: NDArray[np.generic]) -> tuple[str, ...]:
    """Return an integer array as lines of a C initializer, each number with its comma."""
    flat = [_integer(int(value)) for value in values.reshape(-1).tolist()]
    lines = (flat[at : at + _PER_ROW] for at in range(0, len(flat), _PER_ROW))
    return tuple(" ".join(f"{number}," for number in line) for line in lines)


def _integer(value: int) -> str:
    """C has no negative literals: the least int32 is written as a difference."""
    return "-2147483647 - 1" if value == -(1 << 31) else str(value)


def word(value: int) -> str:
    """Return an unsigned 32-bit number as a C literal in hexadecimal."""
    return f"{value:#010x}u"


def number(value: float) -> str:
    """Return an int or a float32 as a C expression, exactly."""
    return _integer(value) if isinstance(value, int) else f"{value.hex()}f"
