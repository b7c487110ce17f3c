"""What stands at the end of a verb's help: commands to copy, each under what it is for."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

_AS_IT_IS = "\b\n"  # click folds no paragraph that begins so
_COLUMNS = 74  # of a terminal of 80: click indents by two, and keeps two free


def by_example(*pairs: tuple[str, str]) -> str:
    """An epilog of ``(command, what it is for)``, one command a line."""
    shown = [f"  # {what}\n  {command}" for command, what in pairs]
    return _AS_IT_IS + "\n".join(["Examples:" if len(pairs) > 1 else "Example:", *shown])


def terms(title: str, meanings: Iterable[tuple[str, str]]) -> str:
    """A paragraph of names and what they mean, to stand before the examples."""
    pairs = list(meanings)
    column = max(len(name) for name, _ in pairs) + 4
    lines = [
        textwrap.fill(
            text,
            _COLUMNS,
            initial_indent=f"  {name}".ljust(column),
            subsequent_indent=" " * column,
        )
        for name, text in pairs
    ]
    return _AS_IT_IS + "\n".join([f"{title}:", *lines]) + "\n\n"
