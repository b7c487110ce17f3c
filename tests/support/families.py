"""The families of kernels, each with the emulated board that its tests run on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.support import armv7em, bare_kernels, kernel_cases, tools
from tests.support.armv7em import Case, Outcome
from tinyedge.compile import params as p
from tinyedge.compile.kernels import armv6m, mve, rv32im, xtensa_lx6
from tinyedge.compile.kernels import armv7em as m4
from tinyedge.compile.kernels.base import Kernel
from tinyedge.compile.plan import Domain


@dataclass(frozen=True)
class Family:
    """Kernels of one folder. ``board``: where they are called; ``domain``: how they keep int8."""

    name: str
    board: str
    kernels: Sequence[Kernel]
    domain: Domain = Domain.PLAIN

    def __str__(self) -> str:
        return self.name

    def cases(self, rng: np.random.Generator, q: p.Params, *sizes: int) -> Iterator[Case]:
        """The layer by every kernel of the family that takes it; ``sizes`` of the operands."""
        channels = kernel_cases.channels(q)
        return kernel_cases.draw(self.kernels, rng, q, sizes, channels, domain=self.domain)

    def run(self, cases: Sequence[Case], folder: Path) -> list[Outcome]:
        """Build and run the cases in ``folder``; skips where a program is missing."""
        if self.name == "armv7em":
            tools.need("arm-none-eabi-gcc", "qemu-system-arm")
            return armv7em.run(cases, folder)
        return bare_kernels.run(self.board, self.name, cases, folder)

    def check(self, cases: Sequence[Case], folder: Path) -> None:
        """That every case wrote what its twin gives, and nothing else."""
        kernel_cases.check(cases, self.run(cases, folder))


ARMV6M = Family("armv6m", "qemu-mps2-m0", (*armv6m.FAST, *armv6m.SMALL))
ARMV7EM = Family("armv7em", "qemu-mps2-an386", (*m4.FAST, *m4.SMALL), Domain.OFFSET)
MVE = Family("mve", "qemu-mps3-an547", mve.FAST)
RV32IM = Family("rv32im", "qemu-riscv32", (*rv32im.FAST, *rv32im.SMALL))
XTENSA_LX6 = Family("xtensa_lx6", "qemu-xtensa", xtensa_lx6.FAST)
ALL = (ARMV6M, ARMV7EM, MVE, RV32IM, XTENSA_LX6)
