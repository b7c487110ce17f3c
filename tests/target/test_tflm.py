"""TensorFlow Lite Micro itself on an emulated Cortex-M4, against the oracle, byte for byte.

The project carries no TFLM. TFLM_DIR names a tree in which its own makefile has built the library;
every library found there is tested. The templates' C++ is compiled against that tree's headers,
warnings as errors.
"""

import hashlib
import os
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support import updatable
from tests.support.tflite_writer import ModelWriter
from tests.support.tools import CHECKOUT, need, shared_models
from tinyedge import board, build, flash
from tinyedge.build import size
from tinyedge.device import debug
from tinyedge.emit import carray, firmware
from tinyedge.emit.tflm_operators import METHODS, operator
from tinyedge.errors import LinkError
from tinyedge.flash import Device
from tinyedge.graph.read_tflite import read
from tinyedge.link.session import Session
from tinyedge.link.updating import COMPILED, Updating
from tinyedge.oracle import Oracle
from tinyedge.packaging import Package
from tinyedge.workspace import write_tree

BOARD = "qemu-mps2-an386"
SAMPLES = 2
_LIBRARY = "gen/cortex_m_generic_cortex-m4+fp_*/lib/libtensorflow-microlite.a"
Patch = Callable[[dict[str, str | bytes]], None]


def _libraries() -> list[Path]:
    tree = os.environ.get("TFLM_DIR")
    return sorted(Path(tree).glob(_LIBRARY)) if tree else []


@pytest.fixture(params=_libraries() or [None], ids=lambda p: p.parts[-3] if p else "none")
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    if request.param is None:
        pytest.skip(
            "TFLM_DIR names no TensorFlow Lite Micro tree with a library for cortex-m4+fp; "
            "the README says how to build one"
        )
    need("make", "arm-none-eabi-gcc", "qemu-system-arm")
    monkeypatch.setenv("TFLM_LIB", str(request.param))
    path: Path = request.param
    return path


def _golden() -> list[Path]:
    return sorted((CHECKOUT / "models").glob("*/golden/*.tflite"))


@contextmanager
def _device(
    data: bytes, name: str, folder: Path, patch: Patch = lambda _: None
) -> Iterator[tuple[Device, size.SizeReport]]:
    files = firmware.render(read(data, name), None, board.load(BOARD), "tflm", data)
    patch(files)
    write_tree(folder / "firmware", files)
    artifact = build.build(folder / "firmware", board.load(BOARD))
    with flash.run(artifact, board.load(BOARD)) as device:
        yield device, size.measure(artifact, board.load(BOARD))


def _check(data: bytes, name: str, inputs: np.ndarray, folder: Path) -> None:
    oracle, ticks = Oracle(data, name), set()
    with _device(data, name, folder) as (device, sizes), Session(device.url) as session:
        hello = session.hello
        assert (hello.runtime, hello.model) == ("tflm", name)
        for row in inputs:
            image = np.ascontiguousarray(row, np.int8).reshape(hello.inputs[0].shape)
            answer = session.infer([image.tobytes()])
            assert answer.outputs == (oracle.run([image])[0].tobytes(),)
            ticks.add(answer.ticks)
        assert 0 < hello.arena_used <= hello.arena_reserved
        instructions = board.load(BOARD).instructions(sorted(ticks)[0])
        print(  # noqa: T201  figures to read with -s
            f"{name}: {instructions:,} instructions, arena {hello.arena_used:,} of "
            f"{hello.arena_reserved:,}, flash code {sizes.flash_code:,}, "
            f"stack {session.status().stack_peak:,}"
        )


@pytest.mark.parametrize("name", ["ad", "ic", "kws", "sww", "vww"])
def test_mlperf_tiny(library: Path, name: str, tmp_path: Path) -> None:
    folder = shared_models()
    vectors = np.load(folder / f"{name}.vectors.npz")
    data = (folder / f"{name}.tflite").read_bytes()
    _check(data, name, vectors[vectors.files[0]][:SAMPLES], tmp_path)


@pytest.mark.parametrize("path", _golden(), ids=lambda path: path.stem)
def test_own_models(library: Path, path: Path, tmp_path: Path) -> None:
    data = path.read_bytes()
    shape = read(data, path.stem).inputs[0].shape
    images = np.random.default_rng(1).integers(-128, 128, (SAMPLES, *shape))
    _check(data, path.stem, images, tmp_path)


