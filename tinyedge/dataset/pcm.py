"""Sound as int16 samples: the bytes that a sensor delivers, and a WAV file of them."""

from __future__ import annotations

import io
import wave

import numpy as np
from numpy.typing import NDArray

CHANNELS = 2
"""Bytes of a sample, which is what a raw frame of sound has in place of a picture's channels."""

FULL_SCALE = 1 << 15
"""What 1.0 is in samples."""


def quantized(sound: NDArray[np.float64]) -> NDArray[np.int16]:
    """Values within -1 ... 1 -> samples; halves are rounded up, what is beyond is clipped."""
    steps = np.floor(sound * FULL_SCALE + 0.5)
    return np.clip(steps, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def frame(samples: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Samples -> a raw frame (samples, 1, 2): the low byte of each, then the high one."""
    return samples.astype("<i2").view(np.uint8).reshape(-1, 1, CHANNELS)


def samples(frame: NDArray[np.uint8]) -> NDArray[np.int16]:
    """A raw frame (samples, 1, 2) -> its samples."""
    return np.ascontiguousarray(frame).reshape(-1).view("<i2").astype(np.int16)


def wav(samples: NDArray[np.int16], rate: int) -> bytes:
    """A WAV file of one channel, with ``rate`` samples a second."""
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(CHANNELS)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return stream.getvalue()
