"""Reading: what a graph holds, and how each kind of unsound file is refused."""

import struct
import time
from collections.abc import Callable

import flatbuffers
import numpy as np
import pytest

from tests.support.tflite_writer import Handle, ModelWriter
from tests.support.tools import shared_models
from tests.support.writer_parts import schema
from tinyedge.errors import ModelError
from tinyedge.graph.ops import Conv2D, DepthwiseConv2D, FullyConnected, Pad
from tinyedge.graph.ops.opaque import Opaque
from tinyedge.graph.read_tflite import read
from tinyedge.graph.types import Activation, DType, Padding


def _chain() -> tuple[ModelWriter, Handle]:
    """Input 0 -> RELU6 -> tensor 1 -> RELU6 -> tensor 2."""
    model = ModelWriter()
    x = model.input((1, 4), 0.1, 3)
    return model, model.relu6(model.relu6(x))


def _refusal(data: bytes) -> ModelError:
    with pytest.raises(ModelError) as caught:
        read(data, "m.tflite")
    assert caught.value.message.startswith("m.tflite: ")
    assert caught.value.hint
    return caught.value


def test_parameters_arrive() -> None:
    model = ModelWriter()
    x = model.input((1, 9, 8, 2), 0.1, -5)
    weights = np.arange(36, dtype=np.int8).reshape(2, 3, 3, 2)
    y = model.conv2d(
        x,
        weights,
        [0.5, 0.25],
        np.array([7, -8], np.int32),
        stride=(2, 1),
        dilation=(1, 2),
        padding="SAME",
        activation="RELU6",
        scale=0.2,
        zero_point=4,
    )
    graph = read(model.finish(y), "m")
    (op,) = graph.ops
    assert isinstance(op, Conv2D)
    assert (op.stride, op.dilation) == ((2, 1), (1, 2))
    assert (op.padding, op.activation) == (Padding.SAME, Activation.RELU6)
    assert op.filter.data is not None
    np.testing.assert_array_equal(op.filter.data, weights)
    assert op.filter.q.scales == (0.5, 0.25)
    assert not op.filter.data.flags.writeable
    assert op.bias is not None
    assert op.bias.data is not None
    assert op.bias.data.tolist() == [7, -8]
    assert (op.outputs[0].q.zero_point, op.outputs[0].dtype) == (4, DType.INT8)
    assert graph.macs == op.macs == 36 * 5 * 8
    assert len(graph.sha256) == 64


def test_pad_takes_its_value_from_the_output_or_the_constant() -> None:
    model = ModelWriter()
    x = model.input((1, 2), 0.1, -5)
    y = model.pad(model.pad(x, [(0, 0), (1, 2)]), [(0, 0), (0, 1)], 9)
    first, second = read(model.finish(y), "m").ops
    assert isinstance(first, Pad)
    assert isinstance(second, Pad)
    assert (first.value, first.before, first.after) == (-5, (0, 1), (0, 2))
    assert second.value == 9


def test_real_models_are_read() -> None:
    graph = read((shared_models() / "kws.tflite").read_bytes(), "kws")
    kinds = [type(op) for op in graph.ops]
    assert kinds.count(DepthwiseConv2D) == 4
    assert kinds.count(FullyConnected) == 1
    assert graph.macs == 2_656_768


def test_an_unknown_operator_is_named_or_kept() -> None:
    model = ModelWriter()
    x = model.relu6(model.input((1, 4), 0.1))
    y = model.tensor((1, 4), 0.1, name="floored")
    model.op("FLOOR", [x], [y])
    data = model.finish(y)
    error = _refusal(data)
    assert error.message == (
        'm.tflite: operator 1 FLOOR, which writes tensor 2 "floored", is not supported'
    )
    assert "--runtime tflm" in error.hint
    op = read(data, "m.tflite", allow_unsupported=True).ops[1]
    assert isinstance(op, Opaque)
    assert (op.kind, op.inputs[0].index) == ("FLOOR", x.index)


@pytest.mark.parametrize("data", [b"", b"TFL3", bytes(15), bytes(4000)])
def test_what_is_no_model(data: bytes) -> None:
    assert "too few" in _refusal(data).message or "not a .tflite" in _refusal(data).message


def test_wild_root_offset() -> None:
    model, y = _chain()
    data = bytearray(model.finish(y))
    struct.pack_into("<I", data, 0, 0xFFFFFF00)
    assert "damaged" in _refusal(bytes(data)).message


def _vector_length(data: bytes, values: tuple[int, ...], length: int) -> bytes:
    """Overwrite the length of the one int32 vector that holds ``values``."""
    needle = struct.pack(f"<{len(values) + 1}i", len(values), *values)
    assert data.count(needle) == 1
    return data.replace(needle, struct.pack("<I", length) + needle[4:])


