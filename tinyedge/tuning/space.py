"""A recipe's ``[search]`` as ranges to draw from, and what is drawn as a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from tinyedge.errors import ConfigError
from tinyedge.fitting import candidate as candidates
from tinyedge.fitting.candidate import LEAST_SIDE, Axes, Candidate
from tinyedge.recipe import Prune, Recipe, Search
from tinyedge.train.architectures.scale import Axis

EXAMPLE = "[search]\nwidth = [0.25, 2.0]\nlearning_rate = [0.0005, 0.01]\nepochs = [4, 12]"
_SIDE_STEP = 2  # pixels: sides are even


class Draw(Protocol):
    """What draws one value of a name; Optuna's Trial does."""

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int: ...

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float: ...

    def suggest_categorical(self, name: str, choices: Any) -> Any: ...


def check(recipe: Recipe) -> tuple[Search, Axes]:
    """The recipe's ranges, and the axes of its network.

    Raises ConfigError where there is no range, or one that has no use.
    """
    search = recipe.search
    if search is None or search == Search(seed=search.seed):
        raise ConfigError(
            f"{recipe.path}: [search] says nothing that varies", f"write, for example:\n{EXAMPLE}"
        )
    known = candidates.axes(recipe)
    for name, given, axis in (
        ("width", search.width, known.width),
        ("depth", search.depth, known.depth),
        ("size", search.size, known.resizable or None),
    ):
        if given is not None and axis is None:
            raise ConfigError(
                f"{recipe.path}: search.{name} has no use: this network has none that can vary",
                "leave it out; docs/recipes.md says what each architecture has",
            )
    if "qat" in search.method and recipe.quantize.backend == "litert":
        raise ConfigError(
            f'{recipe.path}: search.method "qat" has no use with quantize.backend = "litert"',
            'write quantize.backend = "tensorflow", or leave "qat" out',
        )
    if search.size is not None and search.size[0] < LEAST_SIDE:
        raise ConfigError(
            f"{recipe.path}: search.size = {list(search.size)} is not allowed",
            f"write pixels of the longer side, {LEAST_SIDE} or more",
        )
    return search, known


def draw(search: Search, known: Axes, trial: Draw) -> dict[str, Any]:
    """Values by key of ``[search]``, always in the same order."""
    drawn: dict[str, Any] = {}
    for name, span, axis in (
        ("width", search.width, known.width),
        ("depth", search.depth, known.depth),
    ):
        if span is not None and axis is not None:
            drawn[name] = _on(trial, name, span, axis)
    if search.size is not None:
        low, high = search.size
        drawn["size"] = trial.suggest_int("size", low, _top(low, high), step=_SIDE_STEP)
    if search.learning_rate is not None:
        drawn["learning_rate"] = trial.suggest_float(
            "learning_rate", *search.learning_rate, log=True
        )
    if search.epochs is not None:
        drawn["epochs"] = trial.suggest_int("epochs", *search.epochs)
    for name in ("batch", "method", "sparsity"):
        choices = getattr(search, name)
        if choices:
            drawn[name] = trial.suggest_categorical(name, choices)
    return drawn


def applied(recipe: Recipe, known: Axes, drawn: Mapping[str, Any]) -> Recipe:
    """The recipe with what was drawn, and without ``[search]``."""
    size = drawn.get("size")
    changed = candidates.applied(
        recipe,
        Candidate(
            width=drawn.get("width"),
            depth=drawn.get("depth"),
            size=None if size is None else known.size(size / max(known.native)),
        ),
    )
    names = ("learning_rate", "epochs", "batch")
    training = msgspec.structs.replace(
        changed.training, **{name: drawn[name] for name in names if name in drawn}
    )
    quantize = changed.quantize
    if "method" in drawn:
        quantize = msgspec.structs.replace(quantize, method=drawn["method"])
    return msgspec.structs.replace(
        changed,
        training=training,
        quantize=quantize,
        prune=_prune(changed.prune, drawn.get("sparsity")),
        search=None,
    )


def _prune(given: Prune | None, sparsity: float | None) -> Prune | None:
    if sparsity is None:
        return given
    return None if sparsity == 0 else msgspec.structs.replace(given or Prune(), sparsity=sparsity)


def _on(trial: Draw, name: str, span: tuple[float, float], axis: Axis) -> float:
    """A sensible value of the axis: its step is counted from the least that is asked for."""
    values = axis.values(*span)
    if axis.whole:
        return trial.suggest_int(name, int(values[0]), int(values[-1]), step=int(axis.step))
    return axis.exact(trial.suggest_float(name, values[0], values[-1], step=axis.step))


def _top(low: int, high: int) -> int:
    return high - (high - low) % _SIDE_STEP
