"""What ``--json FILE`` holds where a verb ends before it has a result."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from tinyedge.errors import ErrorKind
from tinyedge.results.fields import Result


class ErrorReport(Result, frozen=True, kw_only=True):
    """What is wrong, and what to do next; stderr tells the same."""

    schema: Literal["tinyedge-error/1"] = "tinyedge-error/1"
    kind: Annotated[
        ErrorKind,
        Meta(description="Who has to act; usage: an option; check: a check fell short"),
    ]
    message: Annotated[str, Meta(description="What is wrong, and where")]
    hint: Annotated[str, Meta(description="What is allowed, or the next step")]
    exit_code: Annotated[int, Meta(description="1 where a check fell short, else 2")]