def _small(version: int = 3) -> bytes:
    model = ModelWriter()
    x = model.input((1, 16), scale=0.05)
    y = model.fully_connected(
        x,
        weights=np.ones((4, 16), np.int8),
        weight_scales=0.01,
        bias=np.zeros(4, np.int32),
        scale=0.1,
        zero_point=0,
    )
    model.model.version = version
    return model.finish(model.softmax(y))


def _replace(path: str, pattern: str, by: str) -> Patch:
    def patch(files: dict[str, str | bytes]) -> None:
        text = files[path]
        assert isinstance(text, str)
        files[path], count = re.subn(pattern, by, text)
        assert count, (path, pattern)

    return patch


def _arena(size: int) -> Patch:
    return _replace("model/model.cc", r"TE_TFLM_ARENA_BYTES \d+", f"TE_TFLM_ARENA_BYTES {size}")


def test_every_registration_is_one_of_tflm(library: Path, tmp_path: Path) -> None:
    """Compiles and links a resolver with all operators that a model may use."""
    every = [operator(kind, int8=True) for kind in METHODS]
    lines = [f"resolver->Add{one.method}({one.registration}) == kTfLiteOk" for one in every]
    headers = "".join(f'#include "{one.header}"\n' for one in every if one.header)

    def patch(files: dict[str, str | bytes]) -> None:
        _replace("model/model.cc", r"added =\n[^;]*;", f"added = {' && '.join(lines)};")(files)
        _replace("model/model.cc", r"Resolver<\d+>", f"Resolver<{len(lines)}>")(files)
        _replace("model/model.cc", r'(#include "te_model.h"\n)', rf"\1{headers}")(files)

    with _device(_small(), "small", tmp_path, patch) as (device, _), Session(device.url) as session:
        assert session.infer([bytes(16)]).outputs


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        (_arena(16), r"the arena of 16 bytes is at least \d+ bytes too small \(status 3\)"),
        (_arena(512), r"the arena of 512 bytes is at least \d+ bytes too small \(status 3\)"),
        (
            _replace("model/model.cc", r"resolver->AddSoftmax\(.*\)\)? == kTfLiteOk", "true"),
            r"this firmware lacks the operator SOFTMAX \(status 2\)",
        ),
        (
            _replace("model/model.cc", r"return (g_\w+_model_data);", r"return \1 + 4;"),
            r"the model is 4 bytes past a multiple of 16 \(status 4\)",
        ),
    ],
    ids=["bookkeeping", "arena", "operator", "alignment"],
)
def test_what_keeps_the_model_from_starting_is_told(
    library: Path, tmp_path: Path, patch: Patch, reason: str
) -> None:
    with pytest.raises(LinkError, match=reason), _device(_small(), "small", tmp_path, patch):
        pass


def _data(tflite: bytes) -> Patch:
    rows = "".join(f"0x{byte:02x}," for byte in tflite)
    return _replace("model/model_data.cc", r"(?s)_data\[\] = \{.*\}", f"_data[] = {{{rows}}}")


