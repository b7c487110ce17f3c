"""A network that ends in dense layers, and its training in C as a library of this computer."""

from __future__ import annotations

import ctypes
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.support.native import WARNINGS
from tests.support.tflite_writer import ModelWriter
from tinyedge import resources, workspace
from tinyedge.compile import Options, compile_graph
from tinyedge.emit import aot
from tinyedge.graph import read_tflite
from tinyedge.learn import head as heads
from tinyedge.learn.head import Head
from tinyedge.learn.sgd import Settings
from tinyedge.oracle import Oracle

FEATURES, HIDDEN, CLASSES = 21, 11, 5


def model(rng: np.random.Generator, per_channel: bool = True, softmax: bool = True) -> bytes:
    """Two dense layers behind a first, the second of them with ReLU; weights are drawn."""
    made = ModelWriter()
    x = made.input((1, 12), scale=0.03, zero_point=-7)
    sizes = (12, FEATURES, HIDDEN, CLASSES)
    for index, (inputs, outputs) in enumerate(pairwise(sizes)):
        scales = rng.uniform(0.005, 0.02, outputs if per_channel else 1)
        x = made.fully_connected(
            x,
            weights=rng.integers(-127, 128, (outputs, inputs), np.int8),
            weight_scales=scales.tolist(),
            bias=rng.integers(-900, 900, outputs, np.int32),
            scale=0.09,
            zero_point=-128 if index < 2 else 3,
            activation="RELU" if index < 2 else "NONE",
        )
    return made.finish(made.softmax(x) if softmax else x)


class _Settings(ctypes.Structure):
    _fields_ = (
        ("learning_rate", ctypes.c_float),
        ("momentum", ctypes.c_float),
        ("l2", ctypes.c_float),
        ("batch", ctypes.c_uint32),
    )


class _Outcome(ctypes.Structure):
    _fields_ = (("probability", ctypes.c_float), ("predicted", ctypes.c_uint32))


class _Slot(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_void_p)
        for name in ("weights", "bias", "multiplier", "shift", "plain_bias", "scales")
    )


class _Head(ctypes.Structure):
    _fields_ = (
        ("compiled", ctypes.c_void_p),
        ("compiled_scales", ctypes.c_void_p),
        ("input_scale", ctypes.c_float),
        ("output_scale", ctypes.c_float),
        ("input_zero_point", ctypes.c_int32),
        ("per_channel", ctypes.c_bool),
        ("low", ctypes.c_float),
        ("high", ctypes.c_float),
        ("weights", ctypes.c_void_p),
        ("velocity", ctypes.c_void_p),
        ("values", ctypes.c_void_p),
        ("errors", ctypes.c_void_p),
        ("slots", _Slot * 2),
    )


@dataclass(frozen=True, eq=False)
class Native:
    """The generated firmware's model and training, called directly."""

    library: Any
    head: Head

    def infer(self, x: NDArray[np.int8]) -> NDArray[np.int8]:
        """One inference."""
        ctypes.memmove(self.library.te_model_input(0), x.tobytes(), x.nbytes)
        assert self.library.te_model_invoke() == 0
        outputs = self.head.layers[-1].outputs
        return _array(self.library.te_model_output(0), np.int8, outputs)

    def features(self) -> NDArray[np.int8]:
        """What the first trained layer has read."""
        address = ctypes.addressof(ctypes.c_int8.in_dll(self.library, "te_head_features"))
        return _array(address, np.int8, self.head.layers[0].inputs)

    def begin(self, s: Settings) -> None:
        """Start training."""
        values = _Settings(s.learning_rate, s.momentum, s.l2, s.batch)
        self.library.te_learn_begin(ctypes.byref(values))

    def sample(self, label: int) -> tuple[float, int]:
        """Train on the last inference: probability, predicted."""
        outcome = self.library.te_learn_sample(label)
        return outcome.probability, outcome.predicted

    def weights(self, layer: int) -> NDArray[np.float32]:
        """The float32 weights, the bias in the last column."""
        shape = (self.head.layers[layer].outputs, self.head.layers[layer].inputs + 1)
        raw = _array(self._head(layer).weights, np.float32, shape[0] * shape[1])
        return raw.reshape(shape)

    def plain_bias(self, layer: int, slot: int) -> NDArray[np.int32]:
        """The int32 bias of a slot."""
        address = self._head(layer).slots[slot].plain_bias
        return _array(address, np.int32, self.head.layers[layer].outputs)

    def scales(self, layer: int, slot: int) -> NDArray[np.float32]:
        """The weights' scales of a slot."""
        address = self._head(layer).slots[slot].scales
        return _array(address, np.float32, self.head.layers[layer].outputs)

    def _head(self, layer: int) -> _Head:
        return (_Head * len(self.head.layers)).in_dll(self.library, "te_heads")[layer]


def head(path: Path, layers: int = 1) -> Head:
    """The last layers of the file at ``path``."""
    return heads.find(read_tflite.read(path.read_bytes(), "learner"), layers)


def features(path: Path, x: NDArray[np.int8], layers: int = 1) -> NDArray[np.int8]:
    """What the reference's first trained layer reads."""
    oracle = Oracle(path.read_bytes())
    oracle.run([x])
    return oracle.tensors()[head(path, layers).layers[0].op.inputs[0].index].reshape(-1)


def _array(address: int, kind: Any, count: int) -> NDArray[Any]:
    size = np.dtype(kind).itemsize * count
    return np.frombuffer(ctypes.string_at(address, size), kind).copy()


def native(tflite: bytes, layers: int, folder: Path) -> Native:
    """Generate and compile, with the undefined behaviour sanitizer."""
    graph = read_tflite.read(tflite, "learner")
    plan = compile_graph(graph, "cortex-m4f", Options(portable=True, trainable=layers))
    workspace.write_tree(folder, aot.render(graph, plan, tflite))
    found = sorted(folder.rglob("*.[ch]"))
    folders = {str(path.parent) for path in found}
    folders.add(str(resources.root("firmware_templates") / "include"))
    library = folder / "learner.so"
    flags = (*WARNINGS, "-O2", "-shared", "-fPIC", "-fsanitize=undefined", "-ffp-contract=off")
    subprocess.run(
        [
            "gcc",
            *flags,
            "-fno-sanitize-recover=all",
            *(f"-I{path}" for path in sorted(folders)),
            *(str(path) for path in found if path.suffix == ".c"),
            "-o",
            str(library),
        ],
        check=True,
    )
    loaded = ctypes.CDLL(str(library))
    loaded.te_model_input.restype = ctypes.c_void_p
    loaded.te_model_output.restype = ctypes.c_void_p
    loaded.te_learn_sample.restype = _Outcome
    return Native(loaded, heads.find(graph, layers))
