"""A model package: a ZIP of the signed manifest, the image for one board, and what people read.

``manifest.bin`` and ``signature.bin`` are what a device is sent, then ``content.bin``: the image
and the vectors of the self-test. ``manifest.json`` says the same for people, with the SHA-256 of
every part; ``model.tflite`` is what the answers are compared with.
"""

from __future__ import annotations

import hashlib
import io
import math
import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tinyedge import keys
from tinyedge.emit import updating
from tinyedge.errors import ConfigError
from tinyedge.link.protocol import MANIFEST
from tinyedge.link.updating import Manifest
from tinyedge.oracle import Oracle
from tinyedge.pipeline import Firmware
from tinyedge.samples import Samples
from tinyedge.workspace import write_atomic

VECTORS = 4
"""Samples of the self-test."""
_PARTS = ("manifest.bin", "signature.bin", "content.bin", "model.tflite")
_TIME = (1980, 1, 1, 0, 0, 0)  # the same bytes whenever it is made
_MOST_BYTES = 1 << 28
_REDO = 'make it again with "tinyedge package"'


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
    runtime: str


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
    firmware: Firmware,
    samples: Samples,
    key: Ed25519PrivateKey,
    *,
    number: tuple[int, int, int],
    downgrade: bool,
    accuracy: float | None,
) -> Package:
    """Package the model of ``firmware``, which has the feature update, for its board."""
    loaded = firmware.loaded
    made = updating.replaceable(loaded.graph, firmware.plan, firmware.board, loaded.tflite)
    content = made.data + _vectors(loaded.tflite, samples)
    manifest = Manifest(
        version=number,
        downgrade=downgrade,
        vectors=min(VECTORS, len(samples)),
        content_bytes=len(content),
        accuracy=math.nan if accuracy is None else accuracy,
        architecture=made.architecture,
        sha512=hashlib.sha512(content).digest(),
        tflite=bytes.fromhex(loaded.graph.sha256),
        board=firmware.board.id,
        name=loaded.model.name,
    )
    signed = manifest.pack()
    signature = key.sign(signed)
    return Package(manifest, signed, signature, content, loaded.tflite, firmware.runtime)


def _vectors(tflite: bytes, samples: Samples) -> bytes:
    oracle, parts = Oracle(tflite), []
    for number in range(min(VECTORS, len(samples))):
        inputs = samples[number]
        arrays: Sequence[object] = (*inputs, *oracle.run(inputs))
        parts += [array.tobytes() for array in arrays]  # type: ignore[attr-defined]
    return b"".join(parts)


def write(path: Path, package: Package) -> About:
    """Write the whole file or none; the same package gives the same bytes."""
    parts = dict(zip(_PARTS, _contents(package), strict=True))
    m = package.manifest
    about = About(
        name=m.name,
        version=".".join(map(str, m.version)),
        board=m.board,
        runtime=package.runtime,
        architecture=m.architecture.hex(),
        format=1,
        downgrade=m.downgrade,
        accuracy=None if math.isnan(m.accuracy) else round(m.accuracy, 6),
        sha256={name: hashlib.sha256(data).hexdigest() for name, data in parts.items()},
    )
    text = msgspec.json.format(msgspec.json.encode(about), indent=2) + b"\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {"manifest.json": text, **parts}.items():
            archive.writestr(zipfile.ZipInfo(name, _TIME), data, zipfile.ZIP_DEFLATED)
    write_atomic(path, buffer.getvalue())
    return about


def _contents(package: Package) -> tuple[bytes, bytes, bytes, bytes]:
    return package.signed, package.signature, package.content, package.tflite


def read(path: Path, key: bytes | None = None) -> Package:
    """Read and check a package; with the public ``key`` its signature, too.

    Raises ConfigError for a file that is no package, damaged, or signed by another key.
    """
    parts = _parts(path)
    about = _about(path, parts)
    for name in _PARTS:
        if hashlib.sha256(parts[name]).hexdigest() != about.sha256.get(name):
            raise ConfigError(f"{path}: {name} is not what manifest.json says", _REDO)
    signed, signature, content, tflite = (parts[name] for name in _PARTS)
    manifest = Manifest.unpack(signed) if len(signed) == MANIFEST.size else None
    if manifest is None:
        raise ConfigError(f"{path}: manifest.bin is of another format", _REDO)
    if hashlib.sha512(content).digest() != manifest.sha512:
        raise ConfigError(f"{path}: the content is not what was signed", _REDO)
    if hashlib.sha256(tflite).digest() != manifest.tflite:
        raise ConfigError(f"{path}: model.tflite is not the one that was signed", _REDO)
    if key is not None and not keys.holds(key, signature, signed):
        raise ConfigError(
            f"{path} is not signed with this workspace's key",
            "sign it with the key that the device's firmware was built with",
        )
    return Package(manifest, signed, signature, content, tflite, about.runtime)


def _parts(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = {info.filename: info for info in archive.infolist()}
            missing = {"manifest.json", *_PARTS} - infos.keys()
            if missing:
                raise ConfigError(f"{path} lacks {', '.join(sorted(missing))}", _REDO)
            if sum(info.file_size for info in infos.values()) > _MOST_BYTES:
                raise ConfigError(f"{path} unpacks to over {_MOST_BYTES:,} bytes", _REDO)
            return {name: archive.read(name) for name in ("manifest.json", *_PARTS)}
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}", _REDO) from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise ConfigError(f"{path} is no package: {error}", _REDO) from error


def _about(path: Path, parts: dict[str, bytes]) -> About:
    try:
        return msgspec.json.decode(parts["manifest.json"], type=About)
    except msgspec.DecodeError as error:
        raise ConfigError(f"{path}: manifest.json: {error}", _REDO) from error
