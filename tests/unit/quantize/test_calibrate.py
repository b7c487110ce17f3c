"""Ranges by other rules than least and greatest, a search for the best, and each layer's noise."""

import dataclasses
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from tests.conftest import Trained
from tests.support.imported import importing
from tinyedge import backend, dataset, resources, results
from tinyedge.cli import cli
from tinyedge.graph import read_tflite
from tinyedge.graph.types import Graph
from tinyedge.quantize import advice, calibrate, check_int8, convert, floats, noise, ptq, quantize
from tinyedge.quantize.calibrate import Choice
from tinyedge.recipe import Quantize, Recipe
from tinyedge.results import LayerNoise, QuantizeReport
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
    assert report.treat
    assert report.treat[:40] in done.output + done.stderr
    assert Path(report.layers_path).read_bytes().startswith(b"\x89PNG")
    kept = quantize(trained.recipe, trained.workspace, trained.report)
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
    values = floats.run(backend.load(), floating, data.test.first(noise.SAMPLES).inputs)
    graph = read_tflite.read(tflite, "x")
    found = noise.layers(trained.recipe, graph, data.test, values)
    worst = min(found, key=lambda layer: layer.gain_db)
    assert "conv2/Relu" in worst.tensor
    assert worst.gain_db < -10
    assert worst.advice
    assert advice.treat(found).startswith(f"treat layer {worst.index} {worst.op}")


def test_a_network_trained_with_int8_is_compared_with_itself(
    trained: Trained, data: dataset.Dataset, keras_model: bytes, floating: bytes
) -> None:
    """The least noise where weights are rounded for both; a wide range is found all the same."""
    tflite = _converted(trained.recipe, data, keras_model).tflite
    graph = read_tflite.read(tflite, "x")
    aware = _with(trained.recipe, method="qat")
    layers = noise.layers(aware, graph, data.test, noise.trained(graph, data.test))
    values = floats.run(backend.load(), floating, data.test.first(noise.SAMPLES).inputs)
    plain = noise.layers(trained.recipe, graph, data.test, values)
    assert [layer.op for layer in sorted(layers, key=lambda layer: layer.index)] == [
        op.kind for op in graph.ops
    ]
    first, also = (next(one for one in found if one.index == 0) for found in (layers, plain))
    assert also.snr_db - 1 < first.snr_db < 70
    assert all(-30 < layer.gain_db < 30 for layer in layers)


def _layer(index: int, snr: float, gain: float, text: str) -> LayerNoise:
    return LayerNoise(
        index=index, op="CONV_2D", tensor=f"t{index}", snr_db=snr, gain_db=gain, advice=text
    )


def test_one_sentence_says_which_layer_to_treat_and_how() -> None:
    layers = [_layer(2, 10.0, -3.0, "a"), _layer(1, 20.0, -9.5, "b"), _layer(0, 40.0, -20.0, "")]
    assert advice.treat(layers) == (
        'treat layer 1 CONV_2D "t1": it is 20.0 dB clean and loses 9.5 dB itself; b'
    )
    assert advice.treat(layers[2:]).startswith("no layer needs treatment")


@pytest.mark.parametrize(
    ("settings", "peak", "expected"),
    [
        ({}, 1.0, 'quantize.method = "qat"'),
        ({}, 50.0, 'quantize.calibration = "percentile" or "search"'),
        ({"calibration": "search"}, 50.0, 'quantize.method = "qat"'),
        ({"method": "qat", "epochs": 3}, 50.0, "quantize.epochs = 6"),
        ({"dense": "per-tensor"}, 1.0, 'quantize.dense = "per-channel"'),
    ],
)
def test_the_advice_is_a_key_that_is_not_set_yet(
    trained: Trained, settings: dict[str, Any], peak: float, expected: str
) -> None:
    recipe = _with(trained.recipe, **settings)
    golden = resources.root("models") / "digits-cnn" / "golden" / "digits-cnn.tflite"
    graph = read_tflite.read(golden.read_bytes(), "x")
    op = next(op for op in graph.ops if op.kind == "FULLY_CONNECTED")
    if "dense" in settings:
        weights, quant = op.inputs[1].data.copy(), op.inputs[1].q
        weights[0] //= 64
        whole = dataclasses.replace(quant, scales=quant.scales[:1], zero_points=(0,))
        tensor = dataclasses.replace(op.inputs[1], data=weights, quant=whole)
        op = dataclasses.replace(op, inputs=(op.inputs[0], tensor, *op.inputs[2:]))
    values = np.linspace(-1, 1, 10_000)
    values[0] = peak
    assert expected in advice.advise(recipe, op, 20.0, values)
    assert not advice.advise(recipe, op, 30.0, values)


def test_what_cannot_train_is_not_told_to(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "x.tflite").write_bytes(b"")
    recipe = importing(tmp_path, "x.tflite")
    op = type("Op", (), {"kind": "CONV_2D"})()
    values = np.linspace(-1, 1, 1000)
    assert "quantize.calibration" in advice.advise(recipe, op, 20.0, values)
    searched = _with(recipe, calibration="search")
    assert "quantize.samples = 80" in advice.advise(searched, op, 20.0, values)


def test_settings_are_part_of_what_a_result_depends_on(trained: Trained) -> None:
    first = quantize(trained.recipe, trained.workspace, trained.report)
    assert first.calibration == "min-max"
    assert Quantize().calibration == "min-max"
