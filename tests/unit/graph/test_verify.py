"""What the verifier refuses, and how it says so."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.support.tflite_writer import Handle, ModelWriter
from tinyedge.errors import ModelError
from tinyedge.graph.read_tflite import read
from tinyedge.graph.verify import check, refuse_float


def _message(model: ModelWriter, *outputs: Handle) -> str:
    with pytest.raises(ModelError) as caught:
        check(read(model.finish(*outputs), "m.tflite"))
    assert caught.value.hint
    return caught.value.message


def _shape(model: ModelWriter, handle: Handle, shape: list[int]) -> None:
    model.graph.tensors[handle.index].shape = shape


def _conv(model: ModelWriter, x: Handle, **overrides: object) -> Handle:
    arguments = {"weight_scales": 0.1, "bias": np.zeros(2, np.int32), "scale": 0.1, "zero_point": 0}
    return model.conv2d(x, np.ones((2, 3, 3, 3), np.int8), **(arguments | overrides))  # type: ignore[arg-type]


def test_output_shape_must_follow_from_the_parameters() -> None:
    model = ModelWriter()
    x = model.input((1, 8, 8, 3), 0.1)
    y = _conv(model, x)
    _shape(model, y, [1, 7, 6, 2])
    assert _message(model, y) == (
        'm.tflite: operator 0 CONV_2D: tensor 1 "tensor_1" has shape [1, 7, 6, 2]; '
        "the operator's parameters make it [1, 6, 6, 2]"
    )


def test_a_window_must_fit() -> None:
    model = ModelWriter()
    x = model.input((1, 2, 2, 3), 0.1)
    y = _conv(model, x)
    _shape(model, y, [1, 1, 1, 2])
    assert "larger than the input" in _message(model, y)


def test_bias_scale_must_be_the_product() -> None:
    model = ModelWriter()
    y = _conv(model, model.input((1, 8, 8, 3), 0.1))
    model.graph.tensors[3].quantization.scale = [0.02]
    assert "the bias's scale 0.0199999996 of channel 0" in _message(model, y)


def test_weights_must_be_constant_int8() -> None:
    model = ModelWriter()
    y = _conv(model, model.input((1, 8, 8, 3), 0.1))
    model.graph.tensors[2].buffer = 0
    model.graph.inputs.append(2)
    assert "is not constant" in _message(model, y)


def test_scales_must_lie_along_the_output_channels() -> None:
    model = ModelWriter()
    x = model.input((1, 8, 8, 3), 0.1)
    y = _conv(model, x, weight_scales=[0.1, 0.2])
    model.graph.tensors[2].quantization.quantizedDimension = 1
    model.graph.tensors[2].shape = [3, 2, 3, 3]
    model.graph.tensors[2].shape = [2, 2, 3, 4]
    model.model.buffers[1].data = np.zeros(48, np.uint8)
    assert "the filter reads 4 channels of 3" in _message(model, y)
    model = ModelWriter()
    x = model.input((1, 8, 8, 2), 0.1)
    weights = np.ones((2, 1, 1, 2), np.int8)
    y = model.conv2d(x, weights, [0.1, 0.2], None, scale=0.1, zero_point=0)
    model.graph.tensors[2].quantization.quantizedDimension = 3
    assert "2 scales along axis 3" in _message(model, y)


def test_an_activation_must_be_quantized() -> None:
    model = ModelWriter()
    x = model.input((1, 4), 0.1)
    y = model.softmax(x)
    model.graph.tensors[x.index].quantization = None
    assert 'tensor 0 "tensor_0" has no quantization' in _message(model, y)


@pytest.mark.parametrize("kind", ["softmax", "logistic"])
def test_probabilities_have_one_quantization(kind: str) -> None:
    model = ModelWriter()
    y = getattr(model, kind)(model.input((1, 4), 0.1))
    model.graph.tensors[y.index].quantization.zeroPoint = [0]
    assert "the kernel writes scale 0.00390625, zero point -128" in _message(model, y)


def test_a_hyperbolic_tangent_has_one_quantization() -> None:
    model = ModelWriter()
    y = model.tanh(model.input((1, 4), 0.1))
    model.graph.tensors[y.index].quantization.zeroPoint = [-128]
    assert "the kernel writes scale 0.0078125, zero point 0" in _message(model, y)


def test_hard_swish_whose_output_is_too_fine_or_too_coarse() -> None:
    for scale in (0.1 / 130, 60.0):
        model = ModelWriter()
        y = model.hard_swish(model.input((1, 4), 0.1), scale=scale, zero_point=0)
        assert "is not 1/128 to 256 times the input's" in _message(model, y)


def test_softmax_over_too_many_classes_would_end_the_reference() -> None:
    model = ModelWriter()
    assert "at most 511" in _message(model, model.softmax(model.input((1, 512), 0.1)))


def test_add_whose_factor_would_end_the_reference() -> None:
    model = ModelWriter()
    a, b = (model.input((1, 4), 1024.0) for _ in range(2))
    assert "2**19" in _message(model, model.add(a, b, scale=0.001, zero_point=0))


def test_sub_whose_factor_would_end_the_reference() -> None:
    model = ModelWriter()
    a, b = (model.input((1, 4), 1024.0) for _ in range(2))
    assert "2**19" in _message(model, model.sub(a, b, scale=0.001, zero_point=0))


@pytest.mark.parametrize("kind", ["minimum", "maximum"])
def test_extrema_rescale_nothing(kind: str) -> None:
    model = ModelWriter()
    y = getattr(model, kind)(model.input((1, 4), 0.1), model.input((1, 4), 0.2))
    assert "must share scale and zero point" in _message(model, y)


def test_alpha_is_broadcast_to_the_input_and_not_the_other_way() -> None:
    model = ModelWriter()
    x, alpha = model.input((1, 1), 0.1), model.constant(np.ones((1, 4), np.int8), 0.1)
    y = model.prelu(x, alpha, scale=0.1, zero_point=0)
    assert "the operator's parameters make it [1, 1]" in _message(model, y)


def test_pool_keeps_its_quantization() -> None:
    model = ModelWriter()
    y = model.max_pool2d(model.input((1, 4, 4, 1), 0.1), window=(2, 2))
    model.graph.tensors[y.index].quantization.scale = [0.2]
    assert "must share scale and zero point" in _message(model, y)


def test_concatenation_rescales_nothing() -> None:
    model = ModelWriter()
    y = model.concatenation([model.input((1, 4), 0.1), model.input((1, 4), 0.2)], 1)
    assert "must share scale and zero point" in _message(model, y)


@pytest.mark.parametrize("dtype", ["uint8", "int16"])
@pytest.mark.parametrize("what", ["input", "output"])
def test_edges_of_other_types_are_refused_by_name(dtype: str, what: str) -> None:
    model = ModelWriter()
    x = model.input((1, 4), 0.1, dtype=dtype if what == "input" else "int8")
    y = model.tensor((1, 4), 0.1, dtype=dtype if what == "output" else "int8")
    model.op("QUANTIZE", [x], [y])
    name = "tensor_0" if what == "input" else "tensor_1"
    assert _message(model, y) == f'm.tflite: {what} "{name}" is {dtype}, not int8'


def test_all_float_tensors_are_listed() -> None:
    model = ModelWriter()
    x = model.input((1, 4), dtype="float32")
    middle = model.tensor((1, 4), dtype="float32", name="middle")
    y = model.tensor((1, 4), dtype="float32", name="last")
    model.op("RELU", [x], [middle])
    model.op("RELU", [middle], [y])
    assert _message(model, y) == (
        'm.tflite: 3 float tensors left: tensor 0 "tensor_0", tensor 1 "middle", tensor 2 "last"'
    )


def test_of_many_float_tensors_the_first_are_named() -> None:
    model = ModelWriter()
    tensors = [model.input((1, 4), dtype="float32")]
    for index in range(6):
        tensors.append(model.tensor((1, 4), dtype="float32", name=f"t{index}"))
        model.op("RELU", [tensors[-2]], [tensors[-1]])
    text = _message(model, tensors[-1])
    assert text.startswith('m.tflite: 7 float tensors left: tensor 0 "tensor_0", ')
    assert text.endswith(' "t2" and 3 more')


@pytest.mark.parametrize(("depth", "tflm"), [(2, True), (3, False)])
def test_a_grouped_convolution_is_left_to_tflm(depth: int, tflm: bool) -> None:
    model = ModelWriter()
    x = model.input((1, 4, 4, 4), 0.1)
    weights = np.ones((6, 1, 1, depth), np.int8)
    y = model.conv2d(x, weights, 0.1, None, scale=0.1, zero_point=0)
    assert f"the filter reads {depth} channels of 4" in _message(model, y)
    graph = read(model.finish(y), "m.tflite", allow_unsupported=True)
    if tflm:
        check(graph, allow_unsupported=True)
    else:
        with pytest.raises(ModelError, match="the filter reads 3 channels of 4"):
            check(graph, allow_unsupported=True)


def test_float_is_allowed_at_the_edges_only() -> None:
    model = ModelWriter()
    x = model.input((1, 4), dtype="float32")
    y = model.dequantize(model.relu6(model.quantize(x, scale=0.1, zero_point=0)))
    graph = read(model.finish(y), "edges")
    refuse_float(graph)
    check(graph)
    middle = ModelWriter()
    x = middle.input((1, 4), 0.1)
    y = middle.quantize(middle.dequantize(x), scale=0.1, zero_point=0)
    assert '1 float tensor left: tensor 1 "tensor_1"' in _message(middle, y)


def test_empty_tensors_are_refused() -> None:
    model = ModelWriter()
    x = model.input((1, 4), 0.1)
    y = model.tensor((1, 0), 0.1)
    model.op("RELU6", [x], [y])
    with pytest.raises(ModelError):
        check(read(model.finish(y), "m.tflite"))


def _padded(model: ModelWriter, x: Handle) -> Handle:
    y = model.pad(x, [(0, 0), (1, 1)], 5)
    model.graph.tensors[3].quantization.scale = [0.3]
    return y


def _averaged(model: ModelWriter, x: Handle) -> Handle:
    y = model.mean(x, [1], scale=0.1, zero_point=0)
    model.graph.tensors[2].type = 4  # int64, which TFLM reads as int32
    model.graph.tensors[2].shape = [1]
    model.model.buffers[1].data = np.frombuffer(np.array([1], np.int64).tobytes(), np.uint8)
    return y


def _far_apart(model: ModelWriter, x: Handle) -> Handle:
    return model.mul(x, x, scale=1e-12, zero_point=0)


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (_padded, "must share scale and zero point"),
        (_averaged, "is int64, not int32"),
        (_far_apart, "the scales are 2**34 apart"),
    ],
)
def test_parameters_that_the_kernels_rely_on(
    build: Callable[[ModelWriter, Handle], Handle], expected: str
) -> None:
    model = ModelWriter()
    assert expected in _message(model, build(model, model.input((1, 4), 0.1)))


MOVED: dict[str, tuple[Callable[[ModelWriter, Handle], Handle], list[int], str]] = {
    "slice": (lambda m, x: m.strided_slice(x, [0, slice(1, 3), 0, slice(None)]), [2, 2], "slice"),
    "squeeze": (lambda m, x: m.squeeze(x), [2, 6], "not [4, 3]"),
    "expand": (lambda m, x: m.expand_dims(x, 1), [1, 1, 4, 3], "not [1, 1, 4, 1, 3]"),
    "split": (lambda m, x: m.split(x, 1, 2)[0], [1, 1, 1, 3], "[1, 2] of 4 elements along axis 1"),
    "transpose": (lambda m, x: m.transpose(x, [0, 3, 2, 1]), [1, 4, 1, 3], "make it [1, 3, 1, 4]"),
    "resize": (lambda m, x: m.resize_nearest(x, (2, 2)), [1, 3, 2, 3], "new size [2, 2]"),
    "arg_max": (lambda m, x: m.arg_max(x, 1), [4, 1], "make it [1, 1, 3]"),
}


@pytest.mark.parametrize("name", MOVED)
def test_outputs_of_what_moves_elements_have_the_shape_that_follows(name: str) -> None:
    build, wrong, expected = MOVED[name]
    model = ModelWriter()
    y = build(model, model.input((1, 4, 1, 3), 0.1))
    _shape(model, y, wrong)
    assert expected in _message(model, y)


def test_a_resize_that_would_read_beyond_the_input_is_refused() -> None:
    model = ModelWriter()
    y = model.resize_bilinear(model.input((1, 1, 1, 2), 0.1), (70, 1))
    assert "1 to 70 pixels" in _message(model, y)


def test_a_slice_must_take_an_element_that_is_there() -> None:
    model = ModelWriter()
    x = model.input((1, 4), 0.1)
    y = model.tensor((4,), 0.1)
    lists = [model.constant(values, dtype="int32") for values in ([1, 0], [2, 4], [1, 1])]
    model.op("STRIDED_SLICE", [x, *lists], [y], endMask=2, shrinkAxisMask=1)
    assert "index 1 by 1 along axis 0 of 1 elements" in _message(model, y)


def test_a_transposed_convolution_reads_all_channels() -> None:
    model = ModelWriter()
    x = model.input((1, 4, 4, 2), 0.1)
    weights = np.ones((3, 2, 2, 4), np.int8)
    y = model.transpose_conv(x, weights, 0.1, None, size=(5, 5), scale=0.1, zero_point=0)
    assert "reads 4 channels of 2" in _message(model, y)


def test_an_index_is_an_int32() -> None:
    model = ModelWriter()
    y = model.arg_max(model.input((1, 4), 0.1), 1)
    model.graph.tensors[y.index].type = 4  # int64
    message = _message(model, y)
    assert "int64" in message
