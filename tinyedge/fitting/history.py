"""Figures that were found once, in a file of one line each, so that a stopped search goes on."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from tinyedge.errors import TinyedgeError

HISTORY = "fit.jsonl"  # in the folder of a model

_T = TypeVar("_T", bound=msgspec.Struct)


class _Line(msgspec.Struct):
    key: str
    value: msgspec.Raw


class History(Generic[_T]):
    """Values of one type by key. A line that a killed run has left half-written is passed over."""

    def __init__(self, path: Path, kind: type[_T]) -> None:
        self._path, self._kind = path, kind
        self._known: dict[str, _T] = dict(self._read())

    def of(self, key: str, find: Callable[[], _T]) -> _T:
        """The key's value; found and kept if it is not known yet."""
        if key not in self._known:
            self._known[key] = find()
            self._keep(key, self._known[key])
        return self._known[key]

    def _read(self) -> list[tuple[str, _T]]:
        found = []
        lines = self._path.read_bytes().splitlines() if self._path.is_file() else []
        for raw in lines:
            try:
                line = msgspec.json.decode(raw, type=_Line)
                found.append((line.key, msgspec.json.decode(line.value, type=self._kind)))
            except msgspec.DecodeError:
                continue
        return found

    def _keep(self, key: str, value: _T) -> None:
        line = msgspec.json.encode(_Line(key, msgspec.Raw(msgspec.json.encode(value))))
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as stream:  # the newline first ends a torn line
                stream.write(b"\n" + line + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise TinyedgeError(
                f"{self._path} could not be written: {error.strerror}",
                "free space or choose another folder with --workspace",
            ) from error
