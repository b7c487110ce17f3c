"""Every error says what to do next: the type demands it, and nothing passes an empty text."""

from __future__ import annotations

import ast
import copy
from pathlib import Path

import pytest

import tinyedge
from tinyedge.errors import (
    CheckFailed,
    ConfigError,
    LinkError,
    ModelError,
    TinyedgeError,
    ToolError,
)

KINDS = (TinyedgeError, ModelError, ConfigError, ToolError, LinkError, CheckFailed)
_RAISING = {kind.__name__ for kind in KINDS} | {"fail", "_fail", "refuse", "Refusal"}


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_without_a_next_step_cannot_be_made(kind: type[TinyedgeError]) -> None:
    for message, hint in (("what", ""), ("what", " \n"), ("", "next")):
        with pytest.raises(ValueError, match="what to do next"):
            kind(message, hint)


def test_an_error_comes_whole_out_of_another_process() -> None:
    error = copy.copy(ConfigError("what", "next"))  # by what pickle uses, too
    assert (type(error), error.message, error.hint) == (ConfigError, "what", "next")
    assert (str(error), error.sentence) == ("what\n  next", "what; next")


def _empty_hints(source: str) -> list[int]:
    """Lines of calls that make an error with an empty text for its next step."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [
        call.lineno
        for call in calls
        if getattr(call.func, "id", getattr(call.func, "attr", "")) in _RAISING
        for given in [*call.args[1:], *(one.value for one in call.keywords)]
        if isinstance(given, ast.Constant) and not str(given.value).strip()
    ]


def test_no_call_passes_an_empty_next_step() -> None:
    assert _empty_hints('raise ConfigError("x", "")\nself.fail("x", hint=" ")') == [1, 2]
    package = Path(tinyedge.__file__).parent
    found = {path: _empty_hints(path.read_text()) for path in package.rglob("*.py")}
    assert not {path: lines for path, lines in found.items() if lines}
