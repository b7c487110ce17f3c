"""A locked device: every request is decided, and what is not is refused."""

import re

from tinyedge.emit import board_files
from tinyedge.link import locked
from tinyedge.link import protocol as p
from tinyedge.resources import root

#: what sends weights, what layers write, or what a sensor sees
TELLING = {"WATCH", "PROFILE", "MADE", "SENSE", "SHOW", "PACKED_SHOW", "LEARN_READ"}


def _requests() -> list[p.Type]:
    """Types below READY: those that a host sends."""
    return [kind for kind in p.Type if kind < p.ANSWER]


def test_every_request_is_decided() -> None:
    undecided = [kind.name for kind in _requests() if kind not in locked.DECISIONS]
    assert not undecided, "decide in tinyedge/link/locked.py whether a locked device answers"
    assert set(locked.DECISIONS) == set(_requests())
    assert all(decision.why for decision in locked.DECISIONS.values())


def test_what_tells_is_refused() -> None:
    refused = {kind.name for kind, found in locked.DECISIONS.items() if not found.allowed}
    assert refused >= TELLING
    assert not refused & {kind.name for kind in locked.allowed()}


def test_the_device_has_the_same_list() -> None:
    (listed,) = re.findall(r"#define TE_LOCKED_ALLOWS ((?:.*\\\n)*)", board_files.protocol_header())
    assert re.findall(r"TE_TYPE_(\w+)", listed) == [kind.name for kind in locked.allowed()]


def test_the_table_of_the_documentation_is_this_one() -> None:
    text = (root("tinyedge").parent / "docs" / "authentication.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (yes|no) \| (.+) \|$", text, re.MULTILINE)
    expected = [
        (kind.name, "yes" if found.allowed else "no", found.why)
        for kind, found in locked.DECISIONS.items()
    ]
    assert rows == expected
