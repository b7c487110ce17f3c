"""Write models/<name>/golden/: the recipe's .tflite, a few vectors of its test split, sums.

Usage: scripts/make_golden.py RECIPE. The outputs are those of TensorFlow Lite Micro's reference.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np

from tinyedge import dataset, quantize, recipe, train
from tinyedge.graph import read_tflite
from tinyedge.oracle import Oracle
from tinyedge.workspace import Workspace, sha256, write_tree

VECTORS = 20


def main(name: str) -> None:
    """Train and quantize the recipe, then write the three files."""
    loaded, workspace = recipe.load(name), Workspace(Path("build"))
    quantize.quantize(loaded, workspace, train.train(loaded, workspace))
    tflite = quantize.tflite_path(loaded, workspace).read_bytes()
    files = {f"{name}.tflite": tflite, "vectors.npz": vectors(loaded, tflite)}
    sums = "".join(f"{sha256(data)}  {file}\n" for file, data in sorted(files.items()))
    write_tree(loaded.path.parent / "golden", {**files, "SHA256SUMS": sums})


def vectors(loaded: recipe.Recipe, tflite: bytes) -> bytes:
    """Return an .npz with ``inputs``, the reference's ``outputs`` and the ``labels``."""
    test = dataset.load(loaded.data, loaded.path).test.take(np.arange(VECTORS))
    inputs = quantize.inputs(test, read_tflite.read(tflite, loaded.name).inputs[0].q)
    oracle = Oracle(tflite, loaded.name)
    outputs = np.concatenate([oracle.run([sample])[0] for sample in inputs])
    buffer = io.BytesIO()
    np.savez_compressed(buffer, inputs=inputs, outputs=outputs, labels=test.labels)
    return buffer.getvalue()


if __name__ == "__main__":
    main(sys.argv[1])
