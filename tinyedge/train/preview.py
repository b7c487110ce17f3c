"""What augmentation makes of a recipe's training pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge import backend
from tinyedge.dataset import Split
from tinyedge.recipe import Augment
from tinyedge.train import augment


def variants(split: Split, settings: Augment, which: int, count: int) -> NDArray[Any]:
    """(1 + count, height, width, channels), 0 ... 1: one picture, then as training might see it."""
    picture = (split.raw[which] / split.full_scale).astype(np.float32)
    size = (picture.shape[0], picture.shape[1])
    drawn = augment.draw(settings, count, size, seed=which)
    changed = augment.apply(backend.load().tf, np.repeat(picture[np.newaxis], count, 0), drawn)
    return np.concatenate([picture[np.newaxis], changed.numpy()])
