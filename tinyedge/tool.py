"""The only module that starts programs which end by themselves.

Argument lists only, never a shell. Long-lived device processes are started by ``flash``
through :func:`spawn`, which is the only other door.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinyedge.errors import ToolError, near_match

#: program -> its package in Debian and Ubuntu
_PACKAGES = {
    "arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    "arm-none-eabi-size": "binutils-arm-none-eabi",
    "clang-22": "clang-22",
    "clang-format": "clang-format",
    "gcc": "gcc",
    "llc-22": "llvm-22",
    "llvm-mc-22": "llvm-22",
    "make": "make",
    "openocd": "openocd",
    "qemu-system-arm": "qemu-system-arm",
    "qemu-system-riscv32": "qemu-system-misc",
    "qemu-system-xtensa": "qemu-system-misc",
    "riscv64-unknown-elf-gcc": "gcc-riscv64-unknown-elf",
    "setpriv": "util-linux",
    "xtensa-lx106-elf-ld": "binutils-xtensa-lx106",
}
_OPTIONAL = {"openocd"}  # of these, what "make setup" does not install
#: program -> its package on PyPI
_PYTHON = {"adafruit-nrfutil": "adafruit-nrfutil", "esptool": "esptool", "pyocd": "pyocd"}
_ELSEWHERE = {
    "bossac": "Arduino's core mbed_nano: its tools/bossac/1.9.1-arduino2 (Debian's bossa-cli does "
    "not know the nRF52840)",
    "idf.py": "ESP-IDF: its install.sh, then its export.sh in this shell",
    "picotool": "Raspberry Pi's repository picotool (a package from Debian 13 on)",
}


SCRIPTS = Path(sys.executable).parent
"""Where pip puts programs: beside this Python, which need not be on the PATH."""


@dataclass(frozen=True)
class Completed:
    """What a finished program printed."""

    stdout: str
    stderr: str
    returncode: int


def find(program: str) -> str | None:
    """Where ``program`` is: on the PATH, or else beside this Python; None: in neither place."""
    return shutil.which(program) or shutil.which(program, path=str(SCRIPTS))


def require(program: str) -> str:
    """Return the absolute path of ``program``; ToolError says how to install it."""
    found = find(program)
    if found is None:
        known = [*_PACKAGES, *_PYTHON, *_ELSEWHERE]
        near = "" if program in known else near_match(program, known)
        raise ToolError(f'the program "{program}" is not on the PATH{near}', _advice(program))
    return found


def install(program: str) -> str:
    """Where a program comes from: "apt: PACKAGE", "pip: PACKAGE", or what to read."""
    if program in _PYTHON:
        return f"pip: {_PYTHON[program]}"
    return _ELSEWHERE.get(program, f"apt: {_PACKAGES.get(program, program)}")


def install_command(programs: Sequence[str]) -> str:
    """The one command that installs what of ``programs`` Debian and PyPI have; else ""."""
    system = {_PACKAGES[name] for name in programs if name in _PACKAGES}
    python = {_PYTHON[name] for name in programs if name in _PYTHON}
    parts = []
    if system:
        parts.append(f"sudo apt-get install -y {' '.join(sorted(system))}")
    if python:
        parts.append(pip(*sorted(python)))
    return " && ".join(parts)


def pip(*packages: str) -> str:
    """The command that installs Python packages for this Python, as one would type it here.

    Another pip may be of a system that lets none but its own packages in.
    """
    python, here = Path(sys.executable), Path.cwd()
    if here in python.parents[1:]:  # from the folder of the program itself it is no path
        python = python.relative_to(here)
    return shlex.join([str(python), "-m", "pip", "install", *packages])


def _advice(program: str) -> str:
    if program in _PYTHON:
        return f'run "{pip(_PYTHON[program])}"'
    if program in _ELSEWHERE:
        return f"it comes with {_ELSEWHERE[program]}"
    if program not in _PACKAGES:
        return "install what brings it, or correct its name where it is given"
    install = f'"sudo apt-get install {_PACKAGES[program]}"'
    return f"run {install}" if program in _OPTIONAL else f'run "make setup", or {install}'


def run(
    argv: Sequence[str],
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout_s: float = 600.0,
    check: bool = True,
    *,
    keep_open: Sequence[int] = (),
    hint: str | None = None,
) -> Completed:
    """Run a program to its end. With ``check``, a non-zero exit is a ToolError with its output.

    ``keep_open``: file descriptors that it inherits under the same numbers. ``hint``: what to do
    where it fails; None: to run it by hand.
    """
    exe = require(argv[0])
    hint = hint or f'to see more, run "{shlex.join(argv)}"' + (f" in {cwd}" if cwd else "")
    try:
        done = subprocess.run(
            [exe, *argv[1:]],
            cwd=cwd,
            pass_fds=tuple(keep_open),
            env=dict(env) if env is not None else None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        raise ToolError(f"{argv[0]} did not end within {timeout_s:.0f} s", hint) from expired
    if check and done.returncode != 0:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-30:])
        raise ToolError(f"{argv[0]} failed with exit code {done.returncode}:\n{tail}", hint)
    return Completed(done.stdout, done.stderr, done.returncode)


def spawn(
    argv: Sequence[str],
    log: Path,
    env: Mapping[str, str] | None = None,
    keep_open: Sequence[int] = (),
    stdin: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program that lives on (an emulator). The caller must end it; ``log`` takes output.

    ``keep_open``: file descriptors that it inherits under the same numbers. ``stdin``: the one
    it reads from; None: it reads nothing.
    """
    exe = require(argv[0])
    with log.open("wb") as sink:
        return subprocess.Popen(
            [exe, *argv[1:]],
            env=dict(env) if env is not None else None,
            pass_fds=tuple(keep_open),
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
