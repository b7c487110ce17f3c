"""The device's training in C against its twin in numpy, bit for bit, and against TFLM."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest

from tests.support import learning
from tests.support.learning import CLASSES
from tests.support.tflite_writer import ModelWriter
from tinyedge.errors import ModelError
from tinyedge.graph import read_tflite
from tinyedge.learn import head as heads
from tinyedge.learn import sgd
from tinyedge.learn.sgd import Settings, Trainer
from tinyedge.learn.write import patched
from tinyedge.oracle import Oracle

F = np.float32


def _samples(rng, count):
    labels = rng.integers(0, CLASSES, count)
    centres = rng.integers(-90, 90, (CLASSES, 12))
    noise = rng.integers(-30, 30, (count, 12))
    return np.clip(centres[labels] + noise, -128, 127).astype(np.int8), labels


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("per_channel", [True, False])
def test_c_and_numpy_learn_the_same_bits(tmp_path: Path, layers: int, per_channel: bool) -> None:
    rng = np.random.default_rng(layers + 2 * per_channel)
    tflite = learning.model(rng, per_channel)
    device = learning.native(tflite, layers, tmp_path)
    x, labels = _samples(rng, 90)
    settings = Settings(learning_rate=0.05, momentum=0.8, l2=0.01, batch=7)
    trainer = Trainer(device.head, settings)
    device.infer(x[0])
    device.begin(settings)
    for number, (sample, label) in enumerate(zip(x, labels.tolist(), strict=True)):
        if number == 40:  # in the middle of a batch
            device.library.te_learn_rate(ctypes.c_float(0.013))
            trainer.rate(0.013)
        device.infer(sample)
        probability, predicted = device.sample(label)
        twin = trainer.sample(device.features(), label)
        assert (probability, predicted) == (twin.probability, twin.predicted)
    device.library.te_learn_apply()
    trained = trainer.apply()
    for index, layer in enumerate(trained.layers):
        assert np.array_equal(
            device.weights(index).view(np.uint32), trainer.weights[index].view(np.uint32)
        )
        assert np.array_equal(device.plain_bias(index, 0), layer.quantized.bias)
        assert np.array_equal(
            device.scales(index, 0).view(np.uint32), layer.quantized.scales.view(np.uint32)
        )
    _same_answers(device, patched(tflite, trained), x)
    device.library.te_learn_keep()
    device.begin(settings)
    further = Trainer(trained, settings)
    for index, weights in enumerate(further.weights):  # it goes on from the int8 weights
        assert device.weights(index).tobytes() == weights.tobytes()


def _same_answers(device, tflite, x):
    """The device answers what TensorFlow Lite Micro does with the trained file."""
    oracle = Oracle(tflite)
    for sample in x:
        assert device.infer(sample).tobytes() == oracle.run([sample[None]])[0].tobytes()


def test_training_learns(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    device = learning.native(learning.model(rng), 1, tmp_path)
    x, labels = _samples(rng, 400)
    before = sum(int(device.infer(s).argmax()) == k for s, k in zip(x, labels, strict=True))
    device.begin(Settings(learning_rate=0.02))
    for sample, label in zip(x, labels.tolist(), strict=True):
        device.infer(sample)
        device.sample(label)
    device.library.te_learn_apply()
    after = sum(int(device.infer(s).argmax()) == k for s, k in zip(x, labels, strict=True))
    assert after > before + 100


def test_a_trial_can_be_undone_kept_and_reset(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    tflite = learning.model(rng)
    device = learning.native(tflite, 1, tmp_path)
    x, labels = _samples(rng, 40)
    first = [device.infer(sample).tobytes() for sample in x]

    def learn() -> list[bytes]:
        device.begin(Settings(learning_rate=0.1, batch=1))
        for sample, label in zip(x, labels.tolist(), strict=True):
            device.infer(sample)
            device.sample(label)
        device.library.te_learn_apply()
        return [device.infer(sample).tobytes() for sample in x]

    trained = learn()
    assert trained != first
    device.library.te_learn_undo()
    assert [device.infer(sample).tobytes() for sample in x] == first
    assert learn() == trained
    device.library.te_learn_keep()
    further = learn()
    assert further != trained
    device.library.te_learn_undo()
    assert [device.infer(sample).tobytes() for sample in x] == trained
    device.library.te_learn_reset()
    assert [device.infer(sample).tobytes() for sample in x] == first


def test_weights_beyond_float32_leave_the_tables_in_their_ranges(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    device = learning.native(learning.model(rng), 2, tmp_path)
    x, labels = _samples(rng, 30)
    device.begin(Settings(learning_rate=1e6, momentum=0.99, l2=1e6, batch=1))
    for sample, label in zip(x, labels.tolist(), strict=True):
        device.infer(sample)
        device.sample(label)
    assert not np.isfinite(device.weights(1)).all()
    device.library.te_learn_apply()
    for layer in range(2):
        assert np.abs(device.plain_bias(layer, 0).astype(np.int64)).max() <= sgd.BIAS_LIMIT
    device.infer(x[0])  # the sanitizer watches the multipliers
    device.library.te_learn_reset()


def test_exp_is_close_and_never_subnormal() -> None:
    x = -np.linspace(0, 100, 200_001).astype(F)
    found, exact = sgd.exp(x), np.exp(x.astype(np.float64))
    assert np.all((found == 0) == (x <= -87))
    kept = x > -87
    assert np.max(np.abs(found[kept] / exact[kept] - 1)) < 2.5e-7


def test_writing_an_untrained_head_changes_no_weight() -> None:
    tflite = learning.model(np.random.default_rng(8))
    head = heads.find(read_tflite.read(tflite, "first"), 2)
    again = heads.find(read_tflite.read(patched(tflite, head), "again"), 2)
    for before, after in zip(head.layers, again.layers, strict=True):
        for name in ("weights", "bias", "scales"):
            there = getattr(after.quantized, name)
            assert np.array_equal(there, getattr(before.quantized, name))


@pytest.mark.parametrize(
    ("layers", "words"), [(0, "1 to 2"), (3, "1 to 2"), (2, "is no FULLY_CONNECTED")]
)
def test_what_cannot_be_trained_is_refused(layers: int, words: str) -> None:
    made = ModelWriter()
    x = made.input((1, 4), scale=0.5, zero_point=0)
    x = made.logistic(x)
    weights, bias = np.ones((3, 4), np.int8), np.zeros(3, np.int32)
    y = made.fully_connected(x, weights, [0.1], bias, scale=0.2, zero_point=0)
    graph = read_tflite.read(made.finish(y), "short")
    with pytest.raises(ModelError) as caught:
        heads.find(graph, layers)
    assert words in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize("changed", ["bias", "activation"])
def test_a_last_layer_with_a_clamp_or_without_bias_is_refused(changed: str) -> None:
    made = ModelWriter()
    x = made.input((1, 4), scale=0.5, zero_point=0)
    bias = None if changed == "bias" else np.zeros(3, np.int32)
    activation = "RELU" if changed == "activation" else "NONE"
    weights = np.ones((3, 4), np.int8)
    out = {"scale": 0.2, "zero_point": -128, "activation": activation}
    y = made.fully_connected(x, weights, [0.1], bias, **out)
    with pytest.raises(ModelError, match="bias" if changed == "bias" else "relu"):
        heads.find(read_tflite.read(made.finish(y), "short"))
