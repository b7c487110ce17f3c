"""Kernel tables: which implementations a core has. Tuned families come before ``portable``."""

from __future__ import annotations

from tinyedge.compile.kernels import armv6m, armv7em, mve, portable, rv32im, xtensa_lx6
from tinyedge.compile.kernels.base import Kernel, Overlap
from tinyedge.compile.kernels.strips import StripsKernel
from tinyedge.compile.options import Optimize
from tinyedge.compile.params import Add, Params, Strips
from tinyedge.compile.plan import Domain, Step

#: cores with the DSP extension of ARMv7E-M, which ARMv8-M's Main Extension has too
_DSP = ("cortex-m4", "cortex-m4f", "cortex-m7", "cortex-m7f", "cortex-m33", "cortex-m55")
_ARMV6M = ("cortex-m0", "cortex-m0plus")
#: a Cortex-M3, without that extension, has all instructions of ARMv6-M
_NO_DSP = (*_ARMV6M, "cortex-m3")
_RV32 = ("rv32imc", "rv32imac")
#: Xtensa with MAC16, MULSH, CLAMPS, SEXT and zero-overhead loops. The ESP32 (LX6) and the ESP32-S3
#: (LX7) have them all: XCHAL_HAVE_MAC16, _MUL32_HIGH, _CLAMPS, _SEXT, _MINMAX and _LOOPS are 1 in
#: components/xtensa/{esp32,esp32s3}/include/xtensa/config/core-isa.h of ESP-IDF. Its FreeRTOS keeps
#: a task's accumulator, m0 to m3, SAR and loop registers when an interrupt switches tasks:
#: _xt_context_save in components/xtensa/xtensa_context.S, XCHAL_NCP_SA_LIST in config/tie.h.
_XTENSA = ("xtensa-lx6", "xtensa-lx7")

Tables = tuple[tuple[Kernel, ...], ...]

#: objective -> core (as boards/*.toml names it) -> tables, the portable one aside
TUNED: dict[Optimize, dict[str, Tables]] = {
    "speed": {
        **dict.fromkeys(_DSP, (armv7em.FAST, armv7em.SMALL)),
        **dict.fromkeys(_NO_DSP, (armv6m.FAST, armv6m.SMALL)),
        "cortex-m55": (mve.FAST, armv7em.FAST, armv7em.SMALL),
        **dict.fromkeys(_XTENSA, (xtensa_lx6.FAST,)),
        **dict.fromkeys(_RV32, (rv32im.FAST, rv32im.SMALL)),
    },
    "size": {
        **dict.fromkeys(_DSP, (armv7em.SMALL,)),
        **dict.fromkeys(_NO_DSP, (armv6m.SMALL,)),
        "cortex-m55": (mve.FAST, armv7em.SMALL),
        **dict.fromkeys(_XTENSA, (xtensa_lx6.SMALL,)),
        **dict.fromkeys(_RV32, (rv32im.SMALL,)),
    },
}
#: core -> the portable kernels, where their estimated instructions are not those of a Cortex-M
_PORTABLE = {
    **dict.fromkeys(_ARMV6M, portable.slower(2.2)),
    **dict.fromkeys(_XTENSA, portable.slower(1.9)),
    **dict.fromkeys(_RV32, portable.slower(1.7)),
}


def for_core(core: str, optimize: Optimize = "speed") -> tuple[Kernel, ...]:
    """All kernels for ``core`` and that objective. Any core has the portable ones."""
    tables, rest = TUNED[optimize].get(core, ((),)), _PORTABLE.get(core, portable.KERNELS)
    kernels = dict.fromkeys(kernel for table in tables for kernel in table)
    strips = (StripsKernel((*table, *rest), domain) for table in tables for domain in Domain)
    return (*kernels, *rest, *strips)


def why_portable(core: str, step: Step) -> str:
    """Why a portable kernel runs the step on a core that has others; empty: none does."""
    calls = {call.role: call.kernel for call in step.calls} or {"": step.kernel}
    tables = TUNED["speed"].get(core, ())
    own = {kernel.name for table in tables for kernel in table}
    if not own or own.issuperset(calls.values()):
        return ""
    if core not in _DSP:
        return "no kernel for this core takes it"
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
