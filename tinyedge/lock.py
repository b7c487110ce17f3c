"""One run at a time in a folder of the workspace: a lock that ends with its process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from tinyedge.errors import TinyedgeError

LOCK = ".lock"
"""The file that is locked. It stays; what counts is the kernel's lock on it, not that it exists."""

_held: dict[Path, tuple[int, int]] = {}  # folder -> how often this process holds it, and the file
_guard = Lock()


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Keep other processes from making things in ``folder``; may be nested within one process.

    The lock goes with the process, however that ends. Raises TinyedgeError, with the pid of the run
    that has the folder, or the reason why it cannot be written to.
    """
    key = folder.absolute()
    with _guard:
        depth, handle = _held[key] if key in _held else (0, _take(folder))
        _held[key] = (depth + 1, handle)
    try:
        yield
    finally:
        with _guard:
            depth, handle = _held.pop(key)
            if depth > 1:
                _held[key] = (depth - 1, handle)
            else:
                os.close(handle)


def handles() -> tuple[int, ...]:
    """The locked files: a program that inherits them keeps the locks for as long as it runs."""
    with _guard:
        return tuple(handle for _, handle in _held.values())


def _take(folder: Path) -> int:
    """The locked file, with this process's pid in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise _unusable(folder, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    except BlockingIOError as error:
        owner = os.pread(handle, 32, 0).decode(errors="replace").strip() or "not known yet"
        os.close(handle)
        raise TinyedgeError(
            f"{folder} is in use by another run of tinyedge (pid {owner})",
            "wait until it has ended, or give this one another folder with --workspace",
        ) from error
    except OSError as error:
        os.close(handle)
        raise _unusable(folder, error) from error
    return handle


def _unusable(folder: Path, error: OSError) -> TinyedgeError:
    return TinyedgeError(
        f"{folder / LOCK} could not be written: {error.strerror}",
        "free space or choose another folder",
    )
