"""One stage, killed at one point and run again: the same bytes as if nothing had happened."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.repro.__main__ import PROVENANCE
from tests.support.tools import CHECKOUT
from tinyedge.workspace import sha256

#: no caches of byte code, which only a first run writes, and no names in another order each time
FIXED = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
#: files that tell how long something took or who runs: the same but for their numbers
MEASURED = frozenset(
    {"bench.json", "debug.json", "device.json", "profile.json", "report.html", "report.md"}
    | {"device.log", "validate.json"}
)
_TEMPORARY = re.compile(r"\..+\.[a-z0-9_]{8}")
_BETWEEN_RUNS_S = 1.5  # younger temporary files may have a writer that lives


@dataclass(frozen=True)
class Stage:
    """A verb with its arguments; ``folder`` is where its workspaces are put.

    ``before``: verbs that have been run when it begins. ``after``: what undoes it (a device that is
    left running).
    """

    arguments: tuple[str, ...]
    folder: Path
    before: tuple[tuple[str, ...], ...] = ()
    after: tuple[str, ...] = ()
    orphans: list[int] = field(default_factory=list)  # processes that a killed run has left

    def undisturbed(self) -> tuple[int, dict[str, str]]:
        """How many changes of files it makes, and what it leaves."""
        for arguments in self.before:
            self._good(self.run(0, "before", arguments=arguments))
        self._prepare("whole")
        done = self._good(self.run(0, "whole"))
        found = re.search(r"^changes: (\d+)$", done.stdout, re.MULTILINE)
        assert found is not None
        left = self.left("whole")
        self._end("whole")
        return int(found[1]), left

    def killed_and_repeated(self, at: int) -> dict[str, str]:
        """What the next run leaves, after one that was killed before its change number ``at``."""
        self._prepare("killed")
        first = self.run(at, "killed")
        assert first.returncode == -signal.SIGKILL, first.stderr
        self.orphans.extend(end_all_of(self.folder / "killed"))
        self._age("killed")
        self._good(self.run(0, "killed"))
        left = self.left("killed")
        self._end("killed")
        return left

    def run(
        self,
        at: int,
        workspace: str,
        environment: Mapping[str, str] | None = None,
        arguments: tuple[str, ...] = (),
    ) -> subprocess.CompletedProcess[str]:
        # Relative, so that reports name no folder of this test.
        argv = [str(at), *(arguments or self.arguments), "--workspace", "build"]
        (self.folder / workspace).mkdir(exist_ok=True)
        return subprocess.run(
            [sys.executable, "-m", "tests.kills.child", *argv],
            cwd=self.folder / workspace,
            env={**os.environ, **FIXED, "PYTHONPATH": str(CHECKOUT), **(environment or {})},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
            start_new_session=True,
        )

    def left(self, workspace: str) -> dict[str, str]:
        """Relative path -> SHA-256, without locks; what never got its name must be gone."""
        root = self.folder / workspace / "build"
        files = [path for path in root.rglob("*") if path.is_file()]
        strays = [str(path) for path in files if _TEMPORARY.fullmatch(path.name)]
        return dict.fromkeys(strays, "stray") | {
            path.relative_to(root).as_posix(): _digest(path)
            for path in files
            if not path.name.startswith(".") and path.name not in PROVENANCE
        }

    def _prepare(self, workspace: str) -> None:
        shutil.rmtree(self.folder / workspace, ignore_errors=True)
        if self.before:
            shutil.copytree(self.folder / "before", self.folder / workspace, symlinks=True)

    def _age(self, workspace: str) -> None:
        """A person takes longer than this to start the next run."""
        for path in (self.folder / workspace).rglob(".*"):
            if path.is_file() and _TEMPORARY.fullmatch(path.name):
                then = path.stat().st_mtime - _BETWEEN_RUNS_S
                os.utime(path, (then, then))

    def _end(self, workspace: str) -> None:
        if self.after:
            self._good(self.run(0, workspace, arguments=self.after))
        assert not end_all_of(self.folder / workspace)

    @staticmethod
    def _good(done: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
        assert done.returncode == 0, done.stdout + done.stderr
        return done


def _digest(path: Path) -> str:
    data = path.read_bytes()
    if path.name in MEASURED:
        data = re.sub(rb"\d[\d.,]*", b"#", data)
    return sha256(data)


def all_of(folder: Path) -> dict[int, bytes]:
    """Processes whose command line or working folder names ``folder``: pid -> both."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            told = (entry / "cmdline").read_bytes() + bytes((entry / "cwd").readlink())
        except OSError:
            continue
        if f"{folder}/".encode() in told + b"/":
            found[int(entry.name)] = told
    return found


def end_all_of(folder: Path) -> list[int]:
    """Kill them; their pids."""
    found = list(all_of(folder))
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return found
