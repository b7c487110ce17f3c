"""The only module that starts programs which end by themselves.

Argument lists only, never a shell. Long-lived device processes are started by ``flash``
through :func:`spawn`, which is the only other door.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinyedge.errors import ToolError

_PACKAGES = {
    "arm-none-eabi-gcc": "gcc-arm-none-eabi",
    "arm-none-eabi-size": "binutils-arm-none-eabi",
    "qemu-system-arm": "qemu-system-arm",
    "gcc": "gcc",
    "clang-format": "clang-format",
    "make": "make",
    "setpriv": "util-linux",
}


@dataclass(frozen=True)
class Completed:
    """What a finished program printed."""

    stdout: str
    stderr: str
    returncode: int


def require(program: str) -> str:
    """Return the absolute path of ``program``; ToolError names the package to install."""
    found = shutil.which(program)
    if found is None:
        package = _PACKAGES.get(program, program)
        raise ToolError(
            f'the program "{program}" is not on the PATH',
            f'run "make setup", or "apt-get install {package}"',
        )
    return found


def run(
    argv: Sequence[str],
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout_s: float = 600.0,
    check: bool = True,
) -> Completed:
    """Run a program to its end. With ``check``, a non-zero exit is a ToolError with its output."""
    exe = require(argv[0])
    try:
        done = subprocess.run(
            [exe, *argv[1:]],
            cwd=cwd,
            env=dict(env) if env is not None else None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        raise ToolError(f"{argv[0]} did not end within {timeout_s:.0f} s") from expired
    if check and done.returncode != 0:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-30:])
        raise ToolError(f"{argv[0]} failed with exit code {done.returncode}:\n{tail}")
    return Completed(done.stdout, done.stderr, done.returncode)


def spawn(
    argv: Sequence[str],
    log: Path,
    env: Mapping[str, str] | None = None,
    keep_open: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a program that lives on (an emulator). The caller must end it; ``log`` takes output.

    ``keep_open``: file descriptors that it inherits under the same numbers.
    """
    exe = require(argv[0])
    with log.open("wb") as sink:
        return subprocess.Popen(
            [exe, *argv[1:]],
            env=dict(env) if env is not None else None,
            pass_fds=tuple(keep_open),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
