"""Sound -> log-mel or MFCC pictures (Davis and Mermelstein, 1980), in decibels of full scale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyedge.errors import ConfigError
from tinyedge.recipe import Audio

_FLOOR = 1e-10  # energy of silence: -100 dB


class Features:
    """The transform that a recipe's ``[data.audio]`` describes.

    A picture has ``frames`` rows of ``bands`` values; a clip of ``samples`` gives ``per_clip`` of
    them. Each is made of ``span`` samples, from ``stride`` after the one before's first.
    """

    def __init__(self, audio: Audio, path: Path) -> None:
        self._audio = audio
        self.samples = round(audio.rate * audio.seconds)
        self._window = round(audio.rate * audio.window_ms / 1000)
        self._hop = round(audio.rate * audio.hop_ms / 1000)
        _check(audio, self._window, self.samples, path)
        all_frames = 1 + (self.samples - self._window) // self._hop
        self.frames = audio.frames or all_frames
        if self.frames > all_frames:
            raise ConfigError(
                f"{path}: data.audio.frames = {self.frames}, a clip has {all_frames}",
                "give more data.audio.seconds, or fewer frames",
            )
        self.per_clip = all_frames // self.frames
        self.stride = self.frames * self._hop
        self.span = self._window + (self.frames - 1) * self._hop
        self.bands = audio.coefficients if audio.features == "mfcc" else audio.mels
        self._points = 1 << (self._window - 1).bit_length()
        self._mel = mel_filters(audio, self._points)
        self._cosines = cosines(audio.coefficients, audio.mels)
        steps = np.arange(self._window)
        self._hann = 0.5 - 0.5 * np.cos(2 * np.pi * steps / self._window)

    def pictures(self, clip: NDArray[np.float64]) -> NDArray[np.uint8]:
        """``samples`` values within -1 ... 1 -> (per_clip, frames, bands, 1)."""
        low, high = self._audio.limits
        rows = (self.rows(clip) - low) / (high - low) * 255
        steps = np.clip(np.floor(rows + 0.5), 0, 255).astype(np.uint8)
        whole = steps[: self.per_clip * self.frames]
        return whole.reshape(self.per_clip, self.frames, self.bands, 1)

    def rows(self, clip: NDArray[np.float64]) -> NDArray[np.float64]:
        """(all frames, bands): decibels of each mel band, or their cosine coefficients."""
        frames = np.lib.stride_tricks.sliding_window_view(clip, self._window)[:: self._hop]
        spectrum = np.fft.rfft(frames * self._hann, self._points)
        # a sine of full scale has an amplitude of half the window's sum
        energy = np.abs(spectrum / (self._hann.sum() / 2)) ** 2
        decibels: NDArray[np.float64] = 10 * np.log10(np.maximum(energy @ self._mel, _FLOOR))
        return decibels @ self._cosines if self._audio.features == "mfcc" else decibels


def mel_filters(audio: Audio, points: int) -> NDArray[np.float64]:
    """(points / 2 + 1, mels): triangles, evenly spaced on the mel scale, of height 1."""
    low, high = audio.band_hz
    edges = _hertz(np.linspace(_mel(low), _mel(high), audio.mels + 2))
    bins = np.arange(points // 2 + 1) * audio.rate / points
    rising = (bins[:, np.newaxis] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins[:, np.newaxis]) / (edges[2:] - edges[1:-1])
    filters: NDArray[np.float64] = np.maximum(0, np.minimum(rising, falling))
    return filters


def cosines(coefficients: int, mels: int) -> NDArray[np.float64]:
    """(mels, coefficients): DCT-II, scaled so that the first coefficient is the mean."""
    angles = np.outer(np.arange(mels) + 0.5, np.arange(coefficients)) * np.pi / mels
    made: NDArray[np.float64] = np.cos(angles) / mels
    made[:, 1:] *= np.sqrt(2)
    return made


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    made: NDArray[np.float64] = 700 * (10 ** (mel / 2595) - 1)
    return made


def _check(audio: Audio, window: int, samples: int, path: Path) -> None:
    low, high = audio.band_hz
    wrong = ""
    if not 0 <= low < high <= audio.rate / 2:
        wrong = (
            f"band_hz = [{low:g}, {high:g}] is not within 0 and half of rate, {audio.rate / 2:g}"
        )
    elif not audio.limits[0] < audio.limits[1]:
        wrong = f"limits = [{audio.limits[0]:g}, {audio.limits[1]:g}] is not [low, high]"
    elif not 2 <= window <= samples:
        wrong = f"window_ms = {audio.window_ms:g} is {window} samples of a clip of {samples}"
    elif round(audio.rate * audio.hop_ms / 1000) < 1:
        wrong = f"hop_ms = {audio.hop_ms:g} is less than one sample"
    elif audio.features == "mfcc" and audio.coefficients > audio.mels:
        wrong = f"coefficients = {audio.coefficients} are more than mels = {audio.mels}"
    if wrong:
        raise ConfigError(f"{path}: data.audio.{wrong}", "see docs/recipes.md")
