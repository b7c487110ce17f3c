"""How a run ends that does not hold: a message, an exit code, and the same in ``--json``'s file."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from tinyedge.errors import TinyedgeError

STOPPED = 128 + signal.SIGINT
UNREAD = 128 + signal.SIGPIPE
"""The exit code, as of other programs, where what reads stdout has gone: no outcome was told."""

_FULL = (errno.ENOSPC, errno.EDQUOT)
_TENSORFLOWS = "ResourceExhaustedError"  # its MemoryError
_TRACEBACK = "TINYEDGE_TRACEBACK"  # in the environment: show where a defect is


@dataclass
class Asked:
    """``--json``'s value, once it is known, and whether the result is there."""

    json_path: Path | None = None
    saved: bool = False


class _DefectError(TinyedgeError):
    """Nothing that the user did."""

    kind = "defect"


class _UsageError(TinyedgeError):
    """Arguments that click has refused."""

    kind = "usage"


def open_streams() -> None:
    """Give what was closed before the start (``>&-``) a place to go."""
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - as long as the process
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115


def end(error: Exception, asked: Asked) -> int:
    """Tell what went wrong on stderr and in --json's file; return the exit code."""
    failure = _failure(error)
    with contextlib.suppress(OSError):  # of a stderr that is full or gone
        if isinstance(error, click.ClickException):
            error.show()
        else:
            click.echo(f"tinyedge: {failure}", err=True)
    with contextlib.suppress(OSError, TinyedgeError):
        _save(failure, asked)
    return failure.exit_code


def _failure(error: Exception) -> TinyedgeError:
    """The error in words for the user. Raises a defect as it is where that is asked for."""
    if isinstance(error, TinyedgeError):
        return error
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        verb = context.command_path if context else "tinyedge"
        return _UsageError(error.format_message(), f'"{verb} --help" says what is allowed')
    if isinstance(error, MemoryError) or type(error).__name__ == _TENSORFLOWS:
        return TinyedgeError(
            "not enough memory",
            "ask for fewer samples or a smaller network, or end what else takes memory here",
        )
    if isinstance(error, OSError) and error.errno in _FULL:
        where = f" ({error.filename})" if error.filename else ""
        return TinyedgeError(f"the disk is full{where}", "free space, then run it again")
    if isinstance(error, FileNotFoundError) and _no_folder():
        return TinyedgeError("the current folder is gone", 'go to one that is there, as with "cd"')
    if _TRACEBACK in os.environ:
        raise error
    return _DefectError(
        f"this is a defect of tinyedge: {type(error).__name__}: {error}",
        f"please report it with what {_TRACEBACK}=1 in the environment shows",
    )


def _no_folder() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False


def _save(failure: TinyedgeError, asked: Asked) -> None:
    """So that no result of an earlier run passes for that of this one."""
    if asked.json_path is None or asked.saved:
        return
    # Results take a while to import, and --help does without.
    from tinyedge.cli._options import save  # noqa: PLC0415
    from tinyedge.results import ErrorReport  # noqa: PLC0415

    report = ErrorReport(
        kind=failure.kind,
        message=failure.message,
        hint=failure.hint,
        exit_code=failure.exit_code,
    )
    save(asked.json_path, report)
