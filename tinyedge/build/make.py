"""Drives the Makefile of a firmware folder: GCC for bare metal and for this computer."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tinyedge import lock, tool
from tinyedge.board import Board
from tinyedge.errors import CheckFailed, ToolError

_OVERFLOW = re.compile(r"region `(FLASH|RAM|CODE)' overflowed by (\d+) bytes")
_STOPPED = re.compile(r"^Makefile:\d+: \*\*\* (.*)\.  Stop\.$", re.MULTILINE)
_NO_CXX = re.compile(r"\.cc:\d+:\d+: fatal error: (\w+): No such file")
_ERROR = re.compile(r"(?<![-\w])error|undefined reference", re.IGNORECASE)  # -Werror is none
_KEYS = {"FLASH": "memory.flash", "RAM": "memory.ram", "CODE": "memory.code"}
_FULL = os.strerror(errno.ENOSPC)  # the programs' messages are in English
_SHOWN_LINES = 30
_SEE_ALL = 'run "make" there to see all'


def argv(
    folder: Path, out: Path, jobs: int, sanitize: tuple[str, ...] = (), observe: bool = False
) -> list[str]:
    """What builds ``folder`` into ``out`` with ``jobs`` compilers at a time."""
    made = ["make", "-C", str(folder), f"-j{jobs}", "--no-print-directory"]
    made.append(f"OUT={os.path.relpath(out, folder)}")
    made += ["OBSERVE=1"] if observe else []
    return made + ([f"SANITIZE={','.join(sanitize)}"] if sanitize else [])


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Without what a make that called tinyedge left there; messages in English.

    Paths that the user has given are made absolute: the firmware is built in its own folder.
    """
    dropped = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "LANGUAGE", "GCC_COLORS"}
    paths = {k: os.path.abspath(given[k]) for k in ("TFLM_DIR", "TFLM_LIB") if given.get(k)}  # noqa: PTH100
    return {**{k: v for k, v in given.items() if k not in dropped}, **paths, "LC_ALL": "C"}


def build(
    folder: Path, out: Path, board: Board, sanitize: tuple[str, ...] = (), observe: bool = False
) -> Path:
    """Build; return the ELF. Raises ToolError, or CheckFailed with the bytes over the budget."""
    tool.require(board.build.toolchain)
    command = argv(folder, out, os.cpu_count() or 1, sanitize, observe)
    # A make that outlives a killed run keeps the folder locked until it has ended.
    held = lock.handles()
    done = tool.run(command, env=environment(os.environ), check=False, keep_open=held)
    if done.returncode != 0:
        raise explain(board, folder, done.stdout + done.stderr)
    return out / "firmware.elf"


def explain(board: Board, folder: Path, log: str) -> CheckFailed | ToolError:
    """The error that fits what make printed."""
    over = {region: int(count) for region, count in _OVERFLOW.findall(log)}
    if over:
        memory = board.memory
        regions = {"FLASH": memory.flash, "RAM": memory.ram, "CODE": memory.code or memory.flash}
        sizes = {name: region.bytes for name, region in regions.items()}
        parts = [
            f"{_KEYS[region]} has {sizes[region]:,} bytes, {count:,} too few"
            for region, count in sorted(over.items())
        ]
        return CheckFailed(
            f"the firmware does not fit {board.id}: {'; '.join(parts)}",
            'choose a smaller model or a larger board; "tinyedge inspect" compares the boards',
        )
    stopped = _STOPPED.search(log)
    if stopped is not None:
        what, _, todo = stopped[1].partition(". ")
        return ToolError(what, todo or _SEE_ALL)
    if _NO_CXX.search(log):
        return ToolError(
            "the cross compiler lacks the C++ library's headers, which TensorFlow Lite Micro needs",
            'run "apt-get install libstdc++-arm-none-eabi-newlib" (1.6 GB)',
        )
    if _FULL in log:
        return ToolError(
            f"{folder} does not build: the disk is full",
            f"free space there and in {tempfile.gettempdir()} (TMPDIR), then run it again",
        )
    lines = [line for line in log.strip().splitlines() if line]
    # The first error is the cause; what follows is its consequence.
    first = next((i for i, line in enumerate(lines) if _ERROR.search(line)), 0)
    shown = "\n".join(lines[max(0, first - 2) :][:_SHOWN_LINES])
    return ToolError(f"{folder} does not build:\n{shown}", _SEE_ALL)
