"""Puts firmware on a device, or starts an emulated one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from tinyedge import tool
from tinyedge.board import Board
from tinyedge.build import Artifact
from tinyedge.errors import ConfigError, LinkError, ToolError, near_match
from tinyedge.flash import esptool, host, labwired, ports, process, programmers, qemu, uf2
from tinyedge.flash.process import Process, Remember
from tinyedge.link.auth import KeyOf
from tinyedge.link.deadlines import Deadlines
from tinyedge.link.session import Session
from tinyedge.workspace import sha256, write_atomic

METHODS = ("qemu", "host", "labwired", "esptool", "uf2", *programmers.METHODS)
STATE = "device.json"
"""What `start` leaves in its folder while a device runs."""
_LOG = "device.log"
_START_S = 20.0
_END_S = 1.0  # between the end of a device's answers and its own


@dataclass(frozen=True)
class Device:
    """Where a device answers; ``process`` is None for a real board."""

    url: str
    process: Process | None
    elf_sha256: str

    @property
    def pid(self) -> int | None:
        """The emulator's process."""
        return self.process.pid if self.process else None


class _State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """device.json."""

    url: str
    board: str
    elf_sha256: str
    pid: int | None = None
    started: int = 0


def require(board: Board) -> None:
    """Raise ToolError if what writes the board is missing: before minutes of work.

    That is a program, or the drive that the board shows. ESP-IDF is asked for with the build.
    Raises ConfigError for a method that there is not.
    """
    _require_method(board)
    method = board.flash.method
    if method in programmers.METHODS:
        tool.require(method)
    elif method == "esptool" and board.build.toolchain != "esp-idf":
        esptool.require()
    elif method == "uf2":
        uf2.require(board)


def _require_method(board: Board) -> None:
    method = board.flash.method
    if method not in METHODS:
        raise ConfigError(
            f'{board.id}: flash.method "{method}" is unknown{near_match(method, METHODS)}',
            f"methods: {', '.join(METHODS)}",
        )


@contextlib.contextmanager
def run(
    artifact: Artifact,
    board: Board,
    port: str = "",
    options: Sequence[str] = (),
    *,
    greet: bool = True,
    keys: KeyOf | None = None,
) -> Iterator[Device]:
    """A device for the length of a ``with``; an emulated one ends with it, or with this process.

    ``options``: further ones of the emulator. ``greet``: wait until it answers; False for firmware
    that speaks another protocol. ``keys``: for firmware with the feature auth.
    """
    device = _start(artifact, board, port, options=options, greet=greet, keys=keys)
    try:
        yield device
    finally:
        if device.process:
            process.stop(device.process)


def start(
    artifact: Artifact,
    board: Board,
    folder: Path,
    port: str = "",
    *,
    greet: bool = True,
    keys: KeyOf | None = None,
) -> Device:
    """Leave a device running and remember it in ``folder``; one that ran there before is ended.

    ``port``: of a real board; empty: the only one that is plugged in. ``greet``, ``keys``: see run.
    Raises ToolError or LinkError if it does not start and answer.
    """
    stop(folder)

    def remember(owner: Process | None, url: str) -> None:
        state = _State(
            url=url,
            board=board.id,
            elf_sha256=sha256(artifact.elf.read_bytes()),
            pid=owner.pid if owner else None,
            started=owner.started if owner else 0,
        )
        write_atomic(folder / STATE, msgspec.json.format(msgspec.json.encode(state)))

    try:
        device = _start(artifact, board, port, greet=greet, keys=keys, remember=remember)
        if device.process is None:
            remember(None, device.url)
    except BaseException:
        stop(folder)
        raise
    return device


def running(folder: Path) -> Device | None:
    """The device that ``start`` left in ``folder``, if it still runs."""
    try:
        state = msgspec.json.decode((folder / STATE).read_bytes(), type=_State)
    except (OSError, msgspec.DecodeError):
        return None
    owner = None if state.pid is None else Process(state.pid, state.started)
    if owner is not None and not process.alive(owner):
        return None
    return Device(state.url, owner, state.elf_sha256)


def stop(folder: Path) -> Device | None:
    """End and forget the device of ``folder``; return it, or None if there was none."""
    device = running(folder)
    if device is not None and device.process is not None:
        process.stop(device.process)
    (folder / STATE).unlink(missing_ok=True)
    return device


def _start(
    artifact: Artifact,
    board: Board,
    port: str,
    *,
    options: Sequence[str] = (),
    greet: bool = True,
    keys: KeyOf | None = None,
    remember: Remember | None = None,
) -> Device:
    elf = artifact.elf
    method = board.flash.method
    digest = sha256(elf.read_bytes())
    _require_method(board)
    if board.link.via == "serial":
        device = ports.find(port, wanted=board)
        _write(artifact, board, device)
        return Device(device, None, digest)
    log = artifact.out / _LOG
    if method == "labwired":
        labwired.require()
    commands: dict[str, Callable[[int], list[str]]] = {
        "qemu": partial(qemu.argv, elf, board, options=options),
        "host": lambda _: host.argv(elf),
        "labwired": lambda _: labwired.argv(elf, board),
    }
    environment = (lambda _: {}) if method == "qemu" else host.environment
    started, url = process.start(commands[method], environment, log, remember)
    try:
        if greet:
            _greet(url, started, log, keys)
    except BaseException:
        process.stop(started)
        raise
    return Device(url, started, digest)


def _write(artifact: Artifact, board: Board, port: str) -> None:
    """Put the firmware on a real board."""
    method = board.flash.method
    if method == "esptool" and board.build.toolchain == "esp-idf":
        esptool.write(artifact.out, port)
    elif method == "esptool":
        esptool.write_bare(artifact.elf, board, port)
    elif method == "uf2":
        uf2.write(artifact.elf, board)
    else:
        programmers.write(artifact.elf, board)


def _greet(url: str, started: Process, log: Path, keys: KeyOf | None) -> None:
    """Wait until the device answers. Raises ToolError, with what it printed, if it has ended."""
    try:
        Session(url, deadlines=Deadlines(connect_s=_START_S), keys=keys).close()
    except LinkError as error:
        if not process.ends(started, _END_S):
            raise
        printed = "\n".join(log.read_text(errors="replace").strip().splitlines()[-20:])
        raise ToolError(
            f"the device ended while it started:\n{printed}",
            "correct what it names (flash.machine in the board's file is which one is emulated); "
            f"all that it printed is in {log}",
        ) from error
