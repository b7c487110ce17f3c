"""How a network grows: which of its parameters are its width and its depth, and their ranges."""

from __future__ import annotations

import math
from dataclasses import dataclass

_MULTIPLE = 4  # kernels compute so many channels at a time


@dataclass(frozen=True)
class Axis:
    """A number in ``network.parameters``: its ``key``, what it is if not given, and its range.

    Sensible values are ``least``, and every ``step`` from there to ``most``.
    """

    key: str
    default: float
    least: float
    most: float
    step: float

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are allowed."""
        return self.step == int(self.step)

    def values(self, least: float | None = None, most: float | None = None) -> tuple[float, ...]:
        """The sensible values, rising; within narrower or wider bounds if given."""
        low = self.least if least is None else least
        high = self.most if most is None else most
        count = math.floor((high - low) / self.step + 1e-9) + 1
        return tuple(self.exact(low + index * self.step) for index in range(count))

    def exact(self, value: float) -> float:
        """The value as the recipe has it: an int where only these are allowed."""
        return int(value) if self.whole else round(value, 6)


@dataclass(frozen=True)
class Scale:
    """What makes a network wider and what makes it deeper; None: nothing does."""

    width: Axis | None = None
    depth: Axis | None = None


#: multiplies all filters and units that the recipe lists
MULTIPLIER = Axis("width", default=1.0, least=1 / 16, most=4.0, step=1 / 16)


def times(count: int, width: float) -> int:
    """``count`` filters or units, multiplied: as it is for width 1, else a multiple of 4."""
    if width == 1.0:
        return count
    return max(_MULTIPLE, round(count * width / _MULTIPLE) * _MULTIPLE)