def test_one_bit_of_the_model_is_enough(library: Path, tmp_path: Path) -> None:
    data = bytearray(_small())
    data[len(data) // 2] ^= 0x10
    with (
        pytest.raises(LinkError, match=r"the model in memory is damaged.* \(status 7\)"),
        _device(_small(), "small", tmp_path, _data(bytes(data))),
    ):
        pass


def test_another_schema_is_told(library: Path, tmp_path: Path) -> None:
    data = _small(version=4)

    def patch(files: dict[str, str | bytes]) -> None:
        _data(data)(files)
        _replace("model/model.cc", r"0x[0-9a-f]{8}u", carray.word(zlib.crc32(data)))(files)

    told = r"the model has schema version 4, TFLM reads 3 \(status 1\)"
    with pytest.raises(LinkError, match=told), _device(_small(), "small", tmp_path, patch):
        pass


def test_each_layer_is_timed_where_it_is_asked_for(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBSERVE", "1")
    with _device(_small(), "small", tmp_path) as (device, _), Session(device.url) as session:
        for _ in range(2):
            whole = session.infer([bytes(16)]).ticks
            layers = session.profile()
            assert len(layers) == 2
            assert all(0 < ticks < whole for ticks in layers)
            assert sum(layers) < whole


def test_what_each_operator_writes_is_the_references(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBSERVE", "1")
    path = CHECKOUT / "models" / "digits-cnn" / "golden" / "digits-cnn.tflite"
    data, graph = path.read_bytes(), read(path.read_bytes(), path.stem)
    sample = [np.random.default_rng(2).integers(-128, 128, graph.inputs[0].shape, np.int8)]
    with _device(data, path.stem, tmp_path) as (device, _), Session(device.url) as session:
        layers = debug.layers(session, graph, None, data, sample)
    assert len(layers) == len(graph.ops)
    assert not any(layer.truth.differing for layer in layers)


def test_another_file_takes_the_place_of_the_one_that_runs(library: Path, tmp_path: Path) -> None:
    made = updatable.made(tmp_path, board=BOARD, runtime="tflm")
    with flash.run(made.artifact, made.board) as device, Session(device.url) as session:
        assert updatable.answers_are(session, made.own)
        updating, package = Updating(session), made.package(2, (1, 0, 0))
        updatable.send(session, package)
        assert updatable.answers_are(session, package.tflite)
        assert updating.decide(keep=True).active == 0
        narrow = made.package(3, (1, 1, 0), channels=2)  # other sizes, the same operators
        updatable.send(session, narrow)
        assert updatable.answers_are(session, narrow.tflite)
        updating.decide(keep=False)
        assert updatable.answers_are(session, package.tflite)
    with flash.run(made.artifact, made.board) as device:
        with Session(device.url) as session:
            updatable.send(session, package)
        with Session(device.url) as session:  # HELLO describes what runs
            said, meant = session.hello.inputs[0], read(package.tflite, "n2").inputs[0].q
            assert (said.scale, said.zero_point) == (meant.scale, meant.zero_point)
            assert session.hello.sha256 == hashlib.sha256(package.tflite).hexdigest()


def test_what_the_firmware_has_no_room_or_operator_for_is_refused(
    library: Path, tmp_path: Path
) -> None:
    made = updatable.made(tmp_path, board=BOARD, runtime="tflm")
    own = made.package(2, (1, 0, 0))
    deep = _claimed(made, _dense(6, 5, logistic=True), own)
    large = made.package(3, (1, 0, 0), channels=5)
    with flash.run(made.artifact, made.board) as device, Session(device.url) as session:
        for package, words in (
            (deep, "this firmware lacks the operator LOGISTIC"),
            (_claimed(made, _dense(4, 5), own), "inputs or outputs are not of this firmware's"),
            (_claimed(made, _dense(6, 4), own), "inputs or outputs are not of this firmware's"),
            (_claimed(made, _dense(6, 5, 2), own), "inputs or outputs are not of this firmware's"),
            (large, r"it needs an arena of [\d]+ bytes, this firmware's has [\d]+"),
            (made.package(4, (1, 0, 0), channels=64), "larger than a slot"),
        ):
            with pytest.raises(LinkError, match=words):
                updatable.send(session, package)
            assert Updating(session).versions()[0].active == COMPILED
            assert updatable.answers_are(session, made.own)
        updatable.send(session, own)
        assert updatable.answers_are(session, own.tflite)


def _claimed(made: updatable.Made, tflite: bytes, own: Package) -> Package:
    """A package of ``tflite`` that says, signed, to have the architecture of ``own``."""
    package = made.signed(tflite, "other", (1, 0, 0))
    assert package.manifest.architecture != own.manifest.architecture
    signed = replace(package.manifest, architecture=own.manifest.architecture, vectors=0).pack()
    return replace(package, signed=signed, signature=made.key.sign(signed))


def _dense(side: int, classes: int, inputs: int = 1, *, logistic: bool = False) -> bytes:
    """Operators of updatable.network for pictures of another side, or one that it lacks."""
    model = ModelWriter()
    x, *_ = [model.input((1, side, side, 3), scale=0.05) for _ in range(inputs)]
    size = 3 * side * side
    weights, bias = np.ones((classes, size), np.int8), np.zeros(classes, np.int32)
    flat = model.reshape(x, (1, size))
    y = model.fully_connected(flat, weights, [0.01], bias, scale=0.1, zero_point=0)
    last = model.logistic(y) if logistic else model.softmax(y)
    return model.finish(last)
