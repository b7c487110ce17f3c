"""Kernel tables: which implementations a core has. Tuned families come before ``portable``."""

from __future__ import annotations

from tinyedge.compile.kernels import armv7em, portable
from tinyedge.compile.kernels.base import Kernel, Overlap
from tinyedge.compile.kernels.strips import StripsKernel
from tinyedge.compile.options import Optimize
from tinyedge.compile.plan import Domain

#: objective -> core (as boards/*.toml names it) -> tables, the portable one aside
TUNED: dict[Optimize, dict[str, tuple[tuple[Kernel, ...], ...]]] = {
    "speed": dict.fromkeys(("cortex-m4", "cortex-m4f", "cortex-m7"), (armv7em.FAST,)),
    "size": dict.fromkeys(("cortex-m4", "cortex-m4f", "cortex-m7"), (armv7em.SMALL,)),
}


def for_core(core: str, optimize: Optimize = "speed") -> tuple[Kernel, ...]:
    """All kernels for ``core`` and that objective. Any core has the portable ones."""
    tables = TUNED[optimize].get(core, ())
    kernels = (*(kernel for table in tables for kernel in table), *portable.KERNELS)
    return (*kernels, *(StripsKernel(kernels, domain) for domain in Domain))


__all__ = ["Kernel", "Overlap", "for_core"]
