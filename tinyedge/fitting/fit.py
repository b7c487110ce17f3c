"""``tinyedge fit``: the largest of a recipe's networks that keeps a board's limits."""

from __future__ import annotations

from dataclasses import dataclass, field

from tinyedge.board import Board
from tinyedge.errors import ConfigError
from tinyedge.fitting import candidate as candidates
from tinyedge.fitting import largest
from tinyedge.fitting.candidate import Axes, Candidate
from tinyedge.fitting.estimate import Estimator, Needs
from tinyedge.fitting.largest import Advance, Space
from tinyedge.recipe import Recipe
from tinyedge.results import FitLimits, FitReport, FitTrial


@dataclass(frozen=True, eq=False)
class Search:
    """What is asked: a recipe of which ``known`` axes vary, a board, limits, and values to try."""

    recipe: Recipe
    estimator: Estimator
    limits: FitLimits
    known: Axes
    space: Space
    tried: dict[Candidate, FitTrial] = field(default_factory=dict)

    def run(self, advance: Advance) -> FitReport:
        """Try candidates, as few as will do."""
        best = largest.search(self.space, self._fits, self._macs, advance)
        return FitReport(
            model=self.recipe.name,
            board=self.estimator.board.id,
            limits=self.limits,
            trials=tuple(self.tried.values()),
            chosen=None if best is None else list(self.tried).index(best),
            output="",
            held=best is not None,
        )

    def recipe_of(self, trial: FitTrial) -> Recipe:
        """The recipe with the trial's sizes."""
        return candidates.applied(self.recipe, _candidate(trial))

    def _fits(self, candidate: Candidate) -> bool:
        if candidate not in self.tried:
            changed = candidates.applied(self.recipe, candidate)
            figures = self.estimator.figures(changed)
            needs = self.estimator.of_figures(figures)
            self.tried[candidate] = trial(candidate, needs, self.limits, figures.squeezed)
        return not self.tried[candidate].exceeds

    def _macs(self, candidate: Candidate) -> int:
        return self.estimator.outline(candidates.applied(self.recipe, candidate)).macs


def trial(candidate: Candidate, needs: Needs, limits: FitLimits, squeezed: bool) -> FitTrial:
    """A candidate with what it needs and the limits that it breaks."""
    return FitTrial(
        width=candidate.width,
        depth=candidate.depth,
        size=candidate.size,
        macs=needs.macs,
        flash=needs.flash,
        arena_bytes=needs.arena,
        ram=needs.ram,
        latency=needs.latency,
        max_arena_needed=squeezed,
        exceeds=exceeds(needs, limits),
    )


def exceeds(needs: Needs, limits: FitLimits) -> str:
    """The limits that are broken, in words; empty: none is."""
    if needs.problem:
        return needs.problem
    pairs: list[tuple[str, float | None, float | None]] = [
        ("flash", needs.flash, limits.flash),
        ("RAM", needs.ram, limits.ram),
        ("arena", needs.arena, limits.arena),
        ("latency", needs.latency, limits.latency),
    ]
    over = [
        what
        for what, need, limit in pairs
        if need is not None and limit is not None and need > limit
    ]
    return ", ".join(over)


def limits(estimator: Estimator, ms: float | None = None, ticks: int | None = None) -> FitLimits:
    """The board's flash and RAM, the recipe's own limits, and a budget of latency.

    Raises ConfigError for a budget in a unit that says nothing on this board.
    """
    if ms is not None and ticks is not None:
        raise ConfigError("--latency-ms and --latency-ticks are one limit", "give one of them")
    board, options = estimator.board, estimator.model.options
    flash = board.memory.flash.bytes
    budget = float(ticks) if ticks is not None else None
    if budget is not None or ms is not None:
        _require_clock(board)
    if ms is not None:
        _require_cycles(board)
        budget = ms / 1000 * board.cpu.clock_hz
    return FitLimits(
        flash=min(flash, options.max_flash or flash),
        ram=board.memory.ram.bytes,
        arena=options.max_arena,
        latency=budget,
        latency_unit=estimator.latency_unit,
        latency_ms=ms,
    )


def _require_clock(board: Board) -> None:
    if board.timer.measures == "instructions":
        return
    if board.timer.measures == "wall" or not board.cpu.core.startswith("cortex-m"):
        raise ConfigError(
            f"{board.id}: there is no model of the cycles of {board.cpu.core}, so no latency can "
            "be promised before a build",
            "give no latency, or an emulated board of that core, whose ticks are instructions",
        )


def _require_cycles(board: Board) -> None:
    if board.timer.measures == "instructions":
        raise ConfigError(
            f"{board.id}: its ticks are instructions, which say nothing about milliseconds",
            "give the budget in instructions with --latency-ticks N, or a board with a clock of "
            "its own, such as nucleo-f446re, where cycles are estimated",
        )


def space(known: Axes, most: Candidate, longest: int | None) -> Space:
    """The values to try: up to ``most``'s width and depth, and ``longest`` pixels a side.

    None: what the architecture and the recipe say. Raises ConfigError if nothing can vary.
    """
    if known.width is None and known.depth is None and not known.resizable:
        raise ConfigError(
            "nothing of this recipe's network can vary: neither width, nor depth, nor input size",
            'give the function of the recipe a parameter "width" (a factor) or "depth"',
        )
    _refuse_unused("--max-width", most.width, known.width, "width")
    _refuse_unused("--max-depth", most.depth, known.depth, "depth")
    _refuse_unused("--max-size", longest, known.resizable or None, "input size")
    widths = known.width.values(most=most.width) if known.width else (None,)
    depths = known.depth.values(most=most.depth) if known.depth else (None,)
    if not widths or not depths:
        raise ConfigError(
            f"no {'width' if not widths else 'depth'} that small",
            "; ".join(
                f"{name} ({axis.key}): {axis.least:g} to {axis.most:g}"
                for name, axis in (("width", known.width), ("depth", known.depth))
                if axis
            ),
        )
    deepest_first = tuple(None if depth is None else int(depth) for depth in reversed(depths))
    return Space(widths, deepest_first, known.sizes(longest))


def _refuse_unused(option: str, given: object, axis: object, what: str) -> None:
    if given is not None and axis is None:
        raise ConfigError(
            f"{option} has no use: this recipe's network has no {what} that can vary",
            "leave it out; docs/recipes.md says what each architecture has",
        )


def _candidate(trial: FitTrial) -> Candidate:
    size = None if trial.size is None else (trial.size[0], trial.size[1])
    return Candidate(trial.width, trial.depth, size)
