"""Which kernels, and which layers to run together: fast, but in less memory where that is cheap."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from tinyedge.compile import code_size
from tinyedge.compile.kernels import Kernel
from tinyedge.compile.options import Optimize
from tinyedge.compile.passes import choose, domains, fuse_rows, place, verify
from tinyedge.compile.passes.choose import Price
from tinyedge.compile.plan import Plan, Scratch, Slot, Step
from tinyedge.compile.program import Node, Program
from tinyedge.errors import ModelError

#: least share of the arena that a change must save
GAIN = 0.02
#: arenas that differ by a smaller share are as good as each other
ALIKE = 0.005
#: share of the instructions that may be added for each share of the arena that is saved
SHARE: dict[Optimize, float] = {"speed": 0.25, "size": 0.5}
#: share of the instructions that may be added for each byte of code that is saved
BYTE: dict[Optimize, float] = {"speed": 2e-6, "size": 1e-4}
#: strip heights that are tried for a pair of layers
HEIGHTS = 4

Forced = Mapping[Node, Kernel]


@dataclass(frozen=True, eq=False)
class Candidate:
    """A program with its plan. ``score``: estimated instructions, and what the code is worth.

    ``forced``: nodes that have another kernel than the chosen one.
    """

    program: Program
    forced: Forced
    plan: Plan
    score: float


@dataclass(frozen=True, eq=False)
class _Draft:
    """A candidate before anything has a place; ``settled``: the program with its conversions."""

    program: Program
    forced: Forced
    settled: Program
    kernels: tuple[Kernel, ...]

    @property
    def pairs(self) -> Iterator[tuple[Node, Kernel]]:
        return zip(self.settled.nodes, self.kernels, strict=True)

    @property
    def cost(self) -> int:
        return sum(kernel.cost(node) for node, kernel in self.pairs)


class Compiler:
    """Turns programs into plans with the kernels of one core.

    ``byte``: share of the fastest plan's instructions that may be added for each byte of code that
    is saved; None: what ``optimize`` says.
    """

    def __init__(
        self,
        core: str,
        kernels: Sequence[Kernel],
        optimize: Optimize = "speed",
        byte: float | None = None,
    ) -> None:
        self._core = core
        self._kernels = kernels
        self._optimize: Optimize = optimize
        self._byte = BYTE[optimize] if byte is None else byte
        self._price: Price | None = None

    def plan(self, program: Program) -> Candidate:
        """Choose the best kernels and place what they work on, whatever memory that takes.

        Raises ModelError where no kernel applies.
        """
        self._price = None
        if self._byte:
            worth = self._byte * self._draft(program, {}).cost
            self._price = Price(worth, partial(code_size.pieces, optimize=self._optimize))
        return self._placed(self._draft(program, {}))

    def thrifty(self, program: Program) -> Candidate:
        """The best plan, and from there every change that saves enough memory for its price."""
        best = self.plan(program)
        while worthy := [c for c in self._changes(best, self._share / 2) if self._pays(best, c)]:
            enough = (1 + ALIKE) * min(c.plan.arena_bytes for c in worthy)
            alike = [c for c in worthy if c.plan.arena_bytes <= enough]
            best = min(alike, key=lambda c: (c.score, c.plan.arena_bytes))
        return best

    def within(self, program: Program, arena: int) -> Candidate:
        """The best plan found whose arena has at most so many bytes, or the one nearest to that."""
        thrifty, best = self.thrifty(program), self.plan(program)
        while best.plan.arena_bytes > arena:
            smaller = [c for c in self._changes(best, math.inf) if _fullness(c) < _fullness(best)]
            enough = [c for c in smaller if c.plan.arena_bytes <= arena]
            if not smaller:
                break
            best = min(enough or smaller, key=_Rate(best, enough=bool(enough)))
        tried = sorted((self._restored(best, arena), thrifty), key=lambda c: c.score)
        fitting = [c for c in tried if c.plan.arena_bytes <= arena]
        return fitting[0] if fitting else min(tried, key=lambda c: c.plan.arena_bytes)

    def _restored(self, best: Candidate, arena: int) -> Candidate:
        """The plan with the fastest kernels that still fit, where later changes have made room."""
        for node in best.program.nodes:
            if node not in best.forced:
                continue
            cost = best.forced[node].cost(node)
            fitting = [k for k in self._kernels if k.applies(node) and k.cost(node) < cost]
            for kernel in sorted(fitting, key=lambda kernel: kernel.cost(node)):
                tried = self._placed(self._draft(best.program, {**best.forced, node: kernel}))
                if tried.plan.arena_bytes <= arena and tried.score < best.score:
                    best = tried
                    break
        return best

    @property
    def _share(self) -> float:
        return SHARE[self._optimize]

    def _pays(self, before: Candidate, after: Candidate) -> bool:
        saved = 1 - after.plan.arena_bytes / before.plan.arena_bytes
        return saved >= GAIN and after.score <= before.score * (1 + self._share * saved)

    def _draft(self, program: Program, forced: Forced) -> _Draft:
        verify.check(program)
        chosen = choose.transform(program, self._kernels, self._price, forced)
        settled, kernels = domains.transform(program, chosen, self._kernels)
        verify.check(settled)
        return _Draft(program, forced, settled, kernels)

    def _placed(self, draft: _Draft) -> Candidate:
        code = code_size.of_calls(draft.pairs, self._optimize)
        plan = place.transform(draft.settled, draft.kernels, self._core, code)
        score = draft.cost + (self._price.instructions * code if self._price else 0.0)
        return Candidate(draft.program, draft.forced, plan, score)

    def _changes(self, best: Candidate, share: float) -> Iterator[Candidate]:
        """Yield the candidates with one change that are not too slow, whatever they save."""
        limit = best.score * (1 + share)
        yield from (self._placed(draft) for draft in self._drafts(best) if draft.cost <= limit)

    def _drafts(self, best: Candidate) -> Iterator[_Draft]:
        """Yield programs with one change where the arena is full."""
        crowded = _crowded(best.plan)
        for first, second in fuse_rows.candidates(best.program):
            if crowded & {first.ops, second.ops}:
                yield from self._fused(best, first, second)
        nodes = [node for node in best.program.nodes if node.ops in crowded]
        for node in nodes:
            yield from self._exchanged(best, node)
        yield from self._exchanged_together(best, nodes)
        full = _full(best.plan)
        if not full.issuperset(crowded):
            yield from self._exchanged_together(best, [node for node in nodes if node.ops in full])

    def _fused(self, best: Candidate, first: Node, second: Node) -> Iterator[_Draft]:
        for rows in fuse_rows.strip_heights(second)[:HEIGHTS]:
            fused = fuse_rows.transform(best.program, first, second, rows)
            try:
                yield self._draft(fused, best.forced)
            except ModelError:  # no kernel for the layers by rows
                return

    def _exchanged(self, best: Candidate, node: Node) -> Iterator[_Draft]:
        """Another kernel that needs less scratch."""
        for kernel in self._smaller(best, node):
            yield self._draft(best.program, {**best.forced, node: kernel})

    def _exchanged_together(self, best: Candidate, nodes: Sequence[Node]) -> Iterator[_Draft]:
        """Layers that need the same memory: to change one alone would save nothing."""
        smaller = {node: found for node in nodes if (found := self._smaller(best, node))}
        if len(smaller) > 1:
            fastest = {
                node: min(found, key=lambda kernel: kernel.cost(node))
                for node, found in smaller.items()
            }
            yield self._draft(best.program, {**best.forced, **fastest})

    def _smaller(self, best: Candidate, node: Node) -> list[Kernel]:
        """The kernels that need less scratch than the one that the node has."""
        fitting = [kernel for kernel in self._kernels if kernel.applies(node)]
        fastest = min(fitting, key=lambda kernel: kernel.cost(node))
        current = best.forced.get(node, fastest).scratch_bytes(node)
        return [kernel for kernel in fitting if kernel.scratch_bytes(node) < current]


@dataclass(frozen=True)
class _Rate:
    """What a change costs: all in all where any saves enough, else for each byte that it saves."""

    before: Candidate
    enough: bool

    def __call__(self, after: Candidate) -> tuple[float, int]:
        saved = self.before.plan.arena_bytes - after.plan.arena_bytes
        added = after.score - self.before.score
        return (added if self.enough else added / max(saved, 1)), -saved


def _fullness(candidate: Candidate) -> tuple[int, int]:
    """Bytes of the arena, and how many steps reach into the last of them."""
    return candidate.plan.arena_bytes, len(_crowded(candidate.plan))


def _crowded(plan: Plan) -> set[tuple[int, ...]]:
    """The operators of the steps during which the arena's last bytes are in use."""
    limit = plan.arena_bytes * (1 - GAIN)
    return {
        step.ops
        for step, places in _places(plan)
        if max(place.offset + place.bytes for place in places) > limit
    }


def _full(plan: Plan) -> set[tuple[int, ...]]:
    """The operators of the steps that by themselves may need that much memory."""
    limit = plan.arena_bytes * (1 - GAIN)
    return {
        step.ops for step, places in _places(plan) if sum(place.bytes for place in places) > limit
    }


def _places(plan: Plan) -> Iterator[tuple[Step, list[Slot | Scratch]]]:
    """Yield each step with what is in the arena while it runs."""
    last = {id(slot): step.index for step in plan.steps for slot in step.inputs}
    last |= {id(slot): len(plan.steps) for slot in plan.outputs}
    alive = set(plan.inputs)
    for step in plan.steps:
        alive = {slot for slot in alive if last.get(id(slot), -1) >= step.index} | {step.output}
        yield step, [*alive, *([step.scratch] if step.scratch else [])]
