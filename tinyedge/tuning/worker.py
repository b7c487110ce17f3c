"""Who runs a trial, so that one whose process is gone is told from one that goes on."""

from __future__ import annotations

import os
import platform
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def identity() -> str:
    """This process: machine, boot, process, and when that was started."""
    pid = os.getpid()
    return f"{_machine()} {pid} {_started(pid)}"


def is_gone(identity: str) -> bool:
    """Whether the process of that identity ran on this machine and has ended."""
    machine, pid, started = identity.rsplit(" ", 2)
    return machine == _machine() and started != _started(int(pid))


def _machine() -> str:
    boot = _BOOT.read_text().strip() if _BOOT.is_file() else ""
    return f"{platform.node()} {boot}"


def _started(pid: int) -> str:
    """When the process was started, in ticks since the machine was; "-" if there is none."""
    try:
        # the name, in brackets, may hold anything; the 22nd field is the 20th behind it
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "-" if fields[0] in "ZX" else fields[19]
    except OSError:
        return "-" if _BOOT.is_file() or not _runs(pid) else "?"


def _runs(pid: int) -> bool:
    """Whether there is such a process, where nothing tells more."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
