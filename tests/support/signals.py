"""Sound to try: like what a microphone delivers, and the worst that its samples can be."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]


def ordinary(count: int, rate: int = 16_000) -> Iterator[tuple[str, Samples]]:
    """Tones, sweeps and noises from full scale down to one step, and something like a voice."""
    random = np.random.RandomState(1)
    t = np.arange(count) / rate
    voice = sum(np.sin(2 * np.pi * 120 * k * t + k) * np.exp(-k / 8) for k in range(1, 30))
    yield (
        "voice",
        _samples(0.1 * voice * np.abs(np.sin(9 * t)) ** 3 + random.normal(0, 1e-4, count)),
    )
    for decibels in (0, -30, -60, -80, -90):
        level = 10 ** (decibels / 20)
        yield f"tone at {decibels} dB", _samples(level * np.sin(2 * np.pi * 1234.5 * t))
        sweep = np.sin(2 * np.pi * (50 * t + 1750 * t * t / t[-1]))
        yield f"sweep at {decibels} dB", _samples(level * sweep)
        yield f"noise at {decibels} dB", _samples(level * random.uniform(-1, 1, count))
        brown = np.cumsum(random.normal(0, 1, count)) / 200
        yield f"brown noise at {decibels} dB", _samples(level * brown)


def extreme(count: int) -> Iterator[tuple[str, Samples]]:
    """Full scale in every way; silence."""
    random = np.random.RandomState(2)
    at = np.arange(count)
    yield "silence", np.zeros(count, np.int16)
    yield "least", np.full(count, -32768, np.int16)
    yield "greatest", np.full(count, 32767, np.int16)
    yield "every other", np.where(at % 2, 32767, -32768).astype(np.int16)
    yield "impulses", np.where(at % 233 == 0, -32768, 0).astype(np.int16)
    yield "white noise", random.randint(-32768, 32768, count).astype(np.int16)
    yield "signs", np.where(random.rand(count) < 0.5, -32768, 32767).astype(np.int16)
    for period in (3.0, 4.0, 7.3, 64.0, 511.0):
        square = np.sin(2 * np.pi * (at + 0.25) / period) > 0
        yield f"square of {period}", np.where(square, 32767, -32768).astype(np.int16)


def _samples(reals: NDArray[np.float64]) -> Samples:
    return np.clip(np.floor(reals * 32768 + 0.5), -32768, 32767).astype(np.int16)
