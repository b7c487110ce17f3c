"""The tables of a transform: all of its numbers that the arithmetic, here and in C, looks up.

A value in Qn is an integer that counts 2^-n.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.int64]

LEAST_WINDOW, LARGEST_WINDOW = 8, 1 << 14
"""Samples: a transform needs some bins, and a device RAM for 6 to 10 bytes a sample."""
SILENCE_DB = -100
LARGEST_LIMIT_DB = 1000  # with 1 dB between the limits, the last step's products stay below 2^63
DECIBEL_BITS = 20  # decibels are in Q20
STEP_BITS = 44  # what the last step shifts
LOG_STEPS = 64  # of the table of logarithms, an octave of energy


@dataclass(frozen=True)
class Settings:
    """What a picture shows: in samples, hertz and decibels of full scale.

    ``coefficients`` of the cosine transform of the bands; 0: the bands themselves. ``limits``
    become 0 and 255.
    """

    rate: int
    window: int
    hop: int
    mels: int
    coefficients: int
    band_hz: tuple[float, float]
    limits: tuple[float, float]


class Transform:
    """The transform that ``settings`` describe, and its tables."""

    def __init__(self, settings: Settings) -> None:
        assert LEAST_WINDOW <= settings.window <= LARGEST_WINDOW
        assert settings.limits[1] - settings.limits[0] >= 1
        assert max(map(abs, settings.limits)) <= LARGEST_LIMIT_DB
        self.settings = settings
        self.bands = settings.coefficients or settings.mels
        self.points = 1 << (settings.window - 1).bit_length()

    def samples(self, frames: int) -> int:
        """Samples of a picture of so many rows."""
        return self.settings.window + (frames - 1) * self.settings.hop

    @cached_property
    def hann(self) -> Table:
        """(window / 2 + 1,) in Q31; the other half mirrors it."""
        return _fraction(_hann(self.settings.window)[: self.settings.window // 2 + 1])

    @cached_property
    def cosine(self) -> Table:
        """(points / 4 + 1,) in Q31: a quarter of a wave."""
        return _fraction(np.cos(2 * np.pi * np.arange(self.points // 4 + 1) / self.points))

    @cached_property
    def edges(self) -> Table:
        """(mels + 2,): the first bin at or above each corner of the triangles.

        Band b rises from edges[b] and falls from edges[b + 1] up to edges[b + 2]. Constant and
        highest bin have no weight in any band.
        """
        first = np.searchsorted(self._hertz, self._corners)
        return np.clip(first, 1, self.points // 2).astype(np.int64)

    @cached_property
    def rising(self) -> Table:
        """(edges[-1] - edges[0],) in Q16, from bin edges[0]: its weight in the band that rises.

        What is left of 1 is its weight in the band below, which falls.
        """
        bins = np.arange(self.edges[0], self.edges[-1])
        band = np.searchsorted(self.edges, bins, "right") - 1
        start, end = self._corners[band], self._corners[band + 1]
        rising = (self._hertz[bins] - start) / (end - start)
        return np.clip(_rounded(rising, 16), 0, (1 << 16) - 1)

    @cached_property
    def logarithms(self) -> Table:
        """(LOG_STEPS + 1,) in Q14: decibels of 1 to 2."""
        return _rounded(10 * np.log10(1 + np.arange(LOG_STEPS + 1) / LOG_STEPS), 14)

    @property
    def octave(self) -> int:
        """Decibels of 2, in Q20."""
        return round(10 * float(np.log10(2)) * (1 << DECIBEL_BITS))

    @cached_property
    def base(self) -> int:
        """Decibels of an energy of 1, in Q20."""
        return round(-20 * float(np.log10(self._amplitude)) * (1 << DECIBEL_BITS))

    @cached_property
    def cosines(self) -> Table:
        """(coefficients, mels) in Q14: DCT-II, mels times as large as that whose first is the mean.

        Empty for bands.
        """
        mels = self.settings.mels
        angles = np.outer(np.arange(self.settings.coefficients), np.arange(mels) + 0.5)
        made = np.cos(angles * np.pi / mels)
        made[1:] *= np.sqrt(2)
        return _rounded(made, 14)

    @cached_property
    def scale(self) -> int:
        """Steps of 255 a decibel, in Q24; for coefficients, which are sums, by ``mels``."""
        low, high = self.settings.limits
        summed = self.settings.mels if self.settings.coefficients else 1
        return round(255 / (high - low) / summed * (1 << STEP_BITS - DECIBEL_BITS))

    @cached_property
    def offset(self) -> int:
        """Step of 0 decibels, and half of one to round by, in Q44."""
        low, high = self.settings.limits
        return round((0.5 - 255 * low / (high - low)) * (1 << STEP_BITS))

    @cached_property
    def _amplitude(self) -> float:
        """What a bin has for a sine of full scale: half of the window's sum, of 2^30 a sample."""
        return float(_hann(self.settings.window).sum()) / 2 * (1 << 30) / (self.points / 2)

    @cached_property
    def _hertz(self) -> NDArray[np.float64]:
        """Of each bin."""
        return np.arange(self.points // 2 + 1) * self.settings.rate / self.points

    @cached_property
    def _corners(self) -> NDArray[np.float64]:
        """(mels + 2,): in hertz, evenly spaced on the mel scale."""
        low, high = (2595 * np.log10(1 + hertz / 700) for hertz in self.settings.band_hz)
        corners: NDArray[np.float64] = np.linspace(low, high, self.settings.mels + 2)
        return 700 * (10 ** (corners / 2595) - 1)


def _hann(window: int) -> NDArray[np.float64]:
    made: NDArray[np.float64] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    return made


def _fraction(values: NDArray[np.float64]) -> Table:
    """In Q31; 1 is the greatest int32."""
    return np.minimum(_rounded(values, 31), (1 << 31) - 1)


def _rounded(values: NDArray[np.float64], bits: int) -> Table:
    return np.floor(values * (1 << bits) + 0.5).astype(np.int64)
