"""A data-set folder that grows: files in a subfolder a class, and a manifest of each.

A picture (PNG) or a sound (WAV) is written whole or not at all, then its line is added to the
manifest. A run that was killed in between leaves at most a line that is cut off or a file without a
line; opening the folder again removes both.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import msgspec

from tinyedge.dataset.kept import Suffix
from tinyedge.errors import ConfigError, TinyedgeError
from tinyedge.workspace import write_atomic

MANIFEST = "manifest.jsonl"
_NUMBERED = re.compile(r"\d{6}\.(png|wav)|\.\d{6}\.(png|wav)\..*")
_LABEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9 _.-]*")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the manifest: one picture, or one sound.

    ``source``: where the frame came from. ``label``: its subfolder. ``answer`` and ``score``: the
    model's class and its value. ``size``: height, width, channels of the picture; of a sound its
    samples, 1, and 2 (bytes a sample). ``stored``: the raw frame, or the input that the device made
    of it. ``sha256``: of the .tflite, ``elf_sha256`` of the firmware (None: not built here).
    ``ticks``: that the inference took.
    """

    file: str
    label: str
    answer: str
    score: float
    source: str
    stored: str
    size: tuple[int, int, int]
    sha256: str
    elf_sha256: str | None
    ticks: int


def folder_of(name: str) -> str:
    """A class's subfolder: its name, with a dash for what is not allowed in one ("T-shirt-top")."""
    allowed = re.sub(r"[^A-Za-z0-9 _.-]", "-", name).lstrip(" .-")
    return allowed or "class"


def check_label(label: str) -> None:
    """Raise ConfigError for a label that cannot name a subfolder."""
    if not _LABEL.fullmatch(label):
        raise ConfigError(
            f'"{label}" cannot name a folder',
            "a label has letters, digits and underscores; further in also spaces, dots and dashes",
        )


class Folder:
    """The folder, opened; ``entries`` are those of earlier runs and of this one.

    All its files end in ``suffix``. Raises ConfigError for a folder of other things.
    """

    def __init__(self, root: Path, suffix: Suffix = ".png") -> None:
        self.root, self._manifest, self._suffix = root, root / MANIFEST, suffix
        try:
            root.mkdir(parents=True, exist_ok=True)
            self.entries = self._earlier()
            self._remove_strays()
        except OSError as error:
            raise TinyedgeError(
                f"{root}: {error.strerror}", "give another folder, or free space"
            ) from error
        if any(not entry.file.endswith(suffix) for entry in self.entries):
            raise ConfigError(
                f"{root} holds other files than {suffix}, which no data set reads together",
                "give another folder, or store what was stored there before (raw or input)",
            )

    @property
    def sources(self) -> frozenset[str]:
        """Where the frames of all entries came from."""
        return frozenset(entry.source for entry in self.entries)

    def next_file(self, label: str) -> str:
        """The name of the next file in that class's subfolder."""
        return f"{label}/{len(self.entries):06}{self._suffix}"

    def add(self, data: bytes, entry: Entry) -> None:
        """Write the file, then its line."""
        write_atomic(self.root / entry.file, data)
        line = msgspec.json.encode(entry) + b"\n"
        try:
            with self._manifest.open("ab") as stream:
                stream.write(line)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise TinyedgeError(
                f"{self._manifest} could not be written: {error.strerror}", "free space"
            ) from error
        self.entries.append(entry)

    def _earlier(self) -> list[Entry]:
        if not self._manifest.exists():
            if any(not path.name.startswith(".") for path in self.root.iterdir()):
                raise ConfigError(
                    f"{self.root} holds other things than collected frames",
                    f"give an empty or new folder, or one with a {MANIFEST}",
                )
            write_atomic(self._manifest, b"")
            return []
        data = self._manifest.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if whole != data:
            write_atomic(self._manifest, whole)
        try:
            return [msgspec.json.decode(line, type=Entry) for line in whole.splitlines()]
        except msgspec.DecodeError as error:
            raise ConfigError(
                f"{self._manifest}: not a manifest of collected frames: {error}",
                "give another folder",
            ) from error

    def _remove_strays(self) -> None:
        """Files whose line was not written any more, and parts of files."""
        listed = {entry.file for entry in self.entries}
        for path in sorted(self.root.glob("*/*")):
            name = path.relative_to(self.root).as_posix()
            if name not in listed and _NUMBERED.fullmatch(path.name):
                path.unlink()
