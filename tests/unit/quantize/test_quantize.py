"""Full-int8 quantization: the same bytes every time, its accuracy by the reference, refusals."""

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.conftest import Trained
from tests.support.training import short_recipe
from tinyedge import backend, dataset
from tinyedge.errors import CheckFailed, ModelError, TinyedgeError
from tinyedge.graph import read_tflite
from tinyedge.graph.types import DType
from tinyedge.oracle import Oracle
from tinyedge.quantize import (
    QuantizeReport,
    check_int8,
    inputs,
    ptq,
    quantize,
    require_accuracy,
)
from tinyedge.train import model_path
from tinyedge.workspace import Workspace, sha256


@pytest.fixture(scope="module")
def quantized(trained: Trained) -> QuantizeReport:
    return quantize(trained.recipe, trained.workspace, trained.report, force=True)


def test_the_model_is_int8_throughout_with_one_sample_a_batch(
    trained: Trained, quantized: QuantizeReport
) -> None:
    graph = check_int8(Path(quantized.tflite_path).read_bytes(), "digits")
    assert [op.kind for op in graph.ops] == [
        "CONV_2D", "MAX_POOL_2D", "CONV_2D", "MAX_POOL_2D",
        "RESHAPE", "FULLY_CONNECTED", "FULLY_CONNECTED", "SOFTMAX",
    ]  # fmt: skip
    assert [(t.shape, t.dtype) for t in graph.inputs] == [((1, 8, 8, 1), DType.INT8)]
    assert [(t.shape, t.dtype) for t in graph.outputs] == [((1, 10), DType.INT8)]


def test_the_accuracy_is_the_reference_s_over_the_whole_test_split(
    trained: Trained, quantized: QuantizeReport
) -> None:
    tflite = Path(quantized.tflite_path).read_bytes()
    test = dataset.load(trained.recipe.data, trained.recipe.path).test
    oracle = Oracle(tflite)
    samples = inputs(test, read_tflite.read(tflite, "x").inputs[0].q)
    right = [oracle.run([s])[0].argmax() == n for s, n in zip(samples, test.labels, strict=True)]
    assert quantized.test_samples == len(right) == 359
    assert quantized.int8_accuracy == pytest.approx(np.mean(right))
    assert quantized.float_accuracy == trained.report.test_accuracy
    assert quantized.accuracy_drop == quantized.float_accuracy - quantized.int8_accuracy
    assert quantized.sha256 == sha256(tflite)
    assert quantized.tflite_bytes == len(tflite)


def test_several_processes_count_as_one_does(
    trained: Trained, quantized: QuantizeReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinyedge.quantize.evaluate._ALONE", 0)
    heard: list[tuple[int, int]] = []
    again = quantize(
        trained.recipe,
        trained.workspace,
        trained.report,
        lambda done, total: heard.append((done, total)),
        force=True,
    )
    assert again == quantized  # so are the bytes: their digest is in it
    assert heard[0] == (0, 359)
    assert heard[-1] == (359, 359)
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)


def test_nothing_is_converted_again_while_nothing_changed(
    trained: Trained, quantized: QuantizeReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ptq, "convert", None)
    assert quantize(trained.recipe, trained.workspace, trained.report) == quantized


def test_other_samples_quantize_again(
    trained: Trained, quantized: QuantizeReport, tmp_path: Path
) -> None:
    shutil.copytree(trained.workspace.root, tmp_path / "build")
    other = short_recipe(tmp_path, **{"samples = 200": "samples = 20"})
    report = quantize(other, Workspace(tmp_path / "build"), trained.report)
    assert report.representative_samples == 20
    assert report.sha256 != quantized.sha256


def test_a_drop_beyond_the_recipe_s_is_a_failed_check(quantized: QuantizeReport) -> None:
    require_accuracy(quantized)
    worse = msgspec.structs.replace(
        quantized, int8_accuracy=quantized.float_accuracy - 0.03, accuracy_drop=0.03, held=False
    )
    with pytest.raises(CheckFailed, match=r"loses 3\.00 percentage points.*allows 2\.00"):
        require_accuracy(worse)


def test_what_the_recipe_allows_is_read_anew(
    trained: Trained, quantized: QuantizeReport, tmp_path: Path
) -> None:
    strict = short_recipe(tmp_path, **{"max_accuracy_drop = 2.0": "max_accuracy_drop = 0.0"})
    report = quantize(strict, trained.workspace, trained.report)
    assert report.max_accuracy_drop == 0
    assert report.held is (report.accuracy_drop <= 0)


def test_an_untrained_network_is_refused_with_the_next_step(
    trained: Trained, tmp_path: Path
) -> None:
    with pytest.raises(TinyedgeError, match="No such file") as caught:
        quantize(trained.recipe, Workspace(tmp_path), trained.report)
    assert "tinyedge train" in caught.value.hint


def _convert(trained: Trained, *, calibrate: bool) -> bytes:
    """The network as TensorFlow converts it without int8 edges, or without int8 at all."""
    tf, keras = backend.load().tf, backend.load().keras
    model = keras.models.load_model(model_path(trained.recipe, trained.workspace), compile=False)
    one = tf.TensorSpec((1, 8, 8, 1), tf.float32)
    function = tf.function(model, input_signature=[one]).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], model)
    if calibrate:
        samples = np.linspace(0, 1, 640, dtype=np.float32).reshape(10, 1, 8, 8, 1)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([sample] for sample in samples)
    with backend.quiet():
        return bytes(converter.convert())


def test_a_float_tensor_that_is_left_is_named(trained: Trained) -> None:
    with pytest.raises(ModelError, match=r"float tensors left: .*conv2.* and \d+ more"):
        check_int8(_convert(trained, calibrate=False), "floating")


def test_a_float_edge_is_named(trained: Trained) -> None:
    with pytest.raises(ModelError, match=r'input ".*" is float32, not int8'):
        check_int8(_convert(trained, calibrate=True), "floating")
