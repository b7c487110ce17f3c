"""Golden models are whole, and the reference answers them as their vectors say."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from tinyedge import resources
from tinyedge.oracle import Oracle
from tinyedge.quantize import check_int8

FOLDERS = sorted(resources.root("models").glob("*/golden"))


def test_there_is_one() -> None:
    assert "digits-cnn" in [folder.parent.name for folder in FOLDERS]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_files_have_their_sums(folder: Path) -> None:
    listed = dict(
        reversed(line.split()) for line in (folder / "SHA256SUMS").read_text().splitlines()
    )
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != "SHA256SUMS"
    }
    assert found == listed


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_the_reference_gives_the_recorded_bytes(folder: Path) -> None:
    tflite = (folder / f"{folder.parent.name}.tflite").read_bytes()
    check_int8(tflite, folder.parent.name)
    oracle = Oracle(tflite)
    with np.load(folder / "vectors.npz") as vectors:
        for sample, expected in zip(vectors["inputs"], vectors["outputs"], strict=True):
            assert np.array_equal(oracle.run([sample])[0].ravel(), expected)
        right = vectors["outputs"].argmax(axis=1) == vectors["labels"]
    assert right.mean() > 0.8
