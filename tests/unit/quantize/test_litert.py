"""litert-quantizer: int8 from edge to edge, ranges as the recipe says, and the runtime's bytes."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.conftest import Trained
from tests.support.data import needs_package
from tinyedge import backend, dataset
from tinyedge.compile import Options, compile_graph
from tinyedge.compile.execute import execute
from tinyedge.dataset import Dataset
from tinyedge.errors import ModelError, ToolError
from tinyedge.graph.types import Graph
from tinyedge.oracle import Oracle
from tinyedge.quantize import check_int8, convert, inputs, litert, quantize
from tinyedge.recipe import Recipe
from tinyedge.train import model_path
from tinyedge.workspace import Workspace

pytestmark = pytest.mark.timeout(900)  # seconds where the machine is free


@pytest.fixture(scope="module")
def data(trained: Trained) -> Dataset:
    needs_package("litert_quantizer")
    return dataset.load(trained.recipe.data, trained.recipe.path)


@pytest.fixture(scope="module")
def keras_model(trained: Trained) -> bytes:
    return model_path(trained.recipe, trained.workspace).read_bytes()


def _with(recipe: Recipe, **settings: object) -> Recipe:
    changed = msgspec.structs.replace(recipe.quantize, samples=40, backend="litert", **settings)
    return msgspec.structs.replace(recipe, quantize=changed)


def _graph(trained: Trained, data: Dataset, model: bytes, **settings: object) -> Graph:
    made = convert.convert(_with(trained.recipe, **settings), data, model, None)
    return check_int8(made.tflite, "digits")


def test_the_runtime_answers_its_model_as_the_reference_does(
    trained: Trained, data: Dataset, keras_model: bytes
) -> None:
    tflite = convert.convert(_with(trained.recipe), data, keras_model, None).tflite
    graph = check_int8(tflite, "digits")
    plan, oracle = compile_graph(graph, "cortex-m4f", Options()), Oracle(tflite)
    for sample in inputs(data.test.first(40), graph.inputs[0].q):
        assert np.array_equal(execute(plan, [sample])[0].ravel(), oracle.run([sample])[0].ravel())


def test_ranges_are_what_the_recipe_says(
    trained: Trained, data: Dataset, keras_model: bytes
) -> None:
    whole = _graph(trained, data, keras_model)
    cut = _graph(trained, data, keras_model, calibration="percentile", percentile=99.0)
    plain = convert.convert(
        msgspec.structs.replace(
            trained.recipe, quantize=msgspec.structs.replace(trained.recipe.quantize, samples=40)
        ),
        data,
        keras_model,
        None,
    )
    peaks, less, other = (
        [op.outputs[0].q.scale for op in graph.ops if "Relu" in op.outputs[0].name]
        for graph in (whole, cut, check_int8(plain.tflite, "digits"))
    )
    assert len(peaks) == 3
    assert peaks == pytest.approx(other, rel=0.01)  # the same ranges as TensorFlow's
    assert all(a < 0.95 * b for a, b in zip(less, peaks, strict=True))
    assert whole.inputs[0].q.scale == pytest.approx(1 / 255, rel=1e-3)
    assert cut.inputs[0].q.scale == pytest.approx(1 / 255, rel=1e-3)


def test_weights_have_one_scale_or_one_a_channel(
    trained: Trained, data: Dataset, keras_model: bytes
) -> None:
    for dense, wanted in (("per-channel", [8, 16, 32, 10]), ("per-tensor", [8, 16, 1, 1])):
        graph = _graph(trained, data, keras_model, dense=dense)
        layers = [op for op in graph.ops if op.kind in ("CONV_2D", "FULLY_CONNECTED")]
        assert [len(op.inputs[1].q.scales) for op in layers] == wanted, dense


def test_its_accuracy_is_judged_like_the_other_s(
    trained: Trained, data: Dataset, tmp_path: Path
) -> None:
    folder = Workspace(tmp_path).model(trained.recipe.name)
    folder.mkdir()
    for name in ("model.keras", "train.json", "train.stamp"):
        (folder / name).write_bytes((trained.workspace.model("digits-cnn") / name).read_bytes())
    report = quantize(_with(trained.recipe), Workspace(tmp_path), trained.report, layers=True)
    assert report.backend == "litert"
    assert report.held
    assert {layer.op for layer in report.layers} >= {"CONV_2D", "FULLY_CONNECTED"}
    assert all(10 < layer.snr_db < 60 for layer in report.layers)


def test_what_it_refuses_is_told(
    data: Dataset, keras_model: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = backend.load()
    floating = convert.ptq.floating(loaded, keras_model, "x")
    monkeypatch.setattr(litert, "ranges", lambda *_: {"cnn/pool1/MaxPool": {}})
    samples, choice = data.representative(4, 1).inputs, convert.Choice("min-max")
    with pytest.raises(ModelError, match="litert-quantizer refuses the network: Missing QSVs"):
        litert.quantize(loaded, floating, samples, choice, name="x", dense="per-channel")


def test_without_the_package_one_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(litert.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ToolError, match="needs litert-quantizer") as caught:
        litert.require()
    assert caught.value.hint == 'run pip install "tinyedge[litert]"'
