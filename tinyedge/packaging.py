"""A model package: a ZIP of the signed manifest, the image for one board, and what people read.

``manifest.bin`` and ``signature.bin`` are what a device is sent, then ``content.bin``: the image
and the vectors of the self-test; ``model.tflite`` is what the answers are compared with.
``manifest.json`` says the same for people, with the SHA-256 of every part: all of it follows from
what is signed, and a package in which it differs is refused.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tinyedge import keys
from tinyedge.emit import tflm_image
from tinyedge.emit.updating import Replaceable
from tinyedge.errors import ConfigError
from tinyedge.link.payloads import MANIFEST, PACKAGE_FORMAT
from tinyedge.link.updating import Manifest
from tinyedge.oracle import Oracle
from tinyedge.samples import Samples
from tinyedge.workspace import sha256, write_atomic

VECTORS = 4
"""Samples of the self-test."""
_ABOUT = "manifest.json"
_PARTS = ("manifest.bin", "signature.bin", "content.bin", "model.tflite")
_TIME = (1980, 1, 1, 0, 0, 0)  # the same bytes whenever it is made
_MOST_BYTES = 1 << 28
_MOST_SHOWN = 80  # characters of a value in a message
_REDO = 'make it again with "tinyedge package"'
_CHANGED = f"it was changed after it was signed: get it anew from who signed it, or {_REDO}"


class About(msgspec.Struct, frozen=True, kw_only=True):
    """manifest.json."""

    name: str
    version: str
    board: str
    runtime: str
    architecture: str
    format: int
    downgrade: bool
    accuracy: float | None
    sha256: dict[str, str]


@dataclass(frozen=True, eq=False)
class Package:
    """What a file holds."""

    manifest: Manifest
    signed: bytes
    signature: bytes
    content: bytes
    tflite: bytes

    @property
    def parts(self) -> dict[str, bytes]:
        """The file's parts, but for what people read."""
        return dict(
            zip(_PARTS, (self.signed, self.signature, self.content, self.tflite), strict=True)
        )

    @property
    def about(self) -> About:
        """What people read of it, which follows from what is signed."""
        m = self.manifest
        return About(
            name=m.name,
            version=".".join(map(str, m.version)),
            board=m.board,
            runtime="tflm" if tflm_image.holds(self.content, self.tflite) else "aot",
            architecture=m.architecture.hex(),
            format=PACKAGE_FORMAT,
            downgrade=m.downgrade,
            accuracy=None if math.isnan(m.accuracy) else round(m.accuracy, 6),
            sha256={name: sha256(data) for name, data in self.parts.items()},
        )


def version(text: str) -> tuple[int, int, int]:
    """Text like "1.2.3" -> (1, 2, 3). Raises ConfigError for what is no version above 0.0.0."""
    match = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", text)
    numbers = tuple(int(part) for part in match.groups()) if match else ()
    if len(numbers) != 3 or max(numbers) > 0xFFFF or numbers == (0, 0, 0):
        raise ConfigError(
            f'"{text}" is no version', "write MAJOR.MINOR.PATCH, each 0 to 65535, above 0.0.0"
        )
    return numbers


def make(
    made: Replaceable,
    tflite: bytes,
    samples: Samples,
    key: Ed25519PrivateKey,
    *,
    board: str,
    name: str,
    number: tuple[int, int, int],
    downgrade: bool,
    accuracy: float | None,
) -> Package:
    """Package and sign the model ``tflite``, of which ``made`` is what ``board`` is sent."""
    content = made.data + _vectors(tflite, samples)
    manifest = Manifest(
        version=number,
        downgrade=downgrade,
        vectors=min(VECTORS, len(samples)),
        content_bytes=len(content),
        accuracy=math.nan if accuracy is None else accuracy,
        architecture=made.architecture,
        sha512=hashlib.sha512(content).digest(),
        tflite=hashlib.sha256(tflite).digest(),
        board=board,
        name=name,
    )
    signed = manifest.pack()
    kept = Manifest.unpack(signed)  # with the name and the accuracy as its fields hold them
    assert kept is not None
    return Package(kept, signed, key.sign(signed), content, tflite)