def test_huge_vector_is_refused_before_it_is_read() -> None:
    model = ModelWriter()
    y = model.relu6(model.input((1, 77, 55), 0.1))
    model.graph.tensors[1].shape = [1, 77, 56]
    for length in (1 << 20, 0xFFFFFFFF):
        error = _refusal(_vector_length(model.finish(y), (1, 77, 55), length))
        assert f"{length} elements do not fit" in error.message


def test_overlapping_vectors_cannot_multiply_work() -> None:
    """4,000 operators that name one vector of 20,000 inputs: 160 KB of file, 80 million reads."""
    builder = flatbuffers.Builder(1 << 18)
    shared = builder.CreateNumpyVector(np.zeros(20_000, np.int32))
    operators = []
    for _ in range(4000):
        schema.OperatorStart(builder)
        schema.OperatorAddInputs(builder, shared)
        operators.append(schema.OperatorEnd(builder))
    schema.TensorStart(builder)
    tensors = [schema.TensorEnd(builder)]
    schema.OperatorCodeStart(builder)
    codes = [schema.OperatorCodeEnd(builder)]
    schema.BufferStart(builder)
    buffers = [schema.BufferEnd(builder)]
    vectors = [_offsets(builder, v) for v in (tensors, operators, codes, buffers)]
    schema.SubGraphStart(builder)
    schema.SubGraphAddTensors(builder, vectors[0])
    schema.SubGraphAddOperators(builder, vectors[1])
    subgraphs = _offsets(builder, [schema.SubGraphEnd(builder)])
    schema.ModelStart(builder)
    schema.ModelAddVersion(builder, 3)
    schema.ModelAddSubgraphs(builder, subgraphs)
    schema.ModelAddOperatorCodes(builder, vectors[2])
    schema.ModelAddBuffers(builder, vectors[3])
    builder.Finish(schema.ModelEnd(builder), file_identifier=b"TFL3")
    start = time.thread_time()
    assert "vectors overlap" in _refusal(bytes(builder.Output())).message
    assert time.thread_time() - start < 2


def _offsets(builder: flatbuffers.Builder, tables: list[int]) -> int:
    builder.StartVector(4, len(tables), 4)
    for table in reversed(tables):
        builder.PrependUOffsetTRelative(table)
    return int(builder.EndVector())


def _tensor(**fields: object) -> Callable[[ModelWriter], None]:
    def change(model: ModelWriter) -> None:
        for name, value in fields.items():
            setattr(model.graph.tensors[1], name, value)

    return change


def _quantization(**fields: object) -> Callable[[ModelWriter], None]:
    def change(model: ModelWriter) -> None:
        for name, value in fields.items():
            setattr(model.graph.tensors[1].quantization, name, value)

    return change


def _operator(index: int, **fields: object) -> Callable[[ModelWriter], None]:
    def change(model: ModelWriter) -> None:
        for name, value in fields.items():
            setattr(model.graph.operators[index], name, value)

    return change


def _buffer(**fields: object) -> Callable[[ModelWriter], None]:
    def change(model: ModelWriter) -> None:
        model.model.buffers.append(schema.BufferT(**fields))
        model.graph.tensors[1].buffer = len(model.model.buffers) - 1

    return change


def _second_subgraph(model: ModelWriter) -> None:
    model.model.subgraphs.append(model.graph)


def _constant_output(model: ModelWriter) -> None:
    _buffer(data=np.zeros(4, np.uint8))(model)


def _swap(model: ModelWriter) -> None:
    model.graph.operators.reverse()


