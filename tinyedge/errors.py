"""What can go wrong, sorted by who has to act.

The command line turns these into exit codes: :class:`TinyedgeError` is 2 (the user must fix
something), :class:`CheckFailed` is 1 (everything worked, and a check fell short).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar, Literal, TypeAlias

ErrorKind: TypeAlias = Literal[
    "model", "config", "tool", "link", "check", "usage", "defect", "other"
]


class TinyedgeError(Exception):
    """The user must fix something. ``message`` says what and where, ``hint`` the next step.

    Neither may be empty: ValueError.
    """

    exit_code = 2
    kind: ClassVar[ErrorKind] = "other"

    def __init__(self, message: str, hint: str) -> None:
        if not message.strip() or not hint.strip():
            raise ValueError(f"an error that does not say what to do next: {message!r}")
        super().__init__(message, hint)  # both, so that it survives pickling
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}"

    @property
    def sentence(self) -> str:
        """Both in a row, for a table or a result that goes on after the error."""
        return f"{self.message}; {self.hint}"


class ModelError(TinyedgeError):
    """A model file is damaged, or uses what tinyedge does not support."""

    kind = "model"


class ConfigError(TinyedgeError):
    """A board, recipe or option has a value that is not allowed."""

    kind = "config"


class ToolError(TinyedgeError):
    """A program that tinyedge calls is missing or failed."""

    kind = "tool"


class LinkError(TinyedgeError):
    """The device did not answer, answered wrongly, or is not the one expected."""

    kind = "link"


class CheckFailed(TinyedgeError):  # noqa: N818 - an outcome, not a defect
    """All stages ran and a check fell short (accuracy, bytes, budget)."""

    exit_code = 1
    kind = "check"


def near_match(word: str, allowed: Iterable[str]) -> str:
    """Return ``'; did you mean "x"?'`` for the closest allowed word, or an empty string."""
    close = difflib.get_close_matches(word, list(allowed), n=1, cutoff=0.5)
    return f'; did you mean "{close[0]}"?' if close else ""
