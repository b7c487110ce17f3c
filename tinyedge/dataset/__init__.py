"""Data sets: a recipe's ``[data]`` -> frozen :class:`Dataset` with its three splits.

Each source is one module here with ``read() -> Pictures``; :data:`SOURCES` names them.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from tinyedge.dataset.split import divide
from tinyedge.dataset.types import Dataset, Pictures, Split
from tinyedge.errors import ConfigError, near_match
from tinyedge.recipe import Data

__all__ = ["SOURCES", "Dataset", "Pictures", "Split", "load"]

# name in the recipe -> module with read() -> Pictures
SOURCES = {
    "digits": "tinyedge.dataset.digits",
    "fashion-mnist": "tinyedge.dataset.fashion_mnist",
}


def load(data: Data, path: Path) -> Dataset:
    """Read the data set that a recipe names and split it; ``path`` is the recipe, for messages.

    The same settings give the same splits on every machine. Raises ConfigError if there is no
    such source or the split cannot be made, TinyedgeError if the files are missing or damaged.
    """
    if data.source not in SOURCES:
        raise ConfigError(
            f'{path}: data.source = "{data.source}" is not a data set'
            f"{near_match(data.source, SOURCES)}",
            f"data sets: {', '.join(SOURCES)}",
        )
    pictures: Pictures = importlib.import_module(SOURCES[data.source]).read()
    return divide(pictures, data, path)
