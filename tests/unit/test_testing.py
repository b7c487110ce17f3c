"""The helpers of users' tests pass where the device holds, and fail with what does not."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.tools import CHECKOUT, need
from tinyedge import flash
from tinyedge.errors import ConfigError
from tinyedge.testing import (
    Device,
    assert_accuracy,
    assert_byte_exact,
    assert_fits,
    assert_latency,
    build,
)
from tinyedge.workspace import Workspace

GOLDEN = CHECKOUT / "models" / "digits-cnn" / "golden"
VECTORS = GOLDEN / "vectors.npz"


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    need("make", "gcc")
    workspace = Workspace(tmp_path_factory.mktemp("testing"))
    built = build(str(GOLDEN / "digits-cnn.tflite"), "host", None, workspace)
    with flash.run(built.artifact, built.firmware.board) as running:
        yield Device(built, running.url)


def test_bytes_that_are_equal_and_some_that_are_not(device: Device) -> None:
    assert assert_byte_exact(device, samples=7).samples == 7
    loaded = device.built.firmware.loaded
    weights = next(t.data.tobytes() for op in loaded.graph.ops for t in op.inputs if t.is_constant)
    changed = weights[:4] + bytes(byte ^ 0x55 for byte in weights[4:])
    assert loaded.tflite.count(weights) == 1
    other = dataclasses.replace(loaded, tflite=loaded.tflite.replace(weights, changed))
    firmware = dataclasses.replace(device.built.firmware, loaded=other)
    built = dataclasses.replace(device.built, firmware=firmware)
    with pytest.raises(AssertionError, match=r"7 of 7 answers differ .* sample 0 differs in"):
        assert_byte_exact(Device(built, device.url), samples=7)


def test_accuracy(device: Device, tmp_path: Path) -> None:
    assert assert_accuracy(device, at_least=0.95, inputs=VECTORS).samples == 20
    with np.load(VECTORS) as file:
        np.savez(tmp_path / "wrong.npz", inputs=file["inputs"], labels=(file["labels"] + 1) % 10)
    with pytest.raises(AssertionError, match=r"accuracy 0\.\d+ over 20 samples of wrong\.npz"):
        assert_accuracy(device, at_least=0.5, inputs=tmp_path / "wrong.npz")
    with pytest.raises(ConfigError, match="have no labels"):
        assert_accuracy(device, at_least=0.5)
    with pytest.raises(ConfigError, match="90 is no share"):
        assert_accuracy(device, at_least=90)


def test_latency_is_held_to_a_unit_that_the_board_measures(device: Device) -> None:
    assert assert_latency(device, at_most={"s": 100, "instructions": 1}, runs=3).runs == 3
    with pytest.raises(AssertionError, match=r"takes [\d,.]+ ns, more than 0\.5"):
        assert_latency(device, at_most={"s": 100, "ns": 0.5})
    with pytest.raises(ConfigError, match=r"host measures ns, .* at_most has instructions"):
        assert_latency(device, at_most={"instructions": 10**9})
    with pytest.raises(ConfigError, match='no unit "instruction"; did you mean "instructions"'):
        assert_latency(device, at_most={"instruction": 10**9})


def test_size(device: Device) -> None:
    report = device.built.report
    assert_fits(device.built)
    assert_fits(device.built, flash=report.flash_total_bytes, ram="1M")
    with pytest.raises(AssertionError, match="bytes of flash, 1 more than"):
        assert_fits(device.built, flash=report.flash_total_bytes - 1)
    with pytest.raises(AssertionError, match="bytes of RAM"):
        assert_fits(device.built, ram="1K")
    small = dataclasses.replace(
        device.built, report=type(report)(**{**_fields(report), "ram_available": 7})
    )
    with pytest.raises(AssertionError, match=r"more than 7$"):
        assert_fits(small, ram="1M")


def _fields(report: object) -> dict[str, object]:
    return {name: getattr(report, name) for name in report.__struct_fields__}  # type: ignore[attr-defined]


def test_infer_takes_the_model_s_type_or_real_values(device: Device) -> None:
    tensor = device.built.firmware.loaded.graph.inputs[0]
    real = (np.zeros(tensor.shape) - tensor.q.zero_point) * tensor.q.scale
    (exact,) = device.infer(np.zeros(tensor.shape, np.int8))
    (quantized,) = device.infer(real)
    assert exact.shape == (1, 10)
    assert np.array_equal(exact, quantized)
    with pytest.raises(ConfigError, match=r"uint8 of shape .* takes int8 of shape \(1, 8, 8, 1\)"):
        device.infer(np.zeros(tensor.shape, np.uint8))
    with pytest.raises(ConfigError, match="0 inputs given; the model takes 1"):
        device.infer()
