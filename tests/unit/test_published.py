"""Other runtimes' figures, and the layers that they are of."""

import numpy as np
import pytest

from tests.support.tflite_writer import ModelWriter
from tinyedge import published
from tinyedge.graph import read_tflite
from tinyedge.graph.types import Op


def _conv(kernel: tuple[int, int], inputs: int, outputs: int, stride: int) -> Op:
    model = ModelWriter()
    x = model.input((1, 12, 12, inputs), scale=0.05)
    weights = np.ones((outputs, *kernel, inputs), np.int8)
    y = model.conv2d(
        x,
        weights=weights,
        weight_scales=[0.01],
        bias=None,
        stride=(stride, stride),
        scale=0.1,
        zero_point=0,
    )
    return read_tflite.read(model.finish(y), "conv").ops[0]


@pytest.mark.parametrize(
    ("op", "per_mac"),
    [
        (_conv((1, 1), 16, 32, 1), (4.0, 4.0)),
        (_conv((1, 1), 24, 32, 1), None),
        (_conv((3, 3), 16, 16, 1), (2.33, 2.33)),
        (_conv((3, 3), 16, 32, 2), (2.14, 2.14)),
        (_conv((3, 3), 16, 16, 2), None),
        (_conv((10, 4), 1, 64, 1), (3.5, 3.5)),
    ],
)
def test_a_layer_has_the_figure_of_its_form(op: Op, per_mac: tuple[float, float] | None) -> None:
    assert published.cmsis_nn().of_layer(op) == per_mac


def test_a_model_is_known_by_its_hash() -> None:
    figures = published.cmsis_nn()
    assert {one.name for one in figures.model} == {"kws", "ad", "ic", "vww", "sww"}
    assert figures.of_model(figures.model[0].sha256) == figures.model[0]
    assert figures.of_model("0" * 64) is None


def test_operators_make_up_the_model() -> None:
    for one in published.cmsis_nn().model:
        assert sum(one.operators) == pytest.approx(one.instructions, rel=0.003), one.name
