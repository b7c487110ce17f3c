"""What the compiler may use, and what it aims at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Optimize: TypeAlias = Literal["speed", "size"]


@dataclass(frozen=True)
class Options:
    """``portable``: use only the kernels in plain C, whatever the core has.

    ``strips``: rows of output at a time for every pair of layers that can run together; None
    leaves the choice to the compiler. ``optimize``: few instructions, or little flash and RAM.
    """

    portable: bool = False
    strips: int | None = None
    optimize: Optimize = "speed"
