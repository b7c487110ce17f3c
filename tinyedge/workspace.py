"""Where results are kept: build/<model>/<runtime>/<board>/, and how files get there whole."""

from __future__ import annotations

import contextlib
import fcntl
import glob
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tinyedge.errors import TinyedgeError

_SWEEP_AFTER_S = 1.0


@dataclass(frozen=True)
class Workspace:
    """The build folder of one checkout or project (default: ./build)."""

    root: Path

    @property
    def keys(self) -> Path:
        """Folder of the keys that sign packages and of those of devices."""
        return self.root / "keys"

    def model(self, model: str) -> Path:
        """Folder of what does not depend on board or runtime: trained model, .tflite, metrics."""
        return self.root / model

    def samples(self, model: str) -> Path:
        """Folder of what was read from the files of the model's data set."""
        return self.root / model / "samples"

    def target(self, model: str, runtime: str, board: str, protocol: str = "tinyedge") -> Path:
        """Folder of one firmware: sources, objects, ELF, results."""
        folder = self.root / model / runtime / board
        return folder if protocol == "tinyedge" else folder / protocol


def sha256(data: bytes) -> str:
    """Hex digest, 64 characters."""
    return hashlib.sha256(data).hexdigest()


def sources_sha256(package: Path) -> str:
    """Hex digest of a package's Python files, so that what old code made is not taken for new."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(f"{path.relative_to(package).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write a whole file or none: to a temporary name in the same folder, synced, then renamed.

    Raises TinyedgeError (with the path) on a full disk or a read-only folder; nothing is left. What
    a writer that was killed has left of the same file goes. A device or a pipe, as ``/dev/null``,
    is written to, and not replaced; so is what a link leads to.
    """
    raw = data.encode() if isinstance(data, str) else data
    temporary: Path | None = None
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(raw)
            return
        real = Path(os.path.realpath(path))
        real.parent.mkdir(parents=True, exist_ok=True)
        _sweep(real)
        handle, name = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
        fcntl.flock(handle, fcntl.LOCK_EX)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as stream:
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        temporary.replace(real)
    except OSError as error:
        raise TinyedgeError(
            f"{path} could not be written: {error.strerror}", "free space or choose another folder"
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _sweep(path: Path) -> None:
    """Remove temporary files of ``path`` whose writers are dead; the living hold a lock."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.????????"):
        with contextlib.suppress(OSError), left.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # One that was just made is not locked yet.
            if time.time() - left.stat().st_mtime > _SWEEP_AFTER_S:
                left.unlink()


def write_if_changed(path: Path, data: bytes | str) -> bool:
    """Write only if the content differs, so that make-like tools rebuild no more than needed."""
    raw = data.encode() if isinstance(data, str) else data
    if path.is_file() and path.read_bytes() == raw:
        return False
    write_atomic(path, raw)
    return True


def write_tree(folder: Path, files: Mapping[str, str | bytes], keep: Iterable[str] = ()) -> None:
    """Write ``{relative path: content}``; files of an earlier run that are not listed go.

    ``keep``: files and folders at the top that a build tool has put there, and that stay.
    """
    wanted, kept = {folder / name for name in files}, frozenset(keep)
    for name, data in files.items():
        target = folder / name
        if not target.resolve().is_relative_to(folder.resolve()):
            raise TinyedgeError(
                f"refusing to write {name!r} outside {folder}",
                "remove the symbolic link that leads out of it, or choose another --workspace",
            )
        write_if_changed(target, data)
    for old in folder.rglob("*"):
        if old.relative_to(folder).parts[0] not in kept and old.is_file() and old not in wanted:
            old.unlink()


def write_stamp(stamp: Path, key: str, files: Iterable[Path]) -> None:
    """Vouch that ``files``, in the stamp's folder, are whole and were made from what ``key`` names.

    Write it last: without it, or with another key, the files count as not there.
    """
    digests = {path.name: sha256(path.read_bytes()) for path in files}
    write_atomic(stamp, json.dumps({"key": key, "files": digests}, indent=2, sort_keys=True) + "\n")


def is_current(stamp: Path, key: str) -> bool:
    """Whether the stamp has this key and every file that it vouches for is unchanged."""
    try:
        vouched = json.loads(stamp.read_bytes())
        return bool(vouched["key"] == key) and all(
            sha256((stamp.parent / name).read_bytes()) == digest
            for name, digest in vouched["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
