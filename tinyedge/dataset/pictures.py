"""A folder of pictures: JPEG, PNG or BMP, of any size, one subfolder a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset import picture_file, resize
from tinyedge.errors import ConfigError
from tinyedge.recipe import Data


class Reader:
    """One sample a file: the picture in the recipe's size and channels."""

    suffixes = picture_file.SUFFIXES
    per_file = 1

    def __init__(self, data: Data, path: Path) -> None:
        if data.size is None:
            raise ConfigError(
                f'{path}: "data.size" is missing', "write [height, width], e.g. size = [96, 96]"
            )
        self._size, self._channels, self._fit = data.size, data.channels or 3, data.fit
        self.shape = (*data.size, self._channels)
        self.settings = repr((self.shape, data.fit))

    def read(self, path: Path) -> NDArray[np.uint8]:
        """(1, height, width, channels)."""
        image = picture_file.decode(path.read_bytes())
        return resize.picture(image, self._size, self._channels, self._fit)[np.newaxis]
