"""Files with a secret in them, which are for their owner alone: what ssh wants of its keys."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

from tinyedge.errors import ConfigError

_MODE = 0o600
_OTHERS = 0o077


def write(path: Path, data: bytes) -> None:
    """Write a new file. Raises OSError; FileExistsError if there is one."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "wb") as file:
        file.write(data)


def read(path: Path) -> bytes:
    """Read the file. Raises OSError; ConfigError if it is the user's own and open to others."""
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if status.st_mode & _OTHERS and status.st_uid == os.geteuid():
            raise ConfigError(
                f"{path} holds a key and is open to other users: "
                f"its mode is {stat.S_IMODE(status.st_mode):04o}",
                f"chmod {_MODE:o} {shlex.quote(str(path))}; make another key if one of them may "
                "have read this one",
            )
        return file.read()
