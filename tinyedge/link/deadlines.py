"""How long a session waits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Deadlines:
    """Seconds that each kind of call may take, and the wait before a request is first repeated.

    The wait doubles with each repetition up to ``repeat_most_s``, so that a long inference is not
    asked about too often.
    """

    connect_s: float = 6.0
    answer_s: float = 5.0
    invoke_s: float = 120.0
    repeat_s: float = 0.25
    repeat_most_s: float = 4.0
