"""Log-mel and MFCC by their formulas, in float64: what tinyedge.sound must come close to."""

import numpy as np
from numpy.typing import NDArray

from tinyedge.sound import Settings

Reals = NDArray[np.float64]


def pictures(settings: Settings, samples: NDArray[np.int16]) -> NDArray[np.uint8]:
    """(samples,) -> (rows, bands), as steps of 255."""
    low, high = settings.limits
    steps = (rows(settings, samples) - low) / (high - low) * 255
    return np.clip(np.floor(steps + 0.5), 0, 255).astype(np.uint8)


def rows(settings: Settings, samples: NDArray[np.int16]) -> Reals:
    """(rows, bands): decibels of each mel band, or their cosine coefficients."""
    window = settings.window
    points = 1 << (window - 1).bit_length()
    frames = np.lib.stride_tricks.sliding_window_view(samples / 32768, window)[:: settings.hop]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    spectrum = np.fft.rfft(frames * hann, points)
    # a sine of full scale has an amplitude of half the window's sum
    energy = np.abs(spectrum / (hann.sum() / 2)) ** 2
    decibels: Reals = 10 * np.log10(np.maximum(energy @ mel_filters(settings, points), 1e-10))
    return decibels @ cosines(settings) if settings.coefficients else decibels


def mel_filters(settings: Settings, points: int) -> Reals:
    """(points / 2 + 1, mels): triangles, evenly spaced on the mel scale, of height 1."""
    low, high = (2595 * np.log10(1 + hertz / 700) for hertz in settings.band_hz)
    edges = 700 * (10 ** (np.linspace(low, high, settings.mels + 2) / 2595) - 1)
    bins = np.arange(points // 2 + 1) * settings.rate / points
    rising = (bins[:, np.newaxis] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins[:, np.newaxis]) / (edges[2:] - edges[1:-1])
    filters: Reals = np.maximum(0, np.minimum(rising, falling))
    return filters


def cosines(settings: Settings) -> Reals:
    """(mels, coefficients): DCT-II, scaled so that the first coefficient is the mean."""
    mels = settings.mels
    angles = np.outer(np.arange(mels) + 0.5, np.arange(settings.coefficients)) * np.pi / mels
    made: Reals = np.cos(angles) / mels
    made[:, 1:] *= np.sqrt(2)
    return made
