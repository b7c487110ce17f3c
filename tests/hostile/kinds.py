"""What is read, from which whole files, and how a refusal looks."""

from __future__ import annotations

import contextlib
import io
import random
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.support.tflite_writer import ModelWriter
from tests.support.tools import CHECKOUT
from tinyedge import board, recipe, samples
from tinyedge.dataset import audio, npz, picture_file
from tinyedge.errors import TinyedgeError
from tinyedge.graph.read_tflite import read as read_tflite
from tinyedge.graph.verify import check

_WORDS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)
_SNIPPETS = (b"[" * 3000, b"9" * 5000, b"-", b"1e999", b"nan", b"'", b'"', b"\n", b"\0", b"\xff")
_SNIPPETS += (b"[[a]]\n", b"{", b"inf", b"../", b"= ", b"#", b"\xe2\x80\xa8", b"true", b"0x", b"_")


@dataclass(frozen=True)
class Kind:
    """One kind of file. ``refusals``: all that reading a damaged one may raise."""

    suffix: str
    wholes: Callable[[], list[bytes]]
    read: Callable[[Path], object]
    refusals: tuple[type[Exception], ...] = (TinyedgeError,)
    text: bool = False


def mutate(data: bytes, rng: random.Random, *, text: bool) -> bytes:
    """Cut, flip, overwrite, insert, repeat, swap."""
    damaged = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 12))):
        at, other = rng.randrange(len(damaged) + 1), rng.randrange(len(damaged) + 1)
        how = rng.randrange(6)
        if how == 0:
            del damaged[at : at + rng.choice((1, 4, 40, 4000))]
        elif how == 1:
            damaged[at : at + 1] = bytes([rng.randrange(256)])
        elif how == 2:
            word = rng.choice(_WORDS).to_bytes(4, rng.choice(("little", "big")))
            damaged[at : at + 4] = word[-rng.choice((2, 4)) :]
        elif how == 3:
            damaged[at:at] = damaged[other : other + rng.choice((1, 8, 200))]
        elif how == 4 or text:
            damaged[at:at] = rng.choice(_SNIPPETS) if text else rng.randbytes(3)
        else:
            damaged[at : at + 8] = damaged[other : other + 8]
    return bytes(damaged)


def _pictures() -> list[bytes]:
    cv2 = picture_file.opencv()
    image = np.random.default_rng(1).integers(0, 255, (21, 17, 3)).astype(np.uint8)
    return [cv2.imencode(end, image)[1].tobytes() for end in (".png", ".jpg", ".bmp")]


def _sounds() -> list[bytes]:
    found = []
    for width, channels in ((1, 1), (2, 2), (3, 1), (4, 1)):
        stream = io.BytesIO()
        with wave.open(stream, "wb") as file:
            file.setparams((channels, width, 8000, 0, "NONE", ""))
            file.writeframes(bytes(range(1, 241)) * width)
        found.append(stream.getvalue())
    return found


def _archives() -> list[bytes]:
    found = []
    x = np.arange(60, dtype=np.uint8).reshape(10, 2, 3)
    y = np.arange(10) % 2
    for save in (np.savez, np.savez_compressed):
        for arrays in ({"x": x, "y": y}, {"inputs": x.reshape(10, 6).astype(np.int8), "labels": y}):
            stream = io.BytesIO()
            save(stream, **arrays)
            found.append(stream.getvalue())
    return found


def _model() -> bytes:
    model = ModelWriter()
    x = model.input((1, 6), scale=0.5)
    weights = np.arange(12, dtype=np.int8).reshape(2, 6)
    return model.finish(model.fully_connected(x, weights, 0.1, None, scale=0.2, zero_point=0))


def _read_archive(path: Path) -> None:
    """As a data set, and as samples."""
    with contextlib.suppress(TinyedgeError):
        npz.read(path)
    samples.from_npz(path, read_tflite(_model(), "small"))


def _read_model(path: Path) -> None:
    check(read_tflite(path.read_bytes(), "hostile"))


def _files(pattern: str) -> Callable[[], list[bytes]]:
    return lambda: [path.read_bytes() for path in sorted(CHECKOUT.glob(pattern))]


KINDS = {
    "picture": Kind(
        ".png", _pictures, lambda path: picture_file.decode(path.read_bytes()), (ValueError,)
    ),
    "sound": Kind(".wav", _sounds, lambda path: audio.decode(path.read_bytes()), (ValueError,)),
    "npz": Kind(".npz", _archives, _read_archive),
    "recipe": Kind(".toml", _files("models/*/recipe.toml"), recipe.read, text=True),
    "board": Kind(".toml", _files("boards/*.toml"), board.read, text=True),
    "tflite": Kind(".tflite", _files("models/*/golden/*.tflite"), _read_model),
}
