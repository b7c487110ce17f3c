"""One stage, killed at one point and run again: the same bytes as if nothing had happened."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.repro.__main__ import PROVENANCE
from tests.support.tools import CHECKOUT
from tinyedge.workspace import sha256

#: no caches of byte code, which only a first run writes, and no names in another order each time
FIXED = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}


@dataclass(frozen=True)
class Stage:
    """A verb with its arguments; ``folder`` is where its workspaces are put."""

    arguments: tuple[str, ...]
    folder: Path

    def undisturbed(self) -> tuple[int, dict[str, str]]:
        """How many changes of files it makes, and what it leaves."""
        done = self.run(0, "whole")
        assert done.returncode == 0, done.stderr
        found = re.search(r"^changes: (\d+)$", done.stdout, re.MULTILINE)
        assert found is not None
        return int(found[1]), self.left("whole")

    def killed_and_repeated(self, at: int) -> dict[str, str]:
        """What the next run leaves, after one that was killed before its change number ``at``."""
        shutil.rmtree(self.folder / "killed", ignore_errors=True)
        first = self.run(at, "killed")
        assert first.returncode == -signal.SIGKILL, first.stderr
        again = self.run(0, "killed")
        assert again.returncode == 0, again.stderr
        return self.left("killed")

    def run(
        self, at: int, workspace: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        # Relative, so that reports name no folder of this test.
        argv = [str(at), *self.arguments, "--workspace", "build"]
        (self.folder / workspace).mkdir(exist_ok=True)
        return subprocess.run(
            [sys.executable, "-m", "tests.kills.child", *argv],
            cwd=self.folder / workspace,
            env={**os.environ, **FIXED, "PYTHONPATH": str(CHECKOUT), **(environment or {})},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
            start_new_session=True,
        )

    def left(self, workspace: str) -> dict[str, str]:
        """Relative path -> SHA-256; hidden files are locks, and what never got its name."""
        root = self.folder / workspace / "build"
        return {
            path.relative_to(root).as_posix(): sha256(path.read_bytes())
            for path in root.rglob("*")
            if path.is_file() and not path.name.startswith(".") and path.name not in PROVENANCE
        }
