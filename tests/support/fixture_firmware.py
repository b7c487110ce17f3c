"""Firmware around the hand-made model tests/host/fixture_model.c: app, protocol, ports."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinyedge import build, workspace
from tinyedge.board import Board
from tinyedge.build import Artifact
from tinyedge.emit import authenticating, board_files, features
from tinyedge.emit.features import Feature

MODEL = Path(__file__).resolve().parents[1] / "host" / "fixture_model.c"
SHA256 = bytes([0xFE, 0xED, *range(1, 10)]).ljust(32, b"\0").hex()
FIRST, SECOND = 784, 5
DEVICE, KEY = "shed-2", bytes(range(100, 132))


@dataclass(frozen=True)
class Target:
    """A device that answers at ``url``; ``board`` is None where only the URL is known."""

    url: str
    board: Board | None


def write(folder: Path, board: Board, selected: Sequence[Feature] = (), **defines: int) -> Path:
    """Write the firmware's sources; ``defines`` are set before the model's code."""
    files: dict[str, str | bytes] = dict(board_files.files(board, selected=selected))
    text = "".join(f"#define {name} {value}\n" for name, value in defines.items())
    if features.AUTH in selected:
        files |= authenticating.files(DEVICE, KEY)
    files["model/model.c"] = text + MODEL.read_text()
    files["Makefile"] = board_files.makefile(board, files)
    workspace.write_tree(folder, files)
    return folder


def made(
    folder: Path,
    board: Board,
    sanitize: tuple[str, ...] = (),
    selected: Sequence[Feature] = (),
    **defines: int,
) -> Artifact:
    """Write and build; ``selected``: optional features."""
    return build.build(write(folder / "firmware", board, selected, **defines), board, sanitize)


def expected(first: bytes, second: bytes) -> bytes:
    """Output 0 of the model."""
    data = first + second
    return bytes(byte ^ (len(data) - at) & 0xFF for at, byte in enumerate(data))


def check(inputs: list[bytes], outputs: tuple[bytes, ...]) -> None:
    """Output 0, and the CRC-32 in output 1."""
    assert outputs[0] == expected(*inputs)
    assert outputs[1][:4] == zlib.crc32(b"".join(inputs)).to_bytes(4, "little")
