"""The .tflite container: FlatBuffers bytes to bounds-checked records.

Python's FlatBuffers runtime reads every scalar through ``struct``, so a wild offset raises
instead of reading foreign memory; what it does not bound is work. A file of a few kilobytes can
claim vectors of four billion elements, or name one long vector from thousands of tables. Each
vector is therefore measured against the file before it is touched, and all vectors together
against a budget of a few times the file's size.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import tflite
from flatbuffers import number_types
from numpy.typing import NDArray

from tinyedge.errors import ModelError
from tinyedge.graph.types import DType, Quant, Tensor

IDENTIFIER = b"TFL3"
SCHEMA_VERSION = 3
MAX_RANK = 6
"""Axes that TensorFlow Lite Micro's kernels know."""
MAX_TENSOR_BYTES = 1 << 26
"""Far above what a microcontroller holds, and small enough for the host to allocate."""
MAX_COMPUTED_BYTES = 1 << 28
"""The same for all computed tensors together."""

_BUILTIN_CODE_SLOT = 10  # of OperatorCode.builtin_code in its vtable
_DAMAGE = (struct.error, ValueError, TypeError, IndexError, OverflowError)
_REDO = "convert the model again, or copy the file again if it was transferred"
_DTYPES = {
    tflite.TensorType.FLOAT32: DType.FLOAT32,
    tflite.TensorType.INT32: DType.INT32,
    tflite.TensorType.UINT8: DType.UINT8,
    tflite.TensorType.INT64: DType.INT64,
    tflite.TensorType.BOOL: DType.BOOL,
    tflite.TensorType.INT16: DType.INT16,
    tflite.TensorType.INT8: DType.INT8,
}
_ZERO_POINT_RANGE = {
    DType.INT8: (-128, 127),
    DType.UINT8: (0, 255),
    DType.INT16: (-32768, 32767),
    DType.INT32: (-(2**31), 2**31 - 1),
}


def _names(enumeration: type) -> dict[int, str]:
    return {value: name for name, value in vars(enumeration).items() if isinstance(value, int)}


OPERATOR_NAMES = _names(tflite.BuiltinOperator)
_DTYPE_NAMES = _names(tflite.TensorType)


@dataclass(frozen=True)
class RawOp:
    """One operator record: tensor indices are within range, -1 stands for an absent input."""

    index: int
    code: int
    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options_type: int
    options: Any


