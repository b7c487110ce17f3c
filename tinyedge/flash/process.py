"""Processes that are devices: started on a socket of their own, known by pid and start time.

A pid alone may be another process by the time one wants to end it; with its start time it cannot.
"""

from __future__ import annotations

import os
import select
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tinyedge import tool

_TERM_S, _KILL_S = 3.0, 5.0
#: becomes the program once a line has come; ends if this process does before
_WAITING = ("/bin/sh", "-c", 'read -r line && exec "$@" </dev/null', "sh")
_START_TIME_FIELD = 19  # of /proc/<pid>/stat, counted after the name; in clock ticks since boot


@dataclass(frozen=True)
class Process:
    """One process for good: pid, and start time in clock ticks since boot."""

    pid: int
    started: int


Remember = Callable[[Process, str], None]
"""Is told of a process that will live on, and of its URL."""


def start(
    argv: Callable[[int], list[str]],
    environment: Callable[[int], dict[str, str]],
    log: Path,
    remember: Remember | None = None,
) -> tuple[Process, str]:
    """Start a device that serves an inherited listening socket; return it and its URL.

    ``argv`` and ``environment`` get the socket's descriptor. No port is ever guessed: the socket
    is bound first. The kernel ends the process if this one dies; with ``remember`` it lives on, and
    begins only once that has returned, so that none is left of which nobody knows.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        command = argv(server.fileno())
        prefix = ["setpriv", "--pdeathsig", "KILL"] if remember is None else _WAITING
        log.parent.mkdir(parents=True, exist_ok=True)
        go, begin = os.pipe()
        try:
            child = tool.spawn(
                [*prefix, tool.require(command[0]), *command[1:]],
                log,
                env={**os.environ, **environment(server.fileno())},
                keep_open=[server.fileno()],
                stdin=None if remember is None else go,
            )
            made = Process(child.pid, _started(child.pid) or 0)
            url = f"socket://127.0.0.1:{port}"
            if remember is not None:
                remember(made, url)
                os.write(begin, b"\n")
        finally:
            os.close(go)
            os.close(begin)
    return made, url


def alive(process: Process) -> bool:
    """Whether it still runs (a process that has ended and was not waited for does not)."""
    return _started(process.pid) == process.started and not _ended(process.pid)


def ends(process: Process, within_s: float) -> bool:
    """Whether it has ended, or does so within that time.

    Its sockets are closed a moment before it has.
    """
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return True
    try:
        if _started(process.pid) == process.started:
            select.select([handle], [], [], within_s)
    finally:
        os.close(handle)
    return not alive(process)


def stop(process: Process) -> None:
    """End it: politely, then by force. Does nothing if it has ended already."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    try:
        if _started(process.pid) != process.started:
            return
        for number, limit_s in ((signal.SIGTERM, _TERM_S), (signal.SIGKILL, _KILL_S)):
            signal.pidfd_send_signal(handle, number)
            if select.select([handle], [], [], limit_s)[0]:
                break
    except ProcessLookupError:
        pass
    finally:
        os.close(handle)
        _ended(process.pid)


def _ended(pid: int) -> bool:
    """Whether the process is a zombie; takes leave of it if it is our child."""
    try:
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return True
    except ChildProcessError:
        pass
    fields = _stat(pid)
    return fields is None or fields[0] in ("Z", "X")


def _started(pid: int) -> int | None:
    fields = _stat(pid)
    return None if fields is None else int(fields[_START_TIME_FIELD])


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/<pid>/stat after the name, which may hold anything."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()
