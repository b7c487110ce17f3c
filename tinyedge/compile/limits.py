"""The best plan that keeps the user's limits, or by how many bytes it fails and what would help."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from tinyedge.compile import code_size
from tinyedge.compile.kernels import Kernel, for_core
from tinyedge.compile.options import Options
from tinyedge.compile.program import Program
from tinyedge.compile.search import BYTE, Candidate, Compiler
from tinyedge.errors import CheckFailed

#: shares of the instructions that a byte of code may cost, under a limit of flash
BYTES = tuple(4e-6 * 2**step for step in range(16))


def best(program: Program, core: str, options: Options) -> Candidate:
    """Return the plan for ``core``. Raises CheckFailed where none that was tried keeps a limit."""
    kernels = _kernels(core, options)
    tried: list[Candidate] = []
    for byte in _bytes(program, core, kernels, options):
        found = _planned(Compiler(core, kernels, options.optimize, byte), program, options)
        if _over_arena(found, options) <= 0 and _over_flash(found, options) <= 0:
            return found
        tried.append(found)
    raise _refusal(tried, options)


def _bytes(
    program: Program, core: str, kernels: Sequence[Kernel], options: Options
) -> Iterator[float]:
    """What a byte of code may cost: what is usual, and under a limit the least that keeps it.

    Then more, as saving RAM takes some code.
    """
    usual = BYTE[options.optimize]
    yield usual
    if options.max_flash is None:
        return
    prices = [byte for byte in BYTES if byte > usual]

    def fits(byte: float) -> bool:
        compiler = Compiler(core, kernels, options.optimize, byte)
        return _over_flash(compiler.plan(program), options) <= 0

    first = bisect_left(prices, True, hi=len(prices) - 1, key=fits)
    yield from prices[first:]


def flash_bytes(candidate: Candidate, options: Options) -> int:
    """Estimate the whole firmware."""
    plan = candidate.plan
    rest = code_size.REST[options.optimize] + code_size.MORE.get(plan.core, 0)
    return plan.constant_bytes + plan.code_bytes + rest


def _kernels(core: str, options: Options) -> Sequence[Kernel]:
    """The kernels for the objective; under a limit those for speed, too."""
    limited = options.max_arena is not None or options.max_flash is not None
    return for_core("" if options.portable else core, "speed" if limited else options.optimize)


def _planned(compiler: Compiler, program: Program, options: Options) -> Candidate:
    if options.max_arena is not None:
        return compiler.within(program, options.max_arena)
    return compiler.plan(program) if options.strips is not None else compiler.thrifty(program)


def _over_arena(found: Candidate, options: Options) -> int:
    return 0 if options.max_arena is None else found.plan.arena_bytes - options.max_arena


def _over_flash(found: Candidate, options: Options) -> int:
    return 0 if options.max_flash is None else flash_bytes(found, options) - options.max_flash


def _refusal(tried: list[Candidate], options: Options) -> CheckFailed:
    """By how many bytes the nearest plan fails, and what would help."""
    nearest = min(tried, key=lambda c: max(_over_arena(c, options), _over_flash(c, options)))
    texts, hints = [], []
    if (over := _over_arena(nearest, options)) > 0:
        texts.append(f"the smallest arena found is {over:,} bytes larger than max_arena allows")
        hints.append(f"allow an arena of {nearest.plan.arena_bytes:,} bytes{_busiest(nearest)}")
    if (over := _over_flash(nearest, options)) > 0:
        texts.append(f"the smallest firmware is about {over:,} bytes larger than max_flash allows")
        hints.append(f"allow {flash_bytes(nearest, options):,} bytes of flash{_heaviest(nearest)}")
        if options.optimize == "speed":
            hints.append('optimize = "size" compiles all C for size, too')
    return CheckFailed(f"{nearest.plan.name}: {'; '.join(texts)}", "; ".join(hints))


def _busiest(candidate: Candidate) -> str:
    """Which step fills the arena."""
    steps = candidate.plan.steps
    step = max(steps, key=lambda s: s.output.bytes + (s.scratch.bytes if s.scratch else 0))
    scratch = step.scratch.bytes if step.scratch else 0
    return (
        f", or make step {step.index} ({step.name}) smaller: it writes {step.output.bytes:,} bytes"
        f" and needs {scratch:,} of scratch"
    )


def _heaviest(candidate: Candidate) -> str:
    """Which step has the most weights."""
    step = max(candidate.plan.steps, key=lambda s: s.constant_bytes)
    return (
        f", or make step {step.index} ({step.name}) smaller: it has {step.constant_bytes:,} bytes"
        " of weights and tables"
    )