def _vectors(tflite: bytes, samples: Samples) -> bytes:
    oracle, parts = Oracle(tflite), []
    for number in range(min(VECTORS, len(samples))):
        inputs = samples[number]
        arrays: Sequence[object] = (*inputs, *oracle.run(inputs))
        parts += [array.tobytes() for array in arrays]  # type: ignore[attr-defined]
    return b"".join(parts)


def write(path: Path, package: Package) -> None:
    """Write the whole file or none; the same package gives the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {_ABOUT: _text(package.about), **package.parts}.items():
            archive.writestr(zipfile.ZipInfo(name, _TIME), data, zipfile.ZIP_DEFLATED)
    write_atomic(path, buffer.getvalue())


def _text(about: About) -> bytes:
    return msgspec.json.format(msgspec.json.encode(about), indent=2) + b"\n"


def read(path: Path, key: bytes | None = None) -> Package:
    """Read and check a package; with the public ``key`` its signature, too.

    Raises ConfigError for a file that is no package, damaged, changed, or signed by another key.
    """
    parts = _parts(path)
    signed, signature, content, tflite = (parts[name] for name in _PARTS)
    manifest = Manifest.unpack(signed) if len(signed) == MANIFEST.size else None
    if manifest is None:
        raise ConfigError(f"{path}: manifest.bin is of another format", _REDO)
    if hashlib.sha512(content).digest() != manifest.sha512:
        raise ConfigError(f"{path}: content.bin is not what was signed", _CHANGED)
    if sha256(tflite) != manifest.tflite.hex():
        raise ConfigError(f"{path}: model.tflite is not the one that was signed", _CHANGED)
    if key is not None and not keys.holds(key, signature, signed):
        raise ConfigError(
            f"{path} is not signed with this workspace's key",
            "sign it with the key that the device's firmware was built with",
        )
    found = Package(manifest, signed, signature, content, tflite)
    _require_told(path, parts[_ABOUT], found.about)
    return found


def _require_told(path: Path, text: bytes, about: About) -> None:
    """What people read must be what was signed, to the byte: readers of JSON differ."""
    if text == _text(about):
        return
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: manifest.json is damaged", _CHANGED) from error
    found = _flat(told) if isinstance(told, dict) else {}
    wrong = [
        f"{name} is {_short(found.get(name))}, not {_short(signed)}"
        for name, signed in _flat(msgspec.to_builtins(about)).items()
        if found.get(name) != signed
    ]
    what = "; ".join(wrong) or "it is written in another way"
    raise ConfigError(f"{path}: manifest.json is not what was signed: {what}", _CHANGED)


def _flat(about: dict[str, Any]) -> dict[str, Any]:
    hashes = about.get("sha256")
    each = hashes.items() if isinstance(hashes, dict) else ()
    plain = {name: value for name, value in about.items() if name != "sha256"}
    return plain | {f"sha256 of {name}": value for name, value in each}


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


def _parts(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            names = [info.filename for info in infos]
            if missing := {_ABOUT, *_PARTS} - set(names):
                raise ConfigError(f"{path} lacks {', '.join(sorted(missing))}", _REDO)
            if len(names) > 1 + len(_PARTS):
                raise ConfigError(f"{path} holds more than its {1 + len(_PARTS)} parts", _CHANGED)
            if sum(info.file_size for info in infos) > _MOST_BYTES:
                raise ConfigError(f"{path} unpacks to over {_MOST_BYTES:,} bytes", _REDO)
            return {name: archive.read(name) for name in names}
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}", _REDO) from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise ConfigError(f"{path} is no package: {error}", _REDO) from error
