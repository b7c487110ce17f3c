"""A folder of WAV files, one subfolder a class, as log-mel or MFCC pictures."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import tinyedge.sound
from tinyedge.dataset import pcm
from tinyedge.dataset.features import Features
from tinyedge.recipe import Audio, Data
from tinyedge.workspace import sources_sha256

_MOST_SAMPLES = 1 << 27  # of one file, all channels


class Reader:
    """Clips of the same length -> (frames, bands, 1) each; 0 ... 255 span the recipe's limits."""

    suffixes = (".wav",)

    def __init__(self, data: Data, path: Path) -> None:
        self._settings = data.audio or Audio()
        self._features = Features(self._settings, path)
        self.shape = (self._features.frames, self._features.bands, 1)
        self.per_file = self._features.per_clip
        self.settings = f"{self._settings} {sources_sha256(Path(tinyedge.sound.__file__).parent)}"

    def read(self, path: Path) -> NDArray[np.uint8]:
        """(per_file, frames, bands, 1); short clips are filled with silence, long ones cut."""
        return self._features.pictures(self._clip(path.read_bytes()))

    def frames(self, data: bytes) -> list[NDArray[np.int16]]:
        """The sound that each picture of a file is made of, at the recipe's rate."""
        clip, features = self._clip(data), self._features
        starts = range(0, self.per_file * features.stride, features.stride)
        return [clip[start : start + features.span] for start in starts]

    def _clip(self, data: bytes) -> NDArray[np.int16]:
        """All that the pictures need, and no more silence than that."""
        sound, rate = decode(data)
        sound = resample(sound, rate, self._settings.rate)
        whole = self._features.samples
        needed = (self.per_file - 1) * self._features.stride + self._features.span
        return pcm.quantized(fit(sound, whole if len(sound) >= whole else needed))


def decode(data: bytes) -> tuple[NDArray[np.float64], int]:
    """A PCM WAV file -> one channel within -1 ... 1, and its samples a second.

    Raises ValueError saying what is wrong. Several channels become their mean.
    """
    try:
        with wave.open(io.BytesIO(data)) as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            if file.getnframes() * channels > _MOST_SAMPLES:
                raise ValueError("longer than an hour")
            raw = file.readframes(file.getnframes())
            whole = file.getnframes() * channels * width
    except (wave.Error, EOFError, RuntimeError) as error:  # the last: a chunk that says too much
        raise ValueError(f"no PCM WAV: {str(error) or 'truncated'}") from error
    if len(raw) < whole:
        raise ValueError(f"truncated WAV: {len(raw)} of {whole} bytes")
    if not raw or rate < 1 or width > 4:
        raise ValueError("no sound in it")
    mono = _reals(raw, width).reshape(-1, channels).mean(axis=1, dtype=np.float64)
    return mono, rate


def _reals(raw: bytes, width: int) -> NDArray[np.float64]:
    if width == 1:  # the only unsigned one
        return (np.frombuffer(raw, np.uint8).astype(np.float64) - 128.0) / 128.0
    # put 2, 3 or 4 bytes at the top of 32 bits
    padded = np.zeros((len(raw) // width, 4), np.uint8)
    padded[:, 4 - width :] = np.frombuffer(raw, np.uint8).reshape(-1, width)
    reals: NDArray[np.float64] = padded.view("<i4")[:, 0] / float(1 << 31)
    return reals


def resample(sound: NDArray[np.float64], before: int, after: int) -> NDArray[np.float64]:
    """Change the sampling rate by Fourier transform: what both rates can hold is kept."""
    count = max(1, round(len(sound) * after / before))
    if before == after:
        return sound
    spectrum = np.fft.rfft(sound)[: count // 2 + 1]
    made: NDArray[np.float64] = np.fft.irfft(spectrum, count) * (count / len(sound))
    return made


def fit(sound: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """The middle ``count`` samples, or all of them with silence on both sides."""
    if len(sound) >= count:
        start = (len(sound) - count) // 2
        return sound[start : start + count]
    before = (count - len(sound)) // 2
    return np.pad(sound, (before, count - len(sound) - before))
