"""Programs that a test puts on the PATH: they record how they were called, and play a part."""

import json
import stat
import sys
from pathlib import Path

import pytest

from tinyedge import tool

_SCRIPT = """#!{python}
import json, os, sys
from pathlib import Path
with open({log!r}, "a") as log:
    log.write(json.dumps([{name!r}, *sys.argv[1:]]) + "\\n")
{body}
"""


class FakeTools:
    """A folder of fakes, on the PATH: by default alone, so that no real tool is found."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, rest: str = "") -> None:
        self._folder = folder
        self._log = folder / "calls.jsonl"
        folder.mkdir()
        monkeypatch.setattr(tool, "SCRIPTS", folder)
        monkeypatch.setenv("PATH", f"{folder}:{rest}" if rest else str(folder))

    def add(self, name: str, body: str = "") -> None:
        """Put ``name`` on the PATH; ``body`` is Python that runs after the call is recorded."""
        path = self._folder / name
        script = _SCRIPT.format(python=sys.executable, log=str(self._log), name=name, body=body)
        path.write_text(script)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def remove(self, name: str) -> None:
        """Take ``name`` off the PATH again."""
        (self._folder / name).unlink()

    def calls(self) -> list[list[str]]:
        """Every call so far, in order: name, then arguments."""
        if not self._log.exists():
            return []
        return [json.loads(line) for line in self._log.read_text().splitlines()]


def printing(text: str, code: int = 0) -> str:
    """Body of a fake that prints ``text`` and exits with ``code``."""
    return f"print({text!r})\nsys.exit({code})"
