"""A whole search: trials of a recipe on a board until there are enough, then what they show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from optuna.study import Study

import tinyedge
from tinyedge.fitting.candidate import Axes
from tinyedge.fitting.estimate import Estimator
from tinyedge.recipe import Recipe, Search
from tinyedge.recipe import text as recipe_file
from tinyedge.report import pareto
from tinyedge.results import FitLimits, SearchReport, SearchTrial
from tinyedge.train import architectures
from tinyedge.tuning import space, study, trial
from tinyedge.tuning.study import Drawn, Kept
from tinyedge.tuning.trial import Outcome, Trainer, TrialWorkspace
from tinyedge.workspace import Workspace, sha256, sources_sha256, write_atomic

FOLDER, PICTURE = "search", "pareto.png"
#: what accuracies and estimates depend on
_CODE = ("train", "quantize", "dataset", "graph", "compile", "fitting", "tuning")

Done = Callable[[int, int], None]
"""Called with the trials that are done and the trials that are wanted."""


@dataclass(frozen=True, eq=False)
class Job:
    """What is searched: a recipe's ranges, for one board, within limits."""

    recipe: Recipe
    search: Search
    known: Axes
    estimator: Estimator
    limits: FitLimits
    workspace: Workspace

    @property
    def folder(self) -> Path:
        """Where trials, their recipes and the picture are kept."""
        return self.workspace.model(self.recipe.name) / FOLDER

    @property
    def key(self) -> str:
        """Digest of all that the trials depend on."""
        board, options = self.estimator.board, self.estimator.model.options
        settings = msgspec.structs.replace(self.recipe, path=Path())
        package = Path(tinyedge.__file__).parent
        parts = [repr(settings), repr((board.id, board.cpu, board.memory, options, self.limits))]
        parts += [architectures.identity(self.recipe)]
        parts += [sources_sha256(package / folder) for folder in _CODE]
        return sha256("\n".join(parts).encode())

    def changed(self, drawn: Drawn) -> Recipe:
        """The recipe with what a trial has drawn."""
        return space.applied(self.recipe, self.known, drawn)


def run(job: Job, opened: Study, trials: int, trainer: Trainer, done: Done) -> None:
    """Run trials until ``trials`` are complete or pruned, or left to other workers."""

    def judge(drawn: Drawn, folder: int) -> Outcome:
        recipe = job.changed(drawn)
        place = TrialWorkspace(job.folder / f"trial-{folder:04}", _samples(job, recipe))
        return trial.run(recipe, job.estimator, job.limits, place, trainer)

    done(study.done(opened), trials)
    while study.run(opened, trials, judge, lambda t: space.draw(job.search, job.known, t)):
        done(study.done(opened), trials)


def report(job: Job, opened: Study, url: str) -> SearchReport:
    """All trials so far; writes a recipe for each on the Pareto front, and the picture."""
    front = study.front(opened)
    found = tuple(_trial(job, kept, kept.number in front) for kept in study.kept(opened))
    picture = ""
    if front:
        picture = str(job.folder / PICTURE)
        write_atomic(Path(picture), pareto.draw_trials(found, job.limits.latency_unit))
    return SearchReport(
        model=job.recipe.name,
        board=job.estimator.board.id,
        limits=job.limits,
        storage=study.shown(url),
        study=opened.study_name,
        trials=found,
        picture=picture,
        held=bool(front),
    )


def _samples(job: Job, recipe: Recipe) -> Path:
    size = recipe.data.size
    name = "samples" if size is None else f"samples-{size[0]}x{size[1]}"
    return job.folder / name


def _trial(job: Job, kept: Kept, pareto: bool) -> SearchTrial:
    accuracy = None if kept.values is None else kept.values[0]
    needs = kept.needs
    found = SearchTrial(
        number=kept.number,
        state=kept.state,  # type: ignore[arg-type]
        parameters=dict(kept.drawn),
        accuracy=accuracy,
        latency=needs.get("latency"),
        flash=needs.get("flash"),
        ram=needs.get("ram"),
        exceeds=kept.exceeds,
        pareto=pareto,
        recipe="",
    )
    return msgspec.structs.replace(found, recipe=_write(job, found)) if pareto else found


def _write(job: Job, found: SearchTrial) -> str:
    """The trial's recipe, as a file of its own."""
    path = job.folder / f"trial-{found.number}.toml"
    made = recipe_file.named(job.changed(found.parameters), f"trial-{found.number}")
    heading = [
        f'Trial {found.number} of "tinyedge search" of the recipe "{job.recipe.name}" for '
        f"{job.estimator.board.id}.",
        f"Accuracy of int8 on the validation split: {found.accuracy:.4f}; expected there:",
        f"  about {found.latency:,.0f} {job.limits.latency_unit} an inference,",
        f"  {found.flash:,} bytes of flash, {found.ram:,} of RAM.",
    ]
    recipe_file.write(path, made, heading, {}, force=True)
    return str(path)
