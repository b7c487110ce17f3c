"""What inspect says follows from graph and plan, and a misfit says by how much and what helps."""

from itertools import pairwise

import msgspec
import numpy as np
import pytest

from tests.support.tflite_writer import ModelWriter
from tinyedge import board as boards
from tinyedge import inspection
from tinyedge.board import Board
from tinyedge.compile import Plan, compile_graph
from tinyedge.graph import read_tflite
from tinyedge.graph.types import Graph
from tinyedge.results import InspectReport

BOARD = boards.load("netduinoplus2")


def _model() -> bytes:
    model = ModelWriter()
    x = model.input((1, 8, 8, 3), scale=0.05, zero_point=-3)
    y = model.conv2d(
        x,
        weights=np.ones((4, 3, 3, 3), np.int8),
        weight_scales=[0.01, 0.02, 0.03, 0.04],
        padding="SAME",
        bias=np.zeros(4, np.int32),
        scale=0.1,
        zero_point=-128,
    )
    y = model.max_pool2d(y, window=(2, 2), stride=(2, 2))
    return model.finish(model.softmax(model.reshape(y, (1, 64))))


@pytest.fixture(scope="module")
def graph() -> Graph:
    return read_tflite.read(_model(), "small")


@pytest.fixture(scope="module")
def plan(graph: Graph) -> Plan:
    return compile_graph(graph, "host")


@pytest.fixture(scope="module")
def report(graph: Graph, plan: Plan) -> InspectReport:
    return inspection.inspect(graph, 1234, plan, "", ())


def _with_memory(flash: int, ram: int, name: str = "small-board") -> Board:
    memory = BOARD.memory
    small = msgspec.structs.replace(
        memory,
        flash=msgspec.structs.replace(memory.flash, size=flash),
        ram=msgspec.structs.replace(memory.ram, size=ram),
    )
    return msgspec.structs.replace(BOARD, memory=small, id=name)


def test_layers_are_as_the_file_has_them(report: InspectReport, graph: Graph) -> None:
    assert [layer.op for layer in report.layers] == [op.kind for op in graph.ops]
    conv = report.layers[0]
    assert (conv.weight_scales, conv.weight_bytes) == (4, 4 * 27 + 16)
    assert conv.macs == conv.output.shape[1] * conv.output.shape[2] * 4 * 27
    assert report.macs == conv.macs
    assert (report.inputs[0].scale, report.inputs[0].zero_point) == (pytest.approx(0.05), -3)


def test_each_layer_names_the_kernel_that_does_it(report: InspectReport) -> None:
    kernels = {layer.op: layer.kernel for layer in report.layers}
    assert kernels["CONV_2D"] == "te_conv2d"
    assert kernels["RESHAPE"] == ""  # folded


def test_arena_blocks_lie_in_the_arena_and_never_share_bytes(report: InspectReport) -> None:
    assert report.arena_bytes is not None
    assert all(block.offset + block.bytes <= report.arena_bytes for block in report.arena)
    for step in range(-1, len(report.steps)):
        alive = [b for b in report.arena if b.first_step <= step <= b.last_step]
        alive.sort(key=lambda block: block.offset)
        for low, high in pairwise(alive):
            assert low.offset + low.bytes <= high.offset, (step, low, high)


def test_steps_read_what_earlier_steps_wrote(report: InspectReport) -> None:
    known = {"input"}
    for step in report.steps:
        assert set(step.reads) <= known
        known.add(step.name)


def test_a_model_that_the_aot_runtime_refuses_is_still_described(graph: Graph) -> None:
    report = inspection.inspect(graph, 1234, None, "operator 3 FOO is not supported", ())
    assert report.arena_bytes is None
    assert report.steps == ()
    assert len(report.layers) == len(graph.ops)


def test_what_fits_says_so(graph: Graph, plan: Plan) -> None:
    needs = inspection.needs(BOARD, "aot", plan.constant_bytes, plan.arena_bytes)
    fit = inspection.fit(BOARD, needs, graph, plan)
    assert fit.fits
    assert fit.help == ""
    assert fit.ram_needed > plan.arena_bytes + BOARD.memory.stack_bytes


def test_what_does_not_fit_says_by_how_much(graph: Graph, plan: Plan) -> None:
    needs = inspection.needs(BOARD, "aot", plan.constant_bytes, plan.arena_bytes)
    small = _with_memory(needs.flash - 100, needs.ram - 7)
    exact = _with_memory(needs.flash, needs.ram, "exact")
    fits = [inspection.fit(board, needs, graph, plan) for board in (small, exact)]
    assert [fit.fits for fit in fits] == [False, True]
    text = fits[0].help
    assert "100 bytes of flash too much (layer 0 CONV_2D alone has 124 bytes of weights)" in text
    assert "7 bytes of RAM too much (step" in text


def test_layers_say_which_kernels_are_plain_c(graph: Graph) -> None:
    def portable(core: str) -> dict[str, bool]:
        layers = inspection.inspect(graph, 1, compile_graph(graph, core), "", ()).layers
        return {layer.op: layer.portable for layer in layers if layer.op != "MAX_POOL_2D"}

    # A reshape has no kernel at all.
    assert portable("host") == {"CONV_2D": True, "RESHAPE": False, "SOFTMAX": True}
    assert portable("cortex-m4") == {"CONV_2D": False, "RESHAPE": False, "SOFTMAX": True}


def test_steps_have_estimates_and_say_why_they_are_portable(graph: Graph) -> None:
    plan = compile_graph(graph, "cortex-m4f")
    report = inspection.inspect(graph, 1234, plan, "", ())
    assert report.instructions == sum(step.instructions for step in report.steps)
    assert report.cycles == sum(step.cycles for step in report.steps)
    assert 1.1 < report.cycles / report.instructions < 1.6
    assert report.code_bytes == plan.code_bytes > 1000
    whys = {step.kernel: step.why for step in report.steps}
    assert whys["te_softmax"] == "no fast kernel for this operator"
    assert not whys["te_v7em_conv_band"]
    host = inspection.inspect(graph, 1234, compile_graph(graph, "host"), "", ())
    assert not any(step.why for step in host.steps)
