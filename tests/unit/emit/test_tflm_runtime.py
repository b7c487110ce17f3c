"""The rendered tflm runtime: operators, array, description, and the arena's size."""

import re

import numpy as np
import pytest

from tests.support.tflite_writer import ModelWriter
from tinyedge import board
from tinyedge.emit import carray, tflm, tflm_image
from tinyedge.emit.tflm_arena import ArenaPlan, on_32_bits, plan_arena, reserve
from tinyedge.emit.tflm_operators import METHODS, Operator, operators
from tinyedge.errors import ConfigError, ModelError
from tinyedge.graph import container
from tinyedge.graph.parse import PARSERS
from tinyedge.graph.read_tflite import read
from tinyedge.oracle import ArenaUse


def small() -> bytes:
    model = ModelWriter()
    x = model.input((1, 8, 8, 3), scale=0.05, zero_point=-3)
    y = model.conv2d(
        x,
        weights=np.ones((4, 3, 3, 3), np.int8),
        weight_scales=[0.01, 0.02, 0.03, 0.04],
        bias=np.zeros(4, np.int32),
        scale=0.1,
        zero_point=-128,
    )
    y = model.pad(y, [(0, 0), (1, 1), (1, 1), (0, 0)], value=5)
    y = model.pad(y, [(0, 0), (1, 1), (1, 1), (0, 0)])
    y = model.conv2d(
        y,
        weights=np.ones((2, 1, 1, 4), np.int8),
        weight_scales=[0.01, 0.02],
        bias=np.zeros(2, np.int32),
        scale=0.1,
        zero_point=0,
    )
    return model.finish(y)


def _render(name: str, board_id: str = "qemu-mps2-an386") -> dict[str, str]:
    data = small()
    return tflm.render(read(data, name), board.load(board_id), data)


def test_each_operator_of_the_file_is_registered_once() -> None:
    text = _render("small")["model/model.cc"]
    added = re.findall(r"resolver->(\w+\(.*?\)) == kTfLiteOk", text)
    assert added == [
        "AddConv2D(tflite::Register_CONV_2D_INT8())",
        "AddPad(tflite::Register_PAD_INT8())",
        "AddPadV2()",
    ]
    assert "MicroMutableOpResolver<3>" in text
    assert text.count('#include "tensorflow/lite/micro/kernels/pad.h"') == 1


def test_the_array_is_the_file() -> None:
    text = _render("small-model.v2")["model/model_data.cc"]
    assert "alignas(16) const unsigned char g_small_model_v2_model_data[] = {" in text
    body = text.split("_data[] = {")[1]
    assert bytes(int(byte, 16) for byte in re.findall(r"0x(..),", body)) == small()
    assert f"g_small_model_v2_model_data_len = {len(small())};" in text


def test_the_description_is_exact() -> None:
    graph = read(small(), "small")
    text = _render("small")["model/model.cc"]
    assert "{192, TE_INT8, 4, {1, 8, 8, 3, 0, 0}, " in text
    info = carray.tensor_info(graph.inputs[0])
    scale = re.search(r"(0x[0-9a-fp.+-]+)f, -3}$", info)
    assert scale is not None
    assert float.fromhex(scale[1]) == float(np.float32(0.05))
    sha = text.split("const uint8_t sha256[32] = {")[1].split("};")[0]
    assert bytes(int(byte, 16) for byte in re.findall(r"0x(..),", sha)).hex() == graph.sha256


def test_same_model_same_text() -> None:
    assert _render("small") == _render("small")


def test_an_operator_without_registration_is_named() -> None:
    model = ModelWriter()
    x = model.input((1, 4), scale=0.1)
    y = model.tensor((1, 4), 0.1)
    model.op("ATAN2", [x, x], [y])
    with pytest.raises(ModelError, match="operator 0 ATAN2") as caught:
        operators(model.finish(y), "odd")
    assert "ARG_MAX" in caught.value.hint


def test_what_is_not_all_int8_gets_the_general_registration() -> None:
    """One resolver holds one registration of an operator, whatever types it is used with."""
    model = ModelWriter()
    x = model.input((1, 4), scale=0.1)
    small = model.add(x, x, scale=0.2, zero_point=0)
    wide = model.tensor((1, 4), 0.2, dtype="int16")
    model.op("ADD", [small, small], [wide])
    model.op("MUL", [x, x], [y := model.tensor((1, 4), 0.1)])
    assert operators(model.finish(wide, y), "mixed") == (
        Operator("Add"),
        Operator("Mul", "tflite::Register_MUL_INT8()"),
    )


