"""Kernel tables: which implementations a core has. Tuned families come before ``portable``."""

from __future__ import annotations

from tinyedge.compile.kernels import armv7em, portable
from tinyedge.compile.kernels.base import Kernel, Overlap
from tinyedge.compile.kernels.strips import StripsKernel
from tinyedge.compile.plan import Domain

#: core (as boards/*.toml names it) -> tables, the portable one aside
TUNED: dict[str, tuple[tuple[Kernel, ...], ...]] = dict.fromkeys(
    ("cortex-m4", "cortex-m4f", "cortex-m7"), (armv7em.FAST,)
)


def for_core(core: str) -> tuple[Kernel, ...]:
    """All kernels that ``core`` can run. Any core has the portable ones."""
    kernels = (*(kernel for table in TUNED.get(core, ()) for kernel in table), *portable.KERNELS)
    return (*kernels, *(StripsKernel(kernels, domain) for domain in Domain))


__all__ = ["Kernel", "Overlap", "for_core"]
