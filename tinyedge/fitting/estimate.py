"""What a recipe's firmware would take on a board, by the real planner, before any training."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import msgspec

import tinyedge
from tinyedge import backend
from tinyedge import dataset as datasets
from tinyedge.board import Board
from tinyedge.compile import Plan, compile_graph
from tinyedge.compile.options import Options
from tinyedge.errors import CheckFailed, ConfigError, ModelError
from tinyedge.fitting import room
from tinyedge.fitting.history import History
from tinyedge.graph import verify
from tinyedge.graph.types import Graph
from tinyedge.quantize import sketch as sketching
from tinyedge.recipe import Recipe
from tinyedge.train import architectures
from tinyedge.workflow import pipeline
from tinyedge.workflow.pipeline import Model
from tinyedge.workspace import sha256, sources_sha256

#: what figures depend on besides the recipe; a change of it makes the kept ones void
_CODE = ("train/architectures", "quantize", "graph", "compile")


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Of one network on one core. ``refused``: why there is no plan; then most are unknown.

    ``squeezed``: the compiler must be told the limit of the arena, and then keeps it.
    """

    parameters: int
    macs: int
    constant_bytes: int = 0
    code_bytes: int = 0
    arena_bytes: int = 0
    instructions: int = 0
    cycles: int = 0
    squeezed: bool = False
    refused: str = ""


@dataclass(frozen=True)
class Needs:
    """What one firmware takes of a board: bytes, the stack included; an inference's latency.

    ``problem``: why it cannot be made at all.
    """

    macs: int
    flash: int
    arena: int | None
    ram: int | None
    latency: float | None
    problem: str = ""


@dataclass(frozen=True, eq=False)
class Estimator:
    """Estimates recipes for one board; what it finds is kept in ``history``."""

    model: Model
    board: Board
    history: History[Figures]

    @property
    def latency_unit(self) -> Literal["instructions", "cycles"]:
        """What latencies are in: "instructions", or "cycles" by the model for Cortex-M4."""
        return "cycles" if self.board.timer.measures == "cycles" else "instructions"

    def outline(self, recipe: Recipe) -> Figures:
        """Weights and multiply-accumulates; why the network cannot be, if so."""
        return self.history.of(self._key(recipe, "outline"), lambda: _outline(recipe))

    def figures(self, recipe: Recipe) -> Figures:
        """The plan's figures. A network that has more weights than the flash is not planned."""
        outline = self.outline(recipe)
        if outline.refused or outline.parameters > self.board.memory.flash.bytes:
            return outline
        key = self._key(recipe, f"plan {self.board.cpu.core} {self._options()}")
        return self.history.of(key, lambda: self._planned(recipe, outline))

    def needs(self, recipe: Recipe) -> Needs:
        """What the recipe's firmware would take."""
        return self.of_figures(self.figures(recipe))

    def of_figures(self, figures: Figures) -> Needs:
        """What a network with these figures takes on the board."""
        if not figures.arena_bytes:  # a weight takes a byte, at least
            return Needs(
                figures.macs, figures.parameters, None, None, None, problem=figures.refused
            )
        optimize = self.model.options.optimize
        return Needs(
            macs=figures.macs,
            flash=room.flash_needed(
                self.board, figures.constant_bytes, figures.code_bytes, optimize
            ),
            arena=figures.arena_bytes,
            ram=room.ram_needed(self.board, figures.arena_bytes),
            latency=getattr(figures, self.latency_unit),
        )

    def trained(self, graph: Graph, parameters: int) -> Needs:
        """The same for a network that is trained. Raises ModelError as :meth:`plan` does."""
        plan, _ = self.plan(graph)
        return self.of_figures(_of_plan(plan, Figures(parameters=parameters, macs=graph.macs)))

    def plan(self, graph: Graph) -> tuple[Plan, bool]:
        """The fastest plan with room on the board, and whether the compiler must be told to.

        Where there is none, the plan that would need more. Raises ModelError for a graph that the
        aot runtime does not take.
        """
        verify.check(graph)
        core, options = self.board.cpu.core, self._options()
        free = compile_graph(graph, core, replace(options, max_arena=None))
        if options.max_arena is None or free.arena_bytes <= options.max_arena:
            return free, False
        try:
            return compile_graph(graph, core, options), True
        except CheckFailed:
            return free, False

    def _options(self) -> Options:
        given = self.model.options
        arena = max(1, room.for_arena(self.board))
        return replace(given, max_arena=min(arena, given.max_arena or arena), max_flash=None)

    def _planned(self, recipe: Recipe, outline: Figures) -> Figures:
        try:
            loaded = pipeline.sketch(replace(self.model, recipe=recipe))
            plan, squeezed = self.plan(loaded.graph)
        except ModelError as error:
            return msgspec.structs.replace(outline, refused=error.message)
        known = msgspec.structs.replace(outline, macs=loaded.graph.macs, squeezed=squeezed)
        return _of_plan(plan, known)

    def _key(self, recipe: Recipe, what: str) -> str:
        shape = datasets.outline(recipe.data, recipe.path)
        parts = [what, repr((shape, recipe.data.range, recipe.network, recipe.training.seed))]
        parts += [architectures.identity(recipe), repr(backend.versions())]
        package = Path(tinyedge.__file__).parent
        parts += [sources_sha256(package / folder) for folder in _CODE]
        return sha256("\n".join(parts).encode())


def _outline(recipe: Recipe) -> Figures:
    shape, classes = datasets.outline(recipe.data, recipe.path)
    try:
        found = sketching.outline(recipe, shape, classes)
    except ConfigError as error:  # the network does not go that small
        return Figures(parameters=0, macs=0, refused=error.message)
    return Figures(parameters=found.parameters, macs=found.macs)


def _of_plan(plan: Plan, known: Figures) -> Figures:
    return msgspec.structs.replace(
        known,
        constant_bytes=plan.constant_bytes,
        code_bytes=plan.code_bytes,
        arena_bytes=plan.arena_bytes,
        instructions=plan.instructions,
        cycles=plan.cycles,
    )
