"""Input sizes at which a recipe would fit the boards that it is too large for, for inspect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from tinyedge import dataset as datasets
from tinyedge.board import Board
from tinyedge.dataset import SOURCES
from tinyedge.errors import ConfigError
from tinyedge.fitting.candidate import resized
from tinyedge.quantize import sketch as sketching
from tinyedge.results import BoardFit, Suggestion
from tinyedge.workflow import fits, pipeline
from tinyedge.workflow.pipeline import Model

_FRACTIONS = (3 / 4, 1 / 2, 3 / 8, 1 / 4, 3 / 16, 1 / 8)
_LEAST = 8  # pixels a side

Advance = Callable[[int, int], None]


def search(
    model: Model, boards: Sequence[Board], runtime: str | None, advance: Advance
) -> tuple[Suggestion, ...]:
    """For each board, the largest of some smaller input sizes at which the network fits it.

    Boards that no size fits are not in the result; nor is any board for data without a size.
    """
    recipe = model.recipe
    assert recipe is not None
    if "size" not in SOURCES[recipe.data.source].keys:
        return ()
    (height, width, _), _ = datasets.outline(recipe.data, recipe.path)
    left, found = list(boards), []
    for number, fraction in enumerate(_FRACTIONS):
        advance(number, len(_FRACTIONS))
        size = (round(height * fraction), round(width * fraction))
        if not left or min(size) < _LEAST:
            break
        fits = _fits(replace(model, recipe=resized(recipe, size)), left, runtime)
        found += [_suggestion(fit, size) for fit in fits]
        left = [board for board in left if board.id not in {fit.board for fit in fits}]
    return tuple(found)


def _fits(model: Model, boards: Sequence[Board], runtime: str | None) -> list[BoardFit]:
    smaller = model.recipe
    assert smaller is not None
    shape, classes = datasets.outline(smaller.data, smaller.path)
    largest = max(board.memory.flash.bytes for board in boards)
    try:
        if sketching.outline(smaller, shape, classes).parameters > largest:  # a byte each, at least
            return []
        loaded = pipeline.sketch(model)
    except ConfigError:  # the network does not go that small
        return []
    return [fit for fit in fits.examine(loaded, boards, runtime).boards if fit.fits]


def _suggestion(fit: BoardFit, size: tuple[int, int]) -> Suggestion:
    return Suggestion(
        board=fit.board,
        runtime=fit.runtime,
        size=size,
        flash_needed=fit.flash_needed,
        ram_needed=fit.ram_needed,
    )
