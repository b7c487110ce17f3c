"""Monocypher's C sources, of the source distribution of the PyPI package ``pymonocypher``.

pip downloads it once, checks its hash and keeps it in the user's cache; nothing of it is built or
installed there.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tarfile
import tempfile
from pathlib import Path

from tinyedge import tool
from tinyedge.errors import TinyedgeError, ToolError
from tinyedge.workspace import write_atomic

VERSION = "4.0.3.4"
SHA256 = "5e56e3d3eb770a53e0b9f6274146663c11a11f3d0de5cd48e3be0428d1b07a4a"
FILES = ("monocypher.c", "monocypher.h")
_ARCHIVE = f"pymonocypher-{VERSION}.tar.gz"
_PIP = ("-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--require-hashes")
_SOURCE = ("--no-deps", "--no-binary", "pymonocypher", "--no-build-isolation")


def sources() -> dict[str, str]:
    """Name -> text of its two files. Raises ToolError if they are not there and do not come."""
    kept = _cache() / _ARCHIVE
    if not kept.is_file() or _sha256(kept) != SHA256:
        _keep(kept, _downloaded())
    with tarfile.open(kept) as archive:
        return {name: _text(archive, name) for name in FILES}


def _keep(path: Path, data: bytes) -> None:
    try:
        write_atomic(path, data)
    except TinyedgeError as error:
        raise ToolError(
            error.message, "free space, or set XDG_CACHE_HOME to a folder that you may write to"
        ) from error


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tinyedge"


def _downloaded() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "wanted.txt"
        wanted.write_text(f"pymonocypher=={VERSION} --hash=sha256:{SHA256}\n")
        argv = [sys.executable, *_PIP, *_SOURCE, "--ignore-requires-python"]
        argv += ["--requirement", str(wanted), "--dest", folder]
        try:
            tool.run(argv)
            return (Path(folder) / _ARCHIVE).read_bytes()
        except (ToolError, OSError) as error:
            why = error.message if isinstance(error, ToolError) else error
            raise ToolError(
                f"Monocypher {VERSION}, which checks signatures on devices, did not come: {why}",
                f"connect to PyPI once; it is kept in {_cache()}",
            ) from error


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _text(archive: tarfile.TarFile, name: str) -> str:
    member = archive.extractfile(f"pymonocypher-{VERSION}/{name}")
    assert member is not None
    return member.read().decode()
