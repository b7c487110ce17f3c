"""A recipe's network in another width, depth and input size."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from tinyedge import dataset as datasets
from tinyedge.dataset import SOURCES
from tinyedge.recipe import Recipe
from tinyedge.train import architectures
from tinyedge.train.architectures.scale import Axis

Size = tuple[int, int]

_EIGHTHS = range(8, 0, -1)  # of the largest input
LEAST_SIDE = 8  # pixels


@dataclass(frozen=True)
class Candidate:
    """Width and depth as the architecture's parameters, input size; None: as the recipe has it."""

    width: float | None = None
    depth: int | None = None
    size: Size | None = None


@dataclass(frozen=True)
class Axes:
    """What of a recipe's network can vary; None and no sizes: that cannot.

    ``native``: the input's height and width as the recipe has it.
    """

    width: Axis | None
    depth: Axis | None
    native: Size
    resizable: bool

    def sizes(self, longest: int | None = None) -> tuple[Size | None, ...]:
        """Input sizes, the largest first, of the recipe's proportions; sides are even.

        ``longest``: pixels of the longer side (None: the recipe's).
        """
        if not self.resizable:
            return (None,)
        top = (longest or max(self.native)) / max(self.native)
        found = dict.fromkeys(self.size(top * part / 8) for part in _EIGHTHS)
        large = tuple(size for size in found if min(size) >= LEAST_SIDE)
        return large or (self.native,)

    def size(self, factor: float) -> Size:
        """The recipe's input, so many times as large."""
        if factor == 1.0:
            return self.native
        height, width = (2 * round(side * factor / 2) for side in self.native)
        return height, width


def axes(recipe: Recipe) -> Axes:
    """What can vary. Raises ConfigError for an architecture or data set that is wrong."""
    scale = architectures.scale(recipe)
    (height, width, _), _ = datasets.outline(recipe.data, recipe.path)
    return Axes(
        scale.width, scale.depth, (height, width), "size" in SOURCES[recipe.data.source].keys
    )


def own(recipe: Recipe, known: Axes) -> Candidate:
    """The candidate that the recipe itself is."""
    given = recipe.network.parameters
    width, depth = (
        None if axis is None else axis.exact(given.get(axis.key, axis.default))
        for axis in (known.width, known.depth)
    )
    size = known.native if known.resizable else None
    return Candidate(width, None if depth is None else int(depth), size)


def applied(recipe: Recipe, candidate: Candidate) -> Recipe:
    """The recipe with the candidate's width, depth and input size."""
    scale = architectures.scale(recipe)
    parameters = dict(recipe.network.parameters)
    for axis, value in ((scale.width, candidate.width), (scale.depth, candidate.depth)):
        if axis is not None and value is not None:
            parameters[axis.key] = axis.exact(value)
    network = msgspec.structs.replace(recipe.network, parameters=parameters)
    changed = msgspec.structs.replace(recipe, network=network)
    return changed if candidate.size is None else resized(changed, candidate.size)


def resized(recipe: Recipe, size: Size) -> Recipe:
    """The recipe with another input size."""
    return msgspec.structs.replace(recipe, data=msgspec.structs.replace(recipe.data, size=size))
