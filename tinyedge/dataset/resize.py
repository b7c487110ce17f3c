"""Pictures -> the recipe's size and channels, in integers alone.

Shrinking is the mean over the area that an output pixel covers, with exact fractions; halves are
rounded up. So any processor that follows these lines gets the same bytes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset.types import Pictures

Fit = Literal["stretch", "crop"]
# red, green, blue in 256ths: the luma of BT.601
LUMA = (77, 150, 29)
_AT_ONCE = 500  # pictures resized at once


def whole(
    pictures: Pictures, size: tuple[int, int] | None, channels: int | None, fit: Fit
) -> Pictures:
    """All pictures in that size and with so many channels; None: as they are."""
    height, width, present = pictures.train.shape[1:]
    wanted, colours = size or (height, width), channels or present
    if (wanted, colours) == ((height, width), present):
        return pictures

    def each(raw: NDArray[np.uint8]) -> NDArray[np.uint8]:
        made = np.empty((len(raw), *wanted, colours), np.uint8)
        for start in range(0, len(raw), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            made[some] = picture(raw[some], wanted, colours, fit)
        return made

    return replace(pictures, train=each(pictures.train), test=each(pictures.test))


def picture(
    image: NDArray[np.uint8], size: tuple[int, int], channels: int, fit: Fit
) -> NDArray[np.uint8]:
    """Pictures (..., height, width, 1 or 3) of any size -> (..., *size, channels).

    ``fit`` "crop" keeps the proportions and cuts what is too long off both ends.
    """
    if fit == "crop":
        image = _crop(image, size)
    return area(recolour(image, channels), size)


def recolour(image: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    """Last axis: red, green, blue -> grey (1), grey -> three times the same (3)."""
    if image.shape[-1] == channels:
        return image
    if channels == 3:
        return np.repeat(image, 3, axis=-1)
    grey = (image.astype(np.uint32) * np.array(LUMA, np.uint32)).sum(axis=-1) + 128
    single: NDArray[np.uint8] = (grey >> 8).astype(np.uint8)[..., np.newaxis]
    return single


def area(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """(..., height, width, channels) -> (..., *size, channels)."""
    height, width = image.shape[-3:-1]
    if (height, width) == size:
        return image
    both = _weighted(_weighted(image, size[0], -3), size[1], -2)
    covered = height * width
    mean: NDArray[np.uint8] = ((both + covered // 2) // covered).astype(np.uint8)
    return mean


def taps(before: int, after: int) -> list[tuple[int, list[int]]]:
    """For each output pixel of one axis: the first input pixel, and the weights from there on.

    An input pixel is ``after`` units long, an output pixel ``before`` units: the weights are the
    units that both share, and add up to ``before``.
    """
    made = []
    for output in range(after):
        start, end = output * before, (output + 1) * before
        first, last = start // after, (end - 1) // after
        made.append(
            (
                first,
                [
                    min(end, (pixel + 1) * after) - max(start, pixel * after)
                    for pixel in range(first, last + 1)
                ],
            )
        )
    return made


def _weighted(values: NDArray[Any], after: int, axis: int) -> NDArray[np.int64]:
    """Weighted sums along one axis."""
    source = np.moveaxis(values, axis, 0)
    out = np.empty((after, *source.shape[1:]), np.int64)
    for row, (first, weights) in enumerate(taps(len(source), after)):
        part = source[first : first + len(weights)].astype(np.int64)
        out[row] = np.tensordot(np.array(weights, np.int64), part, axes=1)
    return np.moveaxis(out, 0, axis)


def _crop(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The largest middle part with the proportions of ``size``."""
    height, width = image.shape[-3:-1]
    rows = min(height, max(1, width * size[0] // size[1]))
    columns = min(width, max(1, height * size[1] // size[0]))
    top, left = (height - rows) // 2, (width - columns) // 2
    return image[..., top : top + rows, left : left + columns, :]
