"""The generated C of one small model: compared with committed text, compiled, and run.

TINYEDGE_UPDATE_GOLDEN=1 writes the text anew; read the difference before committing it.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from tests.support import native
from tests.support.tflite_writer import ModelWriter
from tinyedge.compile import Options, compile_graph
from tinyedge.emit import aot
from tinyedge.graph.read_tflite import read
from tinyedge.oracle import Oracle

FOLDER = Path(__file__).parent / "small"
NAMES = ("model/model.c", "model/weights.c", "model/weights.h", "model/small_model_data.h")


def small_model() -> bytes:
    """A residual block behind a padded convolution: aliases, in-place steps, a folded PAD."""
    rng = np.random.default_rng(4)

    def weights(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int8]]:
        return rng.integers(-127, 128, shape).astype(np.int8)

    model = ModelWriter()
    x = model.pad(model.input((1, 6, 5, 2), 0.04, -3), [(0, 0), (1, 1), (1, 0), (0, 0)])
    x = model.conv2d(
        x,
        weights(5, 3, 3, 2),
        [0.01, 0.02, 0.015, 0.03, 0.01],
        np.array([40, -300, 7, 0, 90], np.int32),
        activation="RELU",
        scale=0.2,
        zero_point=-128,
    )
    y = model.depthwise_conv2d(
        x, weights(1, 3, 3, 5), 0.01, None, padding="SAME", scale=0.3, zero_point=5
    )
    z = model.add(x, y, scale=0.35, zero_point=-4)
    z = model.max_pool2d(z, window=(2, 2))
    z = model.reshape(z, (1, 30))
    z = model.fully_connected(z, weights(4, 30), 0.01, None, scale=1.2, zero_point=0)
    return model.finish(model.softmax(z))


@pytest.fixture(scope="module")
def data() -> bytes:
    return small_model()


def test_text(data: bytes) -> None:
    graph = read(data, "small")
    files = aot.render(graph, compile_graph(graph, "host", Options(portable=True)), data)
    for name in NAMES:
        golden = FOLDER / f"{Path(name).name}.golden"
        if os.environ.get("TINYEDGE_UPDATE_GOLDEN"):
            golden.parent.mkdir(exist_ok=True)
            golden.write_text(files[name])
        assert files[name] == golden.read_text(), f"{name} differs from {golden.name}"


def test_same_input_same_bytes(data: bytes) -> None:
    graph, again = read(data, "small"), read(data, "small")
    first = aot.render(graph, compile_graph(graph, "host"), data)
    assert first == aot.render(again, compile_graph(again, "host"), data)


def test_what_it_is_for(data: bytes) -> None:
    """What the golden text is to show, said apart from its letters."""
    plan = compile_graph(read(data, "small"), "host", Options(portable=True))
    assert [step.kernel for step in plan.steps] == [
        "te_conv2d",
        "te_depthwise_conv2d",
        "te_add",
        "te_max_pool",
        "te_fully_connected",
        "te_softmax",
    ]
    assert plan.steps[0].ops == (0, 1), "PAD is part of the convolution"
    assert plan.steps[2].in_place
    assert plan.arena_bytes < 2 * 6 * 4 * 5 + 60


def test_answers(data: bytes, tmp_path: Path) -> None:
    graph = read(data, "small")
    plan = compile_graph(graph, "host", Options(portable=True))
    program = native.program(graph, plan, data, tmp_path)
    for seed in range(5):
        inputs = [np.random.default_rng(seed).integers(-128, 128, (1, 6, 5, 2)).astype(np.int8)]
        (answer,) = native.answer(program, plan, inputs)
        (wanted,) = Oracle(data).run(inputs)
        assert answer.tobytes() == wanted.tobytes()
