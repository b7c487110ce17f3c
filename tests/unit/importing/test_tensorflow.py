"""SavedModel, Keras 2 and 3: the same answers after conversion, then int8 as any other network."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.support.imported import importing, network, write_keras
from tinyedge import backend, dataset
from tinyedge import importing as imports
from tinyedge.compile import Options, compile_graph
from tinyedge.compile.execute import execute
from tinyedge.dataset import Dataset
from tinyedge.errors import CheckFailed, ConfigError, ModelError
from tinyedge.oracle import Oracle
from tinyedge.quantize import quantize
from tinyedge.recipe import Data, Prune, Recipe
from tinyedge.train import train
from tinyedge.workflow import pipeline
from tinyedge.workflow.pipeline import Model
from tinyedge.workspace import Workspace

pytestmark = pytest.mark.timeout(900)  # seconds where the machine is free

TITLES = {
    "k2.keras": "Keras 2",
    "k2.h5": "Keras 2",
    "k3.keras": "Keras 3",
    "k3.h5": "Keras 3",
    "sm": "SavedModel",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("imported")
    write_keras(made)
    return made


def _data(recipe: Recipe) -> Dataset:
    return dataset.load(recipe.data, recipe.path)


@pytest.mark.parametrize("path", TITLES)
def test_the_converted_network_answers_as_its_source(folder: Path, path: str) -> None:
    recipe = importing(folder, path)
    found = imports.convert(recipe, _data(recipe))
    assert found.report.format == TITLES[path]
    assert found.report.max_error <= 1e-5 * found.report.max_output
    assert 0.1 < found.report.max_output <= 1
    assert found.report.transposes == 0
    assert (found.keras is not None) == path.startswith("k2")


def test_int8_is_as_for_a_network_that_was_trained(folder: Path, tmp_path: Path) -> None:
    recipe, workspace = importing(folder, "k3.keras"), Workspace(tmp_path)
    report = train(recipe, workspace)
    assert report.imported is not None
    assert (report.epochs, report.curves_path) == ((), "")
    # normalization is folded, and the dense layer's bias of 0 left out
    assert report.parameters == 3 * 3 * 4 + 4 + 6 * 6 * 4 * 10
    quantized = quantize(recipe, workspace, report)
    assert quantized.held
    loaded = pipeline.load(Model(recipe.name, recipe, None), workspace)
    plan = compile_graph(loaded.graph, "cortex-m4f", Options())
    oracle = Oracle(loaded.tflite)
    for sample in loaded.samples(20).inputs[0]:
        assert np.array_equal(execute(plan, [sample])[0].ravel(), oracle.run([sample])[0].ravel())
    assert train(recipe, workspace) == report  # nothing is converted again


def test_a_network_of_keras_2_can_be_pruned(folder: Path, tmp_path: Path) -> None:
    recipe, workspace = importing(folder, "k2.h5"), Workspace(tmp_path)
    recipe = msgspec.structs.replace(recipe, prune=Prune(sparsity=0.5, epochs=1))
    report = train(recipe, workspace)
    assert report.stages[0].sparsity == pytest.approx(0.5, abs=0.05)
    assert quantize(recipe, workspace, report).sparsity > 0.45


def test_a_float_tflite_is_taken_as_it_is(folder: Path, tmp_path: Path) -> None:
    first, workspace = importing(folder, "k3.h5"), Workspace(tmp_path)
    report = train(first, workspace)
    quantized = quantize(first, workspace, report)
    (folder / "float.tflite").write_bytes(Path(report.model_path).read_bytes())
    recipe = importing(folder, "float.tflite")
    again = train(recipe, Workspace(tmp_path / "again"))
    assert again.test_accuracy == report.test_accuracy
    same = quantize(recipe, Workspace(tmp_path / "again"), again)
    assert same.sha256 == quantized.sha256
    (folder / "int8.tflite").write_bytes(Path(quantized.tflite_path).read_bytes())
    for name, expected in (("int8.tflite", "is int8, not float32"), ("sm.tflite", "too few")):
        (folder / "sm.tflite").write_bytes(b"no model")
        with pytest.raises(ModelError, match=expected):
            imports.convert(importing(folder, name), _data(recipe))


def test_one_that_has_no_layers_cannot(folder: Path) -> None:
    recipe = msgspec.structs.replace(importing(folder, "sm"), prune=Prune())
    with pytest.raises(ConfigError, match=r"\[prune\] trains layers of Keras 2, and sm"):
        imports.find(recipe)


def test_without_labels_int8_must_decide_as_float_does(folder: Path, tmp_path: Path) -> None:
    raw = np.random.RandomState(1).randint(0, 256, (300, 8, 8), np.uint8)
    np.savez(folder / "x.npz", x=raw)
    data = Data(source="npz", path="x.npz", test=0.3)
    recipe, workspace = importing(folder, "k2.keras", data, task="imitate"), Workspace(tmp_path)
    report = train(recipe, workspace)
    assert (report.metric, report.test_accuracy) == ("agreement", 1.0)
    quantized = quantize(recipe, workspace, report)
    assert quantized.metric == "agreement"
    assert 0.8 < quantized.int8_accuracy <= 1.0
    loaded = pipeline.load(Model(recipe.name, recipe, None), workspace)
    assert loaded.samples(3).labels is None
    with pytest.raises(ConfigError, match="has one class: unlabelled"):
        train(importing(folder, "k2.keras", data), workspace)


def test_other_answers_are_a_failed_check(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = importing(folder, "sm")
    right = imports.floating.run

    def wrong(*arguments: object) -> np.ndarray:
        return right(*arguments) + np.float32(0.01)

    monkeypatch.setattr(imports.floating, "run", wrong)
    with pytest.raises(CheckFailed, match=r"answers up to 0\.01 beside tensorflow"):
        imports.convert(recipe, _data(recipe))


def test_data_of_another_shape_is_told(folder: Path) -> None:
    recipe = importing(folder, "k3.h5", Data(source="digits", test=0.2, size=(8, 9)))
    with pytest.raises(ConfigError, match="takes 1 x 8 x 8 x 1, and the data set has 8 x 9 x 1"):
        imports.convert(recipe, _data(recipe))


def test_other_classes_are_told(folder: Path) -> None:
    keras = backend.load().keras
    network(keras, 7).save(folder / "seven.keras")
    recipe = importing(folder, "seven.keras")
    with pytest.raises(ConfigError, match="it has 7 outputs, and the data set 10 classes"):
        imports.convert(recipe, _data(recipe))


def test_an_operator_that_is_not_supported_is_named(folder: Path) -> None:
    keras, tf = backend.load().keras, backend.load().tf
    inputs = keras.layers.Input((8, 8, 1))
    x = keras.layers.Flatten()(inputs)
    outputs = keras.layers.Dense(10)(tf.sin(x))
    keras.Model(inputs, outputs).save(folder / "sine.keras")
    recipe = importing(folder, "sine.keras")
    with pytest.raises(ModelError, match=r'1 operators are not supported: SIN \(writes "'):
        imports.convert(recipe, _data(recipe))
    tf.saved_model.save(_Module(tf), str(folder / "erf"))
    recipe = importing(folder, "erf")
    with pytest.raises(ModelError, match=r"the converter refuses the network: .*tf\.Betainc"):
        imports.convert(recipe, _data(recipe))


def _Module(tf):  # noqa: N802
    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None, 8, 8, 1), tf.float32)])
        def __call__(self, x):
            flat = tf.reshape(x, (-1, 64))[:, :10]
            return tf.math.betainc(flat + 1.0, flat + 2.0, flat)

    return Module()