def test_every_operator_of_the_aot_runtime_is_registered() -> None:
    assert {container.OPERATOR_NAMES[code] for code in PARSERS} <= METHODS.keys()


def test_arena_is_what_was_measured_less_what_64_bit_pointers_cost() -> None:
    use = ArenaUse(
        total=1000, head=600, tail=400, eval_tensors=5, tensors=2, nodes=3, smallest=1200
    )
    assert on_32_bits(use) == 1200 - 5 * 12 - 2 * 32 - 3 * 32
    assert ArenaPlan(measured=1001, reserve=10).arena_bytes == 1024


def test_reserve_holds_the_largest_scratch_buffer() -> None:
    graph = read(small(), "small")
    spare = 256 + 4 * 32
    assert reserve(graph, board.load("qemu-mps2-an386")) == 4 * 28 + spare
    assert reserve(graph, board.load("esp32")) == spare
    assert reserve(graph, board.load("esp32s3")) > 2 * (8 * 8 * 16 + 4 * 9 * 16)
    assert plan_arena(graph, board.load("qemu-mps2-an386"), small()).arena_bytes % 16 == 0


def test_reserve_bounds_what_kernels_may_ask_for_an_operator_known_by_name_only() -> None:
    model = ModelWriter()
    x, y = model.input((1, 4, 8), scale=0.1), model.input((1, 8, 4), scale=0.1)
    model.op("BATCH_MATMUL", [x, y], [z := model.tensor((1, 4, 4), 0.1)])
    graph = read(model.finish(z), "odd", allow_unsupported=True)
    assert reserve(graph, board.load("qemu-mps2-an386")) == 4 * (32 + 32 + 16) + 256 + 32
    assert reserve(graph, board.load("esp32")) == 256 + 32


def _net(layers: tuple[int, ...], activation: str = "relu6") -> bytes:
    model = ModelWriter()
    x, width = model.input((1, 6), scale=0.05), 6
    for size in layers:
        weights, bias = np.ones((size, width), np.int8), np.zeros(size, np.int32)
        x, width = model.fully_connected(x, weights, [0.01], bias, scale=0.1, zero_point=0), size
    return model.finish(model.relu6(x) if activation == "relu6" else model.logistic(x))


def test_an_image_says_which_arena_it_needs_and_which_firmware_can_run_it() -> None:
    target = board.load("qemu-mps2-an386")

    def made(data: bytes) -> tflm_image.Image:
        return tflm_image.make(read(data, "net"), target, data)

    first, data = made(_net((8, 4))), _net((8, 4))
    assert first.data[tflm_image.BODY_AT :] == data
    assert first.data[:32].hex() == read(data, "net").sha256
    assert tflm_image.holds(first.data + b"vectors", data)
    assert not tflm_image.holds(first.data, _net((8, 5)))
    planned = plan_arena(read(data, "net"), target, data).arena_bytes
    assert tflm_image.arena_bytes(first.data) == planned
    deeper = made(_net((64, 64, 4)))
    assert deeper.architecture == first.architecture
    assert tflm_image.arena_bytes(deeper.data) > planned
    with pytest.raises(ConfigError, match="which hold no"):
        tflm_image.arena_bytes(first.data[: tflm_image.BODY_AT])
    assert made(_net((8, 5))).architecture != first.architecture
    assert made(_net((8, 4), "logistic")).architecture != first.architecture


def test_files_of_replaceable_firmware_hold_the_model_once() -> None:
    data = small()
    files = tflm.render(read(data, "small"), board.load("esp32"), data, replaceable=True)
    assert "model/model_data.cc" not in files
    assert "te_image, TE_IMAGE_BYTES" in files["model/model.cc"]
    assert "runtime/tflm_image.cc" in files
    assert "runtime/tflm_image.cc" not in _render("small")


def test_a_tensor_that_the_link_cannot_carry_is_refused() -> None:
    model = ModelWriter()
    x = model.input((), scale=0.1)
    graph = read(model.finish(model.relu6(x)), "odd")
    with pytest.raises(ModelError, match="cannot be an input or output"):
        carray.tensor_info(graph.inputs[0])


def test_names_become_identifiers() -> None:
    assert carray.identifier("fashion-cnn.v2") == "fashion_cnn_v2"
    assert carray.identifier("--") == "model"
