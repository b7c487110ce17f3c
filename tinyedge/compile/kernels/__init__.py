"""Kernel tables: which implementations a core has. Tuned families come before ``portable``."""

from __future__ import annotations

from tinyedge.compile.kernels import armv7em, portable
from tinyedge.compile.kernels.base import Kernel, Overlap
from tinyedge.compile.kernels.strips import StripsKernel
from tinyedge.compile.options import Optimize
from tinyedge.compile.params import Add, Params, Strips
from tinyedge.compile.plan import Domain, Step

#: cores with the DSP extension of ARMv7E-M, which ARMv8-M's Main Extension has too
_DSP = ("cortex-m4", "cortex-m4f", "cortex-m7", "cortex-m7f", "cortex-m33")

#: objective -> core (as boards/*.toml names it) -> tables, the portable one aside
TUNED: dict[Optimize, dict[str, tuple[tuple[Kernel, ...], ...]]] = {
    "speed": dict.fromkeys(_DSP, (armv7em.FAST,)),
    "size": dict.fromkeys(_DSP, (armv7em.SMALL,)),
}


def for_core(core: str, optimize: Optimize = "speed") -> tuple[Kernel, ...]:
    """All kernels for ``core`` and that objective. Any core has the portable ones."""
    tables = TUNED[optimize].get(core, ())
    kernels = (*(kernel for table in tables for kernel in table), *portable.KERNELS)
    return (*kernels, *(StripsKernel(kernels, domain) for domain in Domain))


def why_portable(core: str, step: Step) -> str:
    """Why a portable kernel runs the step on a core that has others; empty: none does."""
    calls = {call.role: call.kernel for call in step.calls} or {"": step.kernel}
    if core not in TUNED["speed"] or all(name.startswith("te_v7em") for name in calls.values()):
        return ""
    if isinstance(step.params, Strips):
        parts = ((role, getattr(step.params, role)) for role in calls)
        reasons = (f"{role}: {_why(params)}" for role, params in parts)
        return "; ".join(text for text in reasons if not text.endswith(": "))
    if isinstance(step.params, Add) and step.constant_operands:
        return "a constant operand"
    return _why(step.params)


def _why(params: Params) -> str:
    return armv7em.why(params) or "it takes less code, at little cost"


__all__ = ["Kernel", "Overlap", "for_core", "why_portable"]