def _cycle(model: ModelWriter) -> None:
    model.graph.operators[0].inputs = [2]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_tensor(shape=[1, -4]), 'tensor 1 "tensor_1": shape [1, -4] has a negative size'),
        (_tensor(shapeSignature=[1, -1]), "dynamic shape [1, -1]"),
        (_tensor(shape=[2, 2], shapeSignature=[-1, 2]), "dynamic shape [-1, 2]"),
        (_tensor(shape=[1 << 15] * 5), "needs over"),
        (_tensor(shape=[2**31 - 1] * 6), "needs over"),
        (_tensor(shape=[1] * 7), "7 axes"),
        (_tensor(type=5), "element type STRING is not supported"),
        (_tensor(type=99), "element type 99"),
        (_tensor(buffer=9), "buffer 9 of 1"),
        (_tensor(sparsity=schema.SparsityParametersT()), "stored sparsely"),
        (_tensor(isVariable=True), "operator 0 RELU6 writes tensor 1"),
        (_quantization(scale=[0.0]), "scale 0.0"),
        (_quantization(scale=[-0.5]), "scale -0.5"),
        (_quantization(scale=[float("nan")]), "scale nan"),
        (_quantization(scale=[float("inf")]), "scale inf"),
        (_quantization(zeroPoint=[128]), "zero point 128"),
        (_quantization(zeroPoint=[2**40]), "zero point 1099511627776"),
        (_quantization(zeroPoint=[]), "1 scales but 0 zero points"),
        (_quantization(scale=[1.0] * 3, zeroPoint=[0] * 3), "3 scales along axis 0"),
        (
            _quantization(scale=[1.0] * 4, zeroPoint=[0] * 4, quantizedDimension=7),
            "4 scales along axis 7",
        ),
        (_buffer(data=np.zeros(5, np.uint8)), "5 bytes of data, but [1, 4] int8 needs 4"),
        (_buffer(offset=4096, size=4), "outside the FlatBuffer"),
        (_constant_output, "operator 0 RELU6 writes tensor 1"),
        (_operator(0, inputs=[40]), "operator 0 RELU6: inputs name tensor 40 of 3"),
        (_operator(0, inputs=[-2]), "inputs name tensor -2"),
        (_operator(0, outputs=[-1]), "outputs name tensor -1"),
        (_operator(0, inputs=[-1]), "input 0 is absent"),
        (_operator(0, inputs=[]), "operator 0 RELU6: 0 inputs"),
        (_operator(0, opcodeIndex=3), "operator 0: operator code 3 of 1"),
        (_operator(1, outputs=[1]), "which already has a value"),
        (_swap, "operator 0 RELU6 reads tensor 1"),
        (_cycle, "operator 0 RELU6 reads tensor 2"),
        (_second_subgraph, "2 subgraphs"),
    ],
)
def test_unsound_model(change: Callable[[ModelWriter], None], expected: str) -> None:
    model, y = _chain()
    change(model)
    assert expected in _refusal(model.finish(y)).message


@pytest.mark.filterwarnings("error")
def test_a_signalling_nan_is_refused_without_a_warning() -> None:
    model, y = _chain()
    _quantization(scale=[1.2345])(model)
    data = model.finish(y)
    was = np.float32(1.2345).tobytes()
    assert was in data
    damaged = data.replace(was, (0x7F800001).to_bytes(4, "little"))
    assert "scale nan" in _refusal(damaged).message


def test_variables_are_left_to_the_interpreter() -> None:
    model, y = _chain()
    model.tensor((1, 4), 0.1, name="state")
    model.graph.tensors[3].isVariable = True
    data = model.finish(y)
    assert 'tensor 3 "state" is a variable' in _refusal(data).message
    assert read(data, "m.tflite", allow_unsupported=True).ops


def test_batch_of_one_may_be_marked_dynamic() -> None:
    model, y = _chain()
    for tensor in model.graph.tensors:
        tensor.shapeSignature = [-1, 4]
    assert read(model.finish(y), "m").inputs[0].shape == (1, 4)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("strideH", 0, "stride 0x1"),
        ("strideW", -3, "stride 1x-3"),
        ("dilationWFactor", 0, "dilation 1x0"),
        ("padding", 7, "padding scheme 7"),
        ("fusedActivationFunction", 4, "fused activation 4"),
    ],
)
def test_unsound_parameters(field: str, value: int, expected: str) -> None:
    model = ModelWriter()
    x = model.input((1, 4, 4, 1), 0.1)
    y = model.conv2d(x, np.ones((1, 3, 3, 1), np.int8), 0.1, None, scale=0.1, zero_point=0)
    setattr(model.graph.operators[0].builtinOptions, field, value)
    assert f"operator 0 CONV_2D: {expected}" in _refusal(model.finish(y)).message


def test_options_of_another_operator() -> None:
    model = ModelWriter()
    y = model.softmax(model.input((1, 4), 0.1))
    model.graph.operators[0].builtinOptionsType = schema.BuiltinOptions.AddOptions
    model.graph.operators[0].builtinOptions = schema.AddOptionsT()
    assert "SoftmaxOptions is missing" in _refusal(model.finish(y)).message


def test_the_larger_operator_code_counts() -> None:
    model = ModelWriter()
    y = model.logistic(model.input((1, 4), 0.1))
    for code, deprecated in ((21, 14), (14, 21)):
        model.model.operatorCodes[0].builtinCode = code
        model.model.operatorCodes[0].deprecatedBuiltinCode = deprecated
        assert read(model.finish(y), "m").ops[0].kind == "RELU6"


def test_names_cannot_reach_the_terminal() -> None:
    model, y = _chain()
    model.graph.tensors[1].name = "red\x1b[31m\nname"
    model.graph.tensors[1].shape = [-1]
    assert '"red?[31m?name"' in _refusal(model.finish(y)).message
