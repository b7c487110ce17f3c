"""Samples from files are checked before anything is sent; never unpickled."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.tflite_writer import ModelWriter
from tinyedge import samples
from tinyedge.errors import ConfigError
from tinyedge.graph import read_tflite
from tinyedge.graph.types import Graph


def _graph() -> Graph:
    model = ModelWriter()
    x = model.input((1, 4), scale=0.5, zero_point=-3)
    weights = np.ones((3, 4), np.int8)
    y = model.fully_connected(
        x, weights=weights, weight_scales=[0.1], bias=None, scale=0.2, zero_point=0
    )
    return read_tflite.read(model.finish(y), "tiny")


GRAPH = _graph()
GOOD = np.arange(8, dtype=np.int8).reshape(2, 4)


def _npz(tmp_path: Path, **arrays: Any) -> Path:
    path = tmp_path / "v.npz"
    np.savez(path, **arrays)
    return path


def test_an_npz_is_read_as_it_is(tmp_path: Path) -> None:
    outputs = np.zeros((2, 3), np.int8)
    path = _npz(tmp_path, inputs=GOOD, outputs=outputs, labels=np.array([0, 2]), other=[1])
    read = samples.from_npz(path, GRAPH)
    assert len(read) == 2
    assert np.array_equal(read[1][0], GOOD[1])
    assert read.labels is not None
    assert read.labels.tolist() == [0, 2]
    assert read.outputs is not None
    assert read.class_names == ("0", "1", "2")
    assert read.source == "v.npz"
    assert len(samples.from_npz(path, GRAPH, 1)) == 1


def test_real_values_are_quantized_halves_away_from_zero(tmp_path: Path) -> None:
    real = np.array([[0.25, -0.25, 1000.0, -1000.0]])
    read = samples.from_npz(_npz(tmp_path, inputs=real), GRAPH)
    assert read[0][0].tolist() == [-2, -4, 127, -128]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, 'no array "inputs" \\(found: none'),
        ({"outputs": GOOD}, 'no array "inputs" \\(found: outputs'),
        ({"inputs": GOOD[:, :3]}, r"inputs has shape \(2, 3\), the model takes \(2, 4\)"),
        ({"inputs": np.int8(3)}, "inputs has shape"),
        ({"inputs": GOOD.astype(np.int16)}, "inputs holds int16, the model takes int8"),
        ({"inputs": GOOD[:0]}, "it holds no sample"),
        ({"inputs": GOOD * np.float32("nan")}, "inputs has values that are not finite"),
        ({"inputs": GOOD, "labels": np.array([0])}, r"hold \[1, 2\] samples"),
        ({"inputs": GOOD, "labels": np.array([0, 3])}, "labels run from 0 to 3"),
        ({"inputs": GOOD, "labels": np.array([-1, 0])}, "labels run from -1 to 0"),
        ({"inputs": GOOD, "labels": np.array([0.0, 1.0])}, "labels must be whole numbers"),
        ({"inputs": np.array([print, print])}, "not an .npz file of plain arrays"),
    ],
)
def test_a_wrong_npz_is_refused_by_name(
    tmp_path: Path, arrays: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=f"v.npz.*{message}"):
        samples.from_npz(_npz(tmp_path, **arrays), GRAPH)


def _truncated() -> bytes:
    whole = io.BytesIO()
    np.savez(whole, inputs=GOOD)
    return whole.getvalue()[:-30]


def _not_an_array() -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("inputs.npy", b"nonsense")
    return whole.getvalue()


@pytest.mark.parametrize("data", [b"", b"text", _truncated(), _not_an_array()])
def test_a_damaged_npz_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "v.npz"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=r"v\.npz"):
        samples.from_npz(path, GRAPH)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        samples.from_npz(tmp_path / "none.npz", GRAPH)
    with pytest.raises(ConfigError, match="directory"):
        samples.from_npz(tmp_path, GRAPH)


def test_random_samples_repeat_and_use_the_whole_range() -> None:
    first, again = samples.random(GRAPH, 500), samples.random(GRAPH, 500)
    assert np.array_equal(first.inputs[0], again.inputs[0])
    assert (first.inputs[0].min(), first.inputs[0].max()) == (-128, 127)
    assert first.labels is None
    other = samples.random(GRAPH, 500, seed=2)
    assert not np.array_equal(first.inputs[0], other.inputs[0])


def test_an_index_as_output_names_the_class() -> None:
    model = ModelWriter()
    x = model.input((1, 5), scale=0.1)
    graph = read_tflite.read(model.finish(model.arg_max(x, 1)), "m")
    assert samples.classes(graph) == 5
    assert samples.answered(np.array([3], np.int32)) == 3
    assert samples.answered(np.array([[-9, 4, 2]], np.int8)) == 1


def test_more_random_samples_than_memory_holds_are_refused() -> None:
    assert len(samples.random(GRAPH, 2)) == 2
    with pytest.raises(ConfigError, match="too many") as caught:
        samples.random(GRAPH, 10**20)
    assert caught.value.hint == f"at most {(1 << 30) // 4:,}"
