"""Numbers and weights as an image: the same answers, and another model's once it is bound."""

import ctypes
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.support import learning
from tests.support.native import WARNINGS
from tests.support.tools import need
from tests.support.updatable import network
from tinyedge import board, resources, workspace
from tinyedge.compile import Options, compile_graph
from tinyedge.emit import aot, image, updating
from tinyedge.graph import read_tflite
from tinyedge.learn import head as heads
from tinyedge.learn.sgd import Settings, Trainer
from tinyedge.learn.write import patched
from tinyedge.oracle import Oracle

CORE = "cortex-m0"  # portable kernels alone run on this computer


def _made(tflite: bytes, trainable: int = 0) -> tuple[image.Image, dict[str, str]]:
    graph = read_tflite.read(tflite, "model")
    plan = compile_graph(graph, CORE, Options(portable=True, trainable=trainable))
    held = updating.replaceable(graph, plan, board.load("host"), tflite)
    files = aot.render(graph, plan, tflite, replaceable=True)
    return image.make(graph, plan), {**files, **updating.image_files("model", held)}


def _library(files: dict[str, str], folder: Path) -> ctypes.CDLL:
    need("gcc")
    workspace.write_tree(folder, files)
    found = sorted(folder.rglob("*.[ch]"))
    folders = {str(path.parent) for path in found}
    folders.add(str(resources.root("firmware_templates") / "include"))
    library = folder / "model.so"
    flags = [*WARNINGS, "-O1", "-shared", "-fPIC", "-fsanitize=undefined", "-ffp-contract=off"]
    flags += ["-fno-sanitize-recover=all", *(f"-I{path}" for path in sorted(folders))]
    sources = [str(path) for path in found if path.suffix == ".c"]
    subprocess.run(["gcc", *flags, *sources, "-o", str(library)], check=True)
    loaded = ctypes.CDLL(str(library))
    loaded.te_model_input.restype = ctypes.c_void_p
    loaded.te_model_output.restype = ctypes.c_void_p
    return loaded


def _answers(
    library: ctypes.CDLL, tflite: bytes, count: int = 20
) -> tuple[list[bytes], list[bytes]]:
    """What the library answers to random inputs, and the reference on ``tflite``."""
    graph = read_tflite.read(tflite, "model")
    rng, oracle = np.random.default_rng(3), Oracle(tflite)
    got, expected = [], []
    for _ in range(20):
        x = rng.integers(-128, 128, graph.inputs[0].shape, np.int8)
        ctypes.memmove(library.te_model_input(0), x.tobytes(), x.nbytes)
        library.te_model_invoke()
        got.append(ctypes.string_at(library.te_model_output(0), graph.outputs[0].bytes))
        expected.append(oracle.run([x])[0].tobytes())
    return got, expected


def _aligned(data: bytes) -> tuple[ctypes.Array[ctypes.c_char], int]:
    memory = ctypes.create_string_buffer(len(data) + 16)
    at = ctypes.addressof(memory) + 15 & ~15
    ctypes.memmove(at, data, len(data))
    return memory, at


@pytest.mark.parametrize("trainable", [0, 1])
def test_one_firmware_runs_every_image_of_its_architecture(tmp_path: Path, trainable: int) -> None:
    first, second = network(1), network(2)
    made, files = _made(first, trainable)
    other, _ = _made(second, trainable)
    library = _library(files, tmp_path)
    assert library.te_model_init() == 0
    got, expected = _answers(library, first)
    assert got == expected
    memory, at = _aligned(other.data)
    library.te_model_bind(ctypes.c_void_p(at), len(other.data))
    got, expected = _answers(library, second)
    assert got == expected
    assert memory.raw.count(other.data) == 1
    if not trainable:  # a head that learns knows its scales beforehand
        assert made.architecture == other.architecture
    assert len(made.data) == len(other.data)


def test_another_shape_is_another_architecture() -> None:
    assert _made(network(1))[0].architecture != _made(network(1, channels=8))[0].architecture


def test_an_image_begins_with_the_hash_of_its_file() -> None:
    tflite = network(1)
    assert _made(tflite)[0].data[:32].hex() == read_tflite.read(tflite, "model").sha256


def test_a_trained_head_keeps_its_architecture(tmp_path: Path) -> None:
    tflite = learning.model(np.random.default_rng(1))
    head = heads.find(read_tflite.read(tflite, "model"))
    trainer = Trainer(head, Settings(learning_rate=0.5))
    trainer.sample(np.arange(learning.HIDDEN, dtype=np.int8), 1)
    adapted = patched(tflite, trainer.apply())
    made, files = _made(tflite, 1)
    other, _ = _made(adapted, 1)
    assert made.architecture == other.architecture
    library = _library(files, tmp_path)
    library.te_model_init()
    memory, at = _aligned(other.data)
    library.te_model_bind(ctypes.c_void_p(at), len(other.data))
    got, expected = _answers(library, adapted)
    assert got == expected
    assert memory is not None
