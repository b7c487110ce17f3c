"""Ranges by other rules than least and greatest, a search for the best, and each layer's noise."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from tests.conftest import Trained
from tinyedge import backend, dataset, results
from tinyedge import quantize as quantization
from tinyedge.cli import cli
from tinyedge.errors import ConfigError
from tinyedge.graph import read_tflite
from tinyedge.graph.types import Graph
from tinyedge.quantize import calibrate, check_int8, convert, floats, noise, ptq, quantize
from tinyedge.quantize.calibrate import Choice
from tinyedge.recipe import Quantize, Recipe
from tinyedge.results import QuantizeReport
from tinyedge.train import model_path

pytestmark = pytest.mark.timeout(900)  # seconds where the machine is free


@pytest.fixture(scope="module")
def data(trained: Trained) -> dataset.Dataset:
    return dataset.load(trained.recipe.data, trained.recipe.path)


@pytest.fixture(scope="module")
def keras_model(trained: Trained) -> bytes:
    return model_path(trained.recipe, trained.workspace).read_bytes()


@pytest.fixture(scope="module")
def floating(keras_model: bytes, data: dataset.Dataset) -> bytes:
    return ptq.calibrated(backend.load(), keras_model, data.representative(40, 1).inputs, "x")


def _with(recipe: Recipe, **settings: object) -> Recipe:
    changed = msgspec.structs.replace(recipe.quantize, samples=40, **settings)
    return msgspec.structs.replace(recipe, quantize=changed)


def _peaks(graph: Graph) -> list[float]:
    """Greatest value of each ReLU's output, by its scale."""
    return [op.outputs[0].q.scale * 255 for op in graph.ops if "Relu" in op.outputs[0].name]


def _converted(
    recipe: Recipe, data: dataset.Dataset, model: bytes, **settings: object
) -> convert.Converted:
    return convert.convert(_with(recipe, **settings), data, model, None)


def test_ranges_are_what_the_rule_says(
    trained: Trained, data: dataset.Dataset, keras_model: bytes, floating: bytes
) -> None:
    samples = data.representative(40, 1).inputs
    values: dict[str, list[np.ndarray]] = {}
    for each in floats.run(backend.load(), floating, samples):
        for name, value in each.items():
            values.setdefault(name, []).append(value)
    name = next(name for name in values if "conv1/Relu" in name)
    found = calibrate.ranges(backend.load(), floating, samples, Choice("percentile", 99.0))
    assert found[name][1] == pytest.approx(np.percentile(values[name], 99.0), rel=1e-5)
    moving = float(values[name][0].max())
    for value in values[name][1:]:
        moving = 0.9 * moving + 0.1 * float(value.max())
    averaged = calibrate.ranges(backend.load(), floating, samples, Choice("moving-average"))
    assert averaged[name][1] == pytest.approx(moving, rel=1e-5)

    plain = _peaks(read_tflite.read(_converted(trained.recipe, data, keras_model).tflite, "x"))
    cut = _converted(trained.recipe, data, keras_model, calibration="percentile", percentile=99.0)
    graph = check_int8(cut.tflite, "x")
    assert cut.calibration == "percentile 99"
    assert all(less < more for less, more in zip(_peaks(graph), plain, strict=True))
    assert _peaks(graph)[0] == pytest.approx(found[name][1], rel=0.02)
    assert graph.inputs[0].q.scale == pytest.approx(1 / 255, rel=1e-3)


def test_dense_weights_have_one_scale_or_one_a_channel(
    trained: Trained, data: dataset.Dataset, keras_model: bytes
) -> None:
    for dense, wanted in (("per-tensor", 1), ("per-channel", 32)):
        tflite = _converted(trained.recipe, data, keras_model, dense=dense).tflite
        graph = read_tflite.read(tflite, "x")
        layer = next(op for op in graph.ops if op.kind == "FULLY_CONNECTED")
        assert len(layer.inputs[1].q.scales) == wanted, dense


def test_a_search_takes_what_is_best_on_the_validation_split(
    trained: Trained,
    data: dataset.Dataset,
    keras_model: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = {"min-max": 0.5, "moving-average": 0.8, "percentile 99.5": 0.8}
    given = iter([0.5, 0.8, 0.1, 0.2, 0.8])
    seen: list[dataset.Split] = []

    def judge(tflite: bytes, split: dataset.Split, *_rest: object) -> float:
        seen.append(split)
        return next(given)

    monkeypatch.setattr(convert.evaluate, "accuracy", judge)
    found = _converted(trained.recipe, data, keras_model, calibration="search")
    assert found.calibration == "moving-average"
    assert {trial.calibration: trial.accuracy for trial in found.trials}.items() >= wanted.items()
    assert all(np.array_equal(split.labels, data.validation.labels) for split in seen)
    alone = _converted(trained.recipe, data, keras_model, calibration="moving-average")
    assert alone.tflite == found.tflite


def test_layers_are_listed_worst_first_and_drawn(trained: Trained, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    where = ["--workspace", str(trained.workspace.root), "--json", str(out)]
    arguments = ["quantize", str(trained.recipe.path), "--layers", *where]
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    report = results.read(out, QuantizeReport)
    ratios = [layer.snr_db for layer in report.layers]
    assert ratios == sorted(ratios)
    assert {layer.op for layer in report.layers} >= {"CONV_2D", "FULLY_CONNECTED", "SOFTMAX"}
    assert all(10 < ratio < 60 for ratio in ratios)
    assert "signal to noise" in done.output
    assert Path(report.layers_path).read_bytes().startswith(b"\x89PNG")
    kept = quantization.quantize(trained.recipe, trained.workspace, trained.report)
    assert (kept.layers, kept.layers_path) == (report.layers, report.layers_path)


def test_a_range_that_is_too_wide_is_found_and_named(
    trained: Trained, data: dataset.Dataset, keras_model: bytes, floating: bytes
) -> None:
    """One layer's range is made 64 times too wide: it must lose 36 dB, and be told apart."""
    from tensorflow.lite.tools import flatbuffer_utils  # noqa: PLC0415

    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(floating))
    (tensor,) = [
        tensor
        for tensor in parsed.subgraphs[0].tensors
        if b"conv2/Relu" in tensor.name and tensor.quantization.min is not None
    ]
    tensor.quantization.max = tensor.quantization.max * 64
    wide = bytes(flatbuffer_utils.convert_object_to_bytearray(parsed))
    tflite = ptq.quantize_calibrated(backend.load(), wide, "x", "per-channel")
    found = noise.layers(backend.load(), read_tflite.read(tflite, "x"), floating, data.test)
    worst = min(found, key=lambda layer: layer.gain_db)
    assert "conv2/Relu" in worst.tensor
    assert worst.gain_db < -10
    assert worst.advice


def test_qat_has_no_layers_to_compare(trained: Trained, tmp_path: Path) -> None:
    made = quantization._Made(b"", Path("x"))
    with pytest.raises(ConfigError, match="no float network to compare with"):
        quantization._with_layers(trained.recipe, None, made, tmp_path, None)


def test_settings_are_part_of_what_a_result_depends_on(trained: Trained) -> None:
    first = quantize(trained.recipe, trained.workspace, trained.report)
    assert first.calibration == "min-max"
    assert Quantize().calibration == "min-max"
