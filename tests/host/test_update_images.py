"""Updates where images vary in size and a runtime may refuse one, as tflm does."""

import hashlib
import math
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.native import WARNINGS
from tests.support.tools import need
from tests.support.updatable import Device
from tinyedge import board, keys, workspace
from tinyedge.emit import board_files, features, tflm_image, updating
from tinyedge.emit.updating import Replaceable
from tinyedge.errors import LinkError
from tinyedge.graph.types import DType, Graph, Tensor
from tinyedge.link.session import Session
from tinyedge.link.updating import COMPILED, Manifest, Updating
from tinyedge.packaging import VECTORS

ARCHITECTURE = bytes(range(32))
OWN = 0x11
HERE = Path(__file__).parent


def _image(key: int, size: int = 40, arena: int = 90) -> bytes:
    sha256 = hashlib.sha256(bytes([key])).digest()
    head = (sha256 + arena.to_bytes(4, "little")).ljust(tflm_image.BODY_AT, b"\0")
    return head + bytes(size - 1) + bytes([key])


def _graph() -> Graph:
    tensor = Tensor(0, "x", (1, 16), DType.INT8)
    return Graph("hand", "0" * 64, (), (tensor,), (tensor,), (tensor,))


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Ed25519PrivateKey:
    return keys.secret(keys.make(tmp_path_factory.mktemp("keys"))[0])


@pytest.fixture(scope="module")
def elf(tmp_path_factory: pytest.TempPathFactory, key: Ed25519PrivateKey) -> Path:
    need("gcc")
    folder = tmp_path_factory.mktemp("firmware")
    host, chosen = board.load("host"), features.chosen(["update"])
    own = Replaceable(_image(OWN), ARCHITECTURE, tflm_image.BODY_AT, fixed=False)
    files = board_files.files(host, "speed", "tinyedge", chosen)
    files |= updating.files(_graph(), own, key.public_key().public_bytes_raw())
    workspace.write_tree(folder, files)
    sources = [*sorted(folder.rglob("*.c")), HERE / "image_model.c"]
    folders = sorted({path.parent for path in folder.rglob("*.h")})
    flags = [*WARNINGS, "-O1", "-fsanitize=address,undefined"]
    elf = folder / "firmware"
    argv = ["gcc", *flags, *(f"-I{path}" for path in folders), *sources, "-o", elf]
    subprocess.run(list(map(str, argv)), check=True)
    return elf


def _send(session: Session, key: Ed25519PrivateKey, number: int, image: bytes) -> None:
    vectors = b"".join(
        bytes(x) + bytes(byte ^ image[-1] for byte in x)
        for x in (range(start, start + 16) for start in range(VECTORS))
    )
    content = image + vectors
    manifest = Manifest(
        version=(1, number, 0),
        downgrade=False,
        vectors=VECTORS,
        content_bytes=len(content),
        accuracy=math.nan,
        architecture=ARCHITECTURE,
        sha512=hashlib.sha512(content).digest(),
        tflite=image[:32],
        board="host",
        name=f"n{number}",
    ).pack()
    Updating(session).send(manifest, key.sign(manifest), content)


def _runs(session: Session, key: int) -> bool:
    data = bytes(range(100, 116))
    return session.infer([data]).outputs == (bytes(byte ^ key for byte in data),)


def test_images_of_any_size_that_a_slot_holds_take_turns(elf: Path, key: Ed25519PrivateKey) -> None:
    with Device(elf) as device, device.session() as session:
        room = Updating(session).versions()[0].slot_bytes - 512 - tflm_image.BODY_AT - VECTORS * 32
        assert _runs(session, OWN)
        for number, size in enumerate((1, 40, 33, room)):
            _send(session, key, number, _image(0x20 + number, size))
            assert _runs(session, 0x20 + number)
            Updating(session).decide(keep=True)
        with pytest.raises(LinkError, match="larger than a slot"):
            _send(session, key, 9, _image(9, room + 1))
        with pytest.raises(LinkError, match="another size"):
            _send(session, key, 9, _image(9)[: tflm_image.BODY_AT])
        assert _runs(session, 0x23)
        Updating(session).decide(keep=False)
        assert _runs(session, 0x22)
        Updating(session).decide(keep=False)
        assert _runs(session, OWN)


def test_an_image_that_the_runtime_refuses_leaves_the_old_one(
    elf: Path, key: Ed25519PrivateKey
) -> None:
    with Device(elf) as device, device.session() as session:
        for number, runs in ((1, OWN), (3, 0x32)):
            with pytest.raises(LinkError, match="the arena is too small"):
                _send(session, key, number, _image(0x31, arena=101))
            assert _runs(session, runs)
            _send(session, key, number + 1, _image(0x30 + number + 1, arena=100))
            Updating(session).decide(keep=True)
        assert _runs(session, 0x34)


def test_new_firmware_without_the_room_runs_its_own_model(
    elf: Path, key: Ed25519PrivateKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flash = tmp_path / "flash"
    with Device(elf, flash) as device, device.session() as session:
        _send(session, key, 1, _image(0x41, arena=100))
        Updating(session).decide(keep=True)
    monkeypatch.setenv("ARENA", "95")
    for _ in range(2):
        with Device(elf, flash) as device, device.session() as session:
            assert Updating(session).versions()[0].active == COMPILED
            assert _runs(session, OWN)
