"""Resizing is the exact mean over the area that an output pixel covers."""

from fractions import Fraction

import numpy as np
import pytest

from tinyedge.dataset import resize


def _by_definition(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Pixel by pixel in exact fractions."""
    height, width, channels = image.shape
    out = np.empty((*size, channels), np.uint8)
    for y, x, c in np.ndindex(out.shape):
        total = Fraction(0)
        for v, u in np.ndindex(height, width):
            rows = _overlap(v, height, y, size[0])
            total += rows * _overlap(u, width, x, size[1]) * int(image[v, u, c])
        out[y, x, c] = int(total * size[0] * size[1] + Fraction(1, 2))
    return out


def _overlap(pixel: int, before: int, output: int, after: int) -> Fraction:
    """Of two pixels, as a fraction of the whole axis."""
    start = max(Fraction(pixel, before), Fraction(output, after))
    end = min(Fraction(pixel + 1, before), Fraction(output + 1, after))
    return max(Fraction(0), end - start)


@pytest.mark.parametrize(
    ("before", "after"), [((7, 5), (3, 4)), ((4, 4), (2, 2)), ((3, 2), (5, 7)), ((1, 9), (1, 4))]
)
def test_it_is_the_mean_by_area(before: tuple[int, int], after: tuple[int, int]) -> None:
    image = np.random.RandomState(3).randint(0, 256, (*before, 3)).astype(np.uint8)
    assert np.array_equal(resize.area(image, after), _by_definition(image, after))


def test_many_pictures_at_once_are_as_each_alone() -> None:
    images = np.random.RandomState(3).randint(0, 256, (4, 9, 7, 3)).astype(np.uint8)
    for fit in ("stretch", "crop"):
        many = resize.picture(images, (4, 4), 1, fit)
        assert np.array_equal(many, [resize.picture(one, (4, 4), 1, fit) for one in images])


def test_crop_keeps_proportions_and_the_middle() -> None:
    image = np.zeros((4, 12, 1), np.uint8)
    image[:, 4:8] = 200
    assert (resize.picture(image, (2, 2), 1, "crop") == 200).all()
    assert (resize.picture(image, (2, 2), 1, "stretch") < 200).all()


def test_grey_stays_what_it_is_in_colour() -> None:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    assert np.array_equal(resize.recolour(resize.recolour(grey, 3), 1), grey)
    red = np.array([[[255, 0, 0]]], np.uint8)
    assert resize.recolour(red, 1).item() == (255 * 77 + 128) >> 8
