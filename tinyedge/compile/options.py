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
    ``trainable``: how many dense layers at the model's end the device can train.
    ``replaceable``: other weights shall fit the same code, whatever they are.
    ``max_arena`` and ``max_flash``: limits in bytes, of the arena and of the whole firmware (as far
    as it can be estimated before it is built).
    """

    portable: bool = False
    strips: int | None = None
    optimize: Optimize = "speed"
    max_arena: int | None = None
    max_flash: int | None = None
    trainable: int = 0
    replaceable: bool = False
