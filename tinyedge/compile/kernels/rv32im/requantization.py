"""How the assembler kernels requantize: their macros' arguments, and a channel's words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.kernels.stage import SCALE_BITS, Stage
from tinyedge.compile.params import Requantization


@dataclass(frozen=True, eq=False)
class Requantize:
    """A layer's proved requantization, and the clamp of its output."""

    stage: Stage
    low: int
    high: int

    @classmethod
    def of(cls, stage: Stage, requant: Requantization) -> Requantize:
        """That ``stage`` of a layer whose clamp ``requant`` has."""
        return cls(stage, requant.low, requant.high)

    @property
    def relu(self) -> bool:
        """Whether negative sums are the lowest output, and no other sum is less than that."""
        made = self.stage
        negative = (-(1 << SCALE_BITS) * made.multipliers >> 32) + made.constants - made.negatives
        below = (negative >> made.shifts <= self.low).all()
        return bool(below and (made.constants >> made.shifts >= self.low).all())

    @property
    def signed(self) -> bool:
        """Whether negative sums need a constant of their own."""
        return self.stage.signed and not self.relu

    @property
    def arguments(self) -> dict[str, int]:
        """Of the macros."""
        return {"relu": int(self.relu), "signed": int(self.signed)}

    @property
    def instructions(self) -> int:
        """Estimated instructions of an output: see macros.S."""
        return 6 if self.relu else 8 + 3 * self.signed

    def words(self) -> NDArray[np.int64]:
        """[channels, words]: multiplier, constant, shift, and what is added to negative sums."""
        made = self.stage
        rows = [made.multipliers, made.constants, made.shifts]
        return np.stack(rows + [-made.negatives] * self.signed, axis=1)