@dataclass(frozen=True)
class Container:
    """A file whose every reference leads to something that exists."""

    tensors: tuple[Tensor, ...]
    variables: frozenset[int]
    operators: tuple[RawOp, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@contextmanager
def damage(where: str) -> Iterator[None]:
    """Turn what the FlatBuffers runtime raises for wild offsets into a ModelError."""
    try:
        yield
    except _DAMAGE as error:
        raise ModelError(f"{where}: the file is damaged ({error})", _REDO) from error


def read(data: bytes, name: str) -> Container:
    """Read ``data``; ``name`` is what errors call the file. ModelError for anything unsound."""
    _check_header(data, name)
    with damage(name):
        return _Reader(data, name).container()


def _operator_code(record: Any) -> int:
    """Return the larger of the two fields that hold a code, as TFLM does.

    The generated class's own BuiltinCode() prefers the older field, which names another operator
    where the two disagree.
    """
    table = record._tab
    code = table.GetSlot(_BUILTIN_CODE_SLOT, 0, number_types.Int32Flags)
    return max(int(code), int(record.DeprecatedBuiltinCode()))


def _check_header(data: bytes, name: str) -> None:
    if len(data) < 16:
        raise ModelError(f"{name}: {len(data)} bytes are too few for a .tflite model", _REDO)
    if data[4:8] != IDENTIFIER:
        found = data[4:8].decode("ascii", "replace")
        raise ModelError(
            f'{name}: not a .tflite model: bytes 4 to 7 are "{found}", not "TFL3"',
            "give a file written by the TensorFlow Lite converter",
        )


class _Reader:
    """One pass over one file; holds the vector budget."""

    def __init__(self, data: bytes, name: str) -> None:
        self._data = data
        self._name = name
        self._budget = 8 * len(data)
        self._model = tflite.Model.GetRootAs(data, 0)

    def container(self) -> Container:
        model = self._model
        if model.Version() != SCHEMA_VERSION:
            self._fail(f"schema version {model.Version()}", "tinyedge reads version 3")
        subgraphs = self._count(model.SubgraphsLength(), 4, "subgraphs")
        if subgraphs != 1:
            self._fail(
                f"{subgraphs} subgraphs", "tinyedge runs models of one; convert without IF, WHILE"
            )
        subgraph = model.Subgraphs(0)
        records = [
            subgraph.Tensors(i) for i in range(self._count(subgraph.TensorsLength(), 4, "tensors"))
        ]
        tensors = tuple(self._tensor(i, record) for i, record in enumerate(records))
        if sum(tensor.bytes for tensor in tensors if not tensor.is_constant) > MAX_COMPUTED_BYTES:
            self._fail(f"its computed tensors need over {MAX_COMPUTED_BYTES} bytes")
        self._charge_unused()
        container = Container(
            tensors=tensors,
            variables=frozenset(i for i, record in enumerate(records) if record.IsVariable()),
            operators=tuple(self._operators(subgraph, len(tensors))),
            inputs=self._edge(subgraph, "Inputs", len(tensors)),
            outputs=self._edge(subgraph, "Outputs", len(tensors)),
        )
        self._check_order(container)
        return container

    def _fail(self, message: str, hint: str = _REDO) -> NoReturn:
        raise ModelError(f"{self._name}: {message}", hint)

    def _charge_unused(self) -> None:
        """Bound the vectors that only the reference interpreter's Python wrapper walks."""
        model = self._model
        self._count(model.BuffersLength(), 4, "buffers")
        self._count(model.MetadataBufferLength(), 4, "metadata buffers")
        for i in range(self._count(model.MetadataLength(), 4, "metadata")):
            self._text(model.Metadata(i).Name(), "metadata")
        for i in range(self._count(model.SignatureDefsLength(), 4, "signatures")):
            signature = model.SignatureDefs(i)
            self._count(signature.InputsLength(), 4, "signature inputs")
            self._count(signature.OutputsLength(), 4, "signature outputs")

    def _count(self, length: int, width: int, what: str) -> int:
        """Charge ``length`` elements of ``width`` bytes to the budget and return ``length``."""
        if length * width > len(self._data):
            self._fail(f"{what}: {length} elements do not fit a file of {len(self._data)} bytes")
        self._budget -= length * width + 4
        if self._budget < 0:
            self._fail(f"{what}: the file's vectors overlap, together they exceed the file")
        return length

    def _vector(self, table: Any, field: str, width: int, what: str) -> NDArray[Any]:
        """Return the scalar vector ``field`` of a generated ``table`` (empty where absent)."""
        if self._count(getattr(table, f"{field}Length")(), width, what) == 0:
            return np.empty(0, np.int64)
        array: NDArray[Any] = getattr(table, f"{field}AsNumpy")()
        return array

    def _text(self, raw: bytes | None, what: str) -> str:
        """Return a name fit for messages: control characters could redraw a terminal."""
        self._count(len(raw or b""), 1, what)
        decoded = (raw or b"").decode("utf-8", "replace")
        return "".join(char if char.isprintable() else "?" for char in decoded)

    def _tensor(self, index: int, record: Any) -> Tensor:
        name = self._text(record.Name(), f"tensor {index}: name")
        where = f'tensor {index} "{name}"'
        if record.Type() not in _DTYPES:
            kind = _DTYPE_NAMES.get(record.Type(), str(record.Type()))
            self._fail(f"{where}: element type {kind} is not supported", _quantize_hint())
        if record.Sparsity() is not None:
            self._fail(f"{where}: stored sparsely", "convert without sparsification")
        dtype = _DTYPES[record.Type()]
        shape = self._shape(record, where)
        if math.prod(shape) * dtype.size > MAX_TENSOR_BYTES:
            self._fail(f"{where}: shape {list(shape)} needs over {MAX_TENSOR_BYTES} bytes")
        quant = self._quant(record.Quantization(), dtype, shape, where)
        data = self._constant(record.Buffer(), dtype, shape, where)
        return Tensor(index, name, shape, dtype, quant, data)

    def _shape(self, record: Any, where: str) -> tuple[int, ...]:
        shape = self._ints(record, "Shape", where)
        if len(shape) > MAX_RANK:
            self._fail(f"{where}: {len(shape)} axes; at most {MAX_RANK} are supported")
        if any(size < 0 for size in shape):
            self._fail(f"{where}: shape {list(shape)} has a negative size", _static_hint())
        signature = self._ints(record, "ShapeSignature", where)
        # Converters mark the batch as dynamic and store it as 1, which every kernel honours.
        fixed = signature[1:] if shape[:1] == (1,) else signature
        if any(size < 0 for size in fixed):
            self._fail(f"{where}: dynamic shape {list(signature)}", _static_hint())
        return shape

    def _ints(self, record: Any, field: str, where: str) -> tuple[int, ...]:
        vector = self._vector(record, field, 4, f"{where}: {field}")
        if len(vector) > 64:
            self._fail(f"{where}: {field} has {len(vector)} elements")
        return tuple(int(size) for size in vector)

    def _quant(self, record: Any, dtype: DType, shape: tuple[int, ...], where: str) -> Quant | None:
        if record is None:
            return None
        self._count(record.MinLength(), 4, f"{where}: minima")
        self._count(record.MaxLength(), 4, f"{where}: maxima")
        if record.DetailsType() != tflite.QuantizationDetails.NONE:
            self._fail(f"{where}: custom quantization", "use affine int8 quantization")
        if record.ScaleLength() == 0 or dtype not in _ZERO_POINT_RANGE:
            return None
        narrow = self._vector(record, "Scale", 4, f"{where}: scales")
        with np.errstate(invalid="ignore"):  # signalling NaNs: _check_quant refuses them
            scales = narrow.astype(np.float64)
        zeros = self._vector(record, "ZeroPoint", 8, f"{where}: zero points")
        axis = int(record.QuantizedDimension())
        self._check_quant(scales, zeros, dtype, where)
        if len(scales) > 1 and not (0 <= axis < len(shape) and shape[axis] == len(scales)):
            self._fail(
                f"{where}: {len(scales)} scales along axis {axis} of shape {list(shape)}",
                "one scale, or one for each element of the quantized axis, is allowed",
            )
        return Quant(tuple(scales.tolist()), tuple(zeros.tolist()), axis)

    def _check_quant(
        self, scales: NDArray[Any], zeros: NDArray[Any], dtype: DType, where: str
    ) -> None:
        if len(zeros) != len(scales):
            self._fail(f"{where}: {len(scales)} scales but {len(zeros)} zero points")
        wrong = scales[~(np.isfinite(scales) & (scales > 0))]
        if wrong.size:
            self._fail(f"{where}: scale {wrong[0]}", "scales are finite and above 0")
        low, high = _ZERO_POINT_RANGE[dtype]
        wrong = zeros[(zeros < low) | (zeros > high)]
        if wrong.size:
            self._fail(f"{where}: zero point {wrong[0]}", f"{dtype.value} allows {low} to {high}")

    def _constant(
        self, buffer: int, dtype: DType, shape: tuple[int, ...], where: str
    ) -> NDArray[np.generic] | None:
        if buffer >= self._model.BuffersLength():
            self._fail(f"{where}: buffer {buffer} of {self._model.BuffersLength()}")
        record = self._model.Buffers(buffer)
        if record.Offset() or record.Size():
            self._fail(
                f"{where}: its data lies outside the FlatBuffer",
                "convert to a file below 2 GB without external buffers",
            )
        length = record.DataLength()
        if length > len(self._data):
            self._fail(f"{where}: {length} bytes of data in a file of {len(self._data)}")
        expected = math.prod(shape) * dtype.size
        if length == 0 and expected:
            return None
        if length != expected:
            self._fail(
                f"{where}: {length} bytes of data, but {list(shape)} {dtype.value} needs {expected}"
            )
        raw = record.DataAsNumpy() if length else np.empty(0, np.uint8)
        array = raw.view(np.dtype(dtype.value).newbyteorder("<")).reshape(shape)
        array.flags.writeable = False
        return array

    def _operators(self, subgraph: Any, tensors: int) -> Iterator[RawOp]:
        codes = self._count(self._model.OperatorCodesLength(), 4, "operator codes")
        for index in range(self._count(subgraph.OperatorsLength(), 4, "operators")):
            record = subgraph.Operators(index)
            opcode = record.OpcodeIndex()
            if opcode >= codes:
                self._fail(f"operator {index}: operator code {opcode} of {codes}")
            yield self._operator(index, record, self._model.OperatorCodes(opcode), tensors)

    def _operator(self, index: int, record: Any, opcode: Any, tensors: int) -> RawOp:
        code = _operator_code(opcode)
        name = OPERATOR_NAMES.get(code, f"operator code {code}")
        if code == tflite.BuiltinOperator.CUSTOM:
            name = self._text(opcode.CustomCode(), f"operator {index}: name") or "CUSTOM"
        where = f"operator {index} {name}"
        self._count(record.CustomOptionsLength(), 1, f"{where}: options")
        self._count(record.IntermediatesLength(), 4, f"{where}: intermediates")
        self._count(record.MutatingVariableInputsLength(), 1, f"{where}: variables")
        return RawOp(
            index=index,
            code=code,
            name=name,
            inputs=self._indices(record, "Inputs", tensors, where, lowest=-1),
            outputs=self._indices(record, "Outputs", tensors, where, lowest=0),
            options_type=record.BuiltinOptionsType(),
            options=record.BuiltinOptions(),
        )

    def _indices(
        self, record: Any, field: str, tensors: int, where: str, lowest: int
    ) -> tuple[int, ...]:
        vector = self._vector(record, field, 4, f"{where}: {field.lower()}")
        wrong = vector[(vector < lowest) | (vector >= tensors)]
        if wrong.size:
            self._fail(f"{where}: {field.lower()} name tensor {wrong[0]} of {tensors}")
        return tuple(int(i) for i in vector)

    def _edge(self, subgraph: Any, field: str, tensors: int) -> tuple[int, ...]:
        indices = self._indices(subgraph, field, tensors, "model", lowest=0)
        if not indices:
            self._fail(f"the model has no {field.lower()}")
        return indices

    def _check_order(self, container: Container) -> None:
        """Every tensor is written once, before it is read, and constants never."""
        tensors = container.tensors
        known = {t.index for t in tensors if t.is_constant} | container.variables
        for index in container.inputs:
            if index in known:
                self._fail(f'model input {index} "{tensors[index].name}" is given twice')
            known.add(index)
        for op in container.operators:
            self._check_reads(op.inputs, known, tensors, f"operator {op.index} {op.name}")
            for index in op.outputs:
                if index in known:
                    self._fail(
                        f"operator {op.index} {op.name} writes tensor {index} "
                        f'"{tensors[index].name}", which already has a value'
                    )
                known.add(index)
        self._check_reads(container.outputs, known, tensors, "the model's output")

    def _check_reads(
        self, indices: tuple[int, ...], known: set[int], tensors: tuple[Tensor, ...], where: str
    ) -> None:
        for index in indices:
            if index >= 0 and index not in known:
                self._fail(
                    f'{where} reads tensor {index} "{tensors[index].name}", which nothing has '
                    "written before"
                )


def _quantize_hint() -> str:
    return "quantize the model fully to int8 (tinyedge quantize)"


def _static_hint() -> str:
    return "fix the input shape when converting, e.g. Input(shape, batch_size=1)"
