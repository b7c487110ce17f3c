"""A host board that takes updates, with flash in a file, and packages for it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.tflite_writer import ModelWriter
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import build, keys, packaging
from tinyedge.board import Board
from tinyedge.build import Artifact
from tinyedge.emit import updating
from tinyedge.errors import LinkError
from tinyedge.link.session import Session
from tinyedge.link.updating import Updating
from tinyedge.oracle import Oracle
from tinyedge.packaging import Package
from tinyedge.recipe import Compile
from tinyedge.samples import random
from tinyedge.workflow import pipeline
from tinyedge.workflow.pipeline import Firmware
from tinyedge.workspace import Workspace


def network(seed: int, channels: int = 4) -> bytes:
    """Convolution, pool, dense and softmax; the shape is always the same, the numbers are drawn."""
    rng = np.random.default_rng(seed)
    made = ModelWriter()
    x = made.input((1, 6, 6, 3), scale=rng.uniform(0.02, 0.06), zero_point=int(rng.integers(9)))
    filters = rng.integers(-127, 128, (channels, 3, 3, 3), np.int8)
    scales = rng.uniform(0.005, 0.02, channels).tolist()
    bias = rng.integers(-500, 500, channels, np.int32)
    x = made.conv2d(x, filters, scales, bias, scale=0.1, zero_point=-5)
    x = made.max_pool2d(x, window=(2, 2), stride=(2, 2))
    flat = made.reshape(x, (1, 4 * channels))
    weights = rng.integers(-127, 128, (5, 4 * channels), np.int8)
    bias = rng.integers(-99, 99, 5, np.int32)
    y = made.fully_connected(flat, weights, [0.01], bias, scale=0.12, zero_point=3)
    return made.finish(made.softmax(y))


@dataclass(frozen=True, eq=False)
class Made:
    """Firmware of one network, and the means to sign others for it."""

    workspace: Workspace
    artifact: Artifact
    key: Ed25519PrivateKey
    own: bytes
    board: Board
    runtime: str
    features: tuple[str, ...]

    @property
    def elf(self) -> Path:
        """The firmware."""
        return self.artifact.elf

    def package(
        self, seed: int, number: tuple[int, int, int], *, downgrade: bool = False, channels: int = 4
    ) -> Package:
        """The network of ``seed``, signed."""
        return self.signed(network(seed, channels), f"n{seed}", number, downgrade=downgrade)

    def signed(
        self, tflite: bytes, name: str, number: tuple[int, int, int], *, downgrade: bool = False
    ) -> Package:
        """Any network, signed."""
        firmware = _firmware(
            self.workspace, tflite, name, self.board, self.runtime, features=self.features
        )
        graph = firmware.loaded.graph
        return packaging.make(
            updating.replaceable(graph, firmware.plan, firmware.board, tflite),
            tflite,
            random(graph, packaging.VECTORS),
            self.key,
            board=self.board.id,
            name=name,
            number=number,
            downgrade=downgrade,
            accuracy=0.75,
        )


def made(
    folder: Path,
    sanitize: tuple[str, ...] = (),
    board: str = "host",
    runtime: str = "aot",
    features: tuple[str, ...] = ("update",),
) -> Made:
    """Build the firmware of network 1 with a key of its own."""
    loaded = boards.load(board)
    need("make", loaded.build.toolchain)
    workspace = Workspace(folder)
    secret, _ = keys.make(folder / "keys")
    own = network(1)
    firmware = _firmware(workspace, own, "own", loaded, runtime, features=features)
    artifact = build.build(firmware.folder, firmware.board, sanitize)
    return Made(workspace, artifact, keys.secret(secret), own, loaded, runtime, features)


def _firmware(
    workspace: Workspace,
    tflite: bytes,
    name: str,
    board: Board,
    runtime: str,
    *,
    features: tuple[str, ...],
) -> Firmware:
    path = workspace.root / f"{name}.tflite"
    path.write_bytes(tflite)
    model = pipeline.resolve(str(path), Compile(features=features))
    loaded = pipeline.load(model, workspace)
    return pipeline.generate(loaded, board, runtime, workspace)


class Device:
    """The firmware as a process; ``flash``: the file that outlasts it; ``cut``: see flash.c."""

    def __init__(self, elf: Path, flash: Path | None = None, cut: str = "") -> None:
        environment = dict(os.environ)
        if flash is not None:
            environment["TE_FLASH"] = str(flash)
        if cut:
            environment["TE_FLASH_CUT"] = cut
        self._process = subprocess.Popen(
            [elf], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        self.pid = self._process.pid

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def session(self) -> Session:
        """A conversation with it."""
        return Session(self.url)

    def ended(self) -> int:
        """Its exit code, once it has ended by itself."""
        return self._process.wait(120)


def send(session: Session, package: Package) -> None:
    """The whole update, up to the trial."""
    Updating(session).send(package.signed, package.signature, package.content)


def answers_are(session: Session, tflite: bytes, count: int = 5) -> bool:
    """Whether the device answers as the reference does on ``tflite``."""
    rng, oracle = np.random.default_rng(9), Oracle(tflite)
    for _ in range(count):
        x = rng.integers(-128, 128, (1, 6, 6, 3), np.int8)
        if session.infer([x.tobytes()]).outputs[0] != oracle.run([x])[0].tobytes():
            return False
    return True


@dataclass(frozen=True)
class Cuts:
    """Power was cut at each of ``writes``; afterwards so often ran the ``old`` or the new one."""

    writes: int
    old: int
    new: int


def cut_everywhere(made: Made, start: Path, old: Package, new: Package, eighths: int) -> Cuts:
    """Update from ``old`` to ``new``, keep it, go back; power is cut in the 1st, 2nd, ... write.

    Of that erase or write ``eighths`` come to pass.

    After each cut the device must start, run one of the two, answer as the reference does, and
    take the update then, which the next start finds.
    """
    writes = ran_old = ran_new = 0
    while True:
        flash = start.with_name("cut")
        shutil.copy(start, flash)
        if _whole(made, flash, new, f"{writes + 1}:{eighths}"):
            return Cuts(writes, ran_old, ran_new)
        writes += 1
        with Device(made.elf, flash) as device, device.session() as session:
            is_new = _runs(session, new)
            assert answers_are(session, (new if is_new else old).tflite), f"cut {writes}"
            ran_new, ran_old = ran_new + is_new, ran_old + (not is_new)
            if not is_new:
                send(session, new)
                Updating(session).decide(keep=True)
        with Device(made.elf, flash) as device, device.session() as session:
            assert _runs(session, new), f"cut {writes}"
            assert answers_are(session, new.tflite), f"cut {writes}"
        flash.unlink()


def _runs(session: Session, package: Package) -> bool:
    return session.hello.sha256 == hashlib.sha256(package.tflite).hexdigest()


def _whole(made: Made, flash: Path, package: Package, cut: str) -> bool:
    """Whether update and rollback came to their end before that cut."""
    with Device(made.elf, flash, cut) as device:
        try:
            with device.session() as session:
                send(session, package)
                Updating(session).decide(keep=True)
                Updating(session).decide(keep=False)
        except LinkError:
            assert device.ended() == 3, "it ended by itself, and not for want of power"
            return False
    return True
