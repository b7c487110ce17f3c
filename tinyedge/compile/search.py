"""Which kernels, and which layers to run together: fast, but in less memory where that is cheap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tinyedge.compile.kernels import Kernel
from tinyedge.compile.passes import choose, domains, fuse_rows, place, verify
from tinyedge.compile.plan import Constant, Plan, Step
from tinyedge.compile.program import Node, Program
from tinyedge.errors import ModelError

#: least share of the arena that a change must save
GAIN = 0.02
#: share of the instructions that may be added for each share of the arena that is saved
PRICE = 0.25
#: strip heights that are tried for a pair of layers
HEIGHTS = 4

Forced = Mapping[Node, Kernel]


@dataclass(frozen=True, eq=False)
class Candidate:
    """A program with its plan; ``cost`` in estimated instructions.

    ``forced``: nodes that have another kernel than the fastest.
    """

    program: Program
    forced: Forced
    plan: Plan
    cost: int


@dataclass(frozen=True, eq=False)
class _Draft:
    """A candidate before anything has a place; ``settled``: the program with its conversions."""

    program: Program
    forced: Forced
    settled: Program
    kernels: tuple[Kernel, ...]

    @property
    def cost(self) -> int:
        pairs = zip(self.settled.nodes, self.kernels, strict=True)
        return sum(kernel.cost(node) for node, kernel in pairs)


class Compiler:
    """Turns programs into plans with the kernels of one core."""

    def __init__(self, core: str, kernels: Sequence[Kernel]) -> None:
        self._core = core
        self._kernels = kernels

    def plan(self, program: Program) -> Candidate:
        """Choose the fastest kernels and place what they work on.

        Raises ModelError where no kernel applies.
        """
        return self._placed(self._draft(program, {}))

    def thrifty(self, program: Program) -> Candidate:
        """The fastest plan, and from there every change that saves enough memory for its price."""
        best = self.plan(program)
        while worthy := [c for c in self._changes(best) if _pays(best, c)]:
            best = min(worthy, key=lambda c: (c.plan.arena_bytes, c.cost))
        return best

    def _draft(self, program: Program, forced: Forced) -> _Draft:
        verify.check(program)
        fastest = choose.transform(program, self._kernels)
        chosen = [forced.get(n, kernel) for n, kernel in zip(program.nodes, fastest, strict=True)]
        settled, kernels = domains.transform(program, chosen, self._kernels)
        verify.check(settled)
        return _Draft(program, forced, settled, kernels)

    def _placed(self, draft: _Draft) -> Candidate:
        plan = place.transform(draft.settled, draft.kernels, self._core)
        return Candidate(draft.program, draft.forced, plan, draft.cost)

    def _changes(self, best: Candidate) -> Iterator[Candidate]:
        """Yield the candidates with one change that are not too slow, whatever they save."""
        limit = best.cost * (1 + PRICE / 2)
        yield from (self._placed(draft) for draft in self._drafts(best) if draft.cost <= limit)

    def _drafts(self, best: Candidate) -> Iterator[_Draft]:
        """Yield programs with one change where the arena is full."""
        crowded = _crowded(best.plan)
        for first, second in fuse_rows.candidates(best.program):
            if crowded & {first.ops, second.ops}:
                yield from self._fused(best, first, second)
        for node in best.program.nodes:
            if node.ops in crowded:
                yield from self._exchanged(best, node)

    def _fused(self, best: Candidate, first: Node, second: Node) -> Iterator[_Draft]:
        for rows in fuse_rows.strip_heights(second)[:HEIGHTS]:
            fused = fuse_rows.transform(best.program, first, second, rows)
            try:
                yield self._draft(fused, best.forced)
            except ModelError:  # no kernel for the layers by rows
                return

    def _exchanged(self, best: Candidate, node: Node) -> Iterator[_Draft]:
        """Another kernel that needs less scratch."""
        fitting = [kernel for kernel in self._kernels if kernel.applies(node)]
        fastest = min(fitting, key=lambda kernel: kernel.cost(node))
        current = best.forced.get(node, fastest).scratch_bytes(node)
        for kernel in fitting:
            if kernel.scratch_bytes(node) < current:
                yield self._draft(best.program, {**best.forced, node: kernel})


def _pays(before: Candidate, after: Candidate) -> bool:
    saved = 1 - after.plan.arena_bytes / before.plan.arena_bytes
    return saved >= GAIN and after.cost <= before.cost * (1 + PRICE * saved)


def _crowded(plan: Plan) -> set[tuple[int, ...]]:
    """The operators of the steps that reach into the arena's last bytes."""
    limit = plan.arena_bytes * (1 - GAIN)
    return {step.ops for step in plan.steps if _reach(step) > limit}


def _reach(step: Step) -> int:
    places = [slot for slot in (*step.inputs, step.output, step.scratch) if slot is not None]
    return max(p.offset + p.bytes for p in places if not isinstance(p, Constant))
