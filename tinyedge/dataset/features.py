"""Sound -> log-mel or MFCC pictures (Davis and Mermelstein, 1980), in decibels of full scale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyedge import sound
from tinyedge.errors import ConfigError
from tinyedge.recipe import Audio
from tinyedge.sound.transform import LARGEST_LIMIT_DB, LARGEST_WINDOW, LEAST_WINDOW


class Features:
    """The transform that a recipe's ``[data.audio]`` describes.

    A picture has ``frames`` rows of ``bands`` values; a clip of ``samples`` gives ``per_clip`` of
    them. Each is made of ``span`` samples, from ``stride`` after the one before's first.
    """

    def __init__(self, audio: Audio, path: Path) -> None:
        self.samples = round(audio.rate * audio.seconds)
        window = round(audio.rate * audio.window_ms / 1000)
        hop = round(audio.rate * audio.hop_ms / 1000)
        _check(audio, window, hop, self.samples, path)
        all_frames = 1 + (self.samples - window) // hop
        self.frames = audio.frames or all_frames
        if self.frames > all_frames:
            raise ConfigError(
                f"{path}: data.audio.frames = {self.frames}, a clip has {all_frames}",
                "give more data.audio.seconds, or fewer frames",
            )
        self.per_clip = all_frames // self.frames
        coefficients = audio.coefficients if audio.features == "mfcc" else 0
        self.transform = sound.Transform(
            sound.Settings(
                rate=audio.rate,
                window=window,
                hop=hop,
                mels=audio.mels,
                coefficients=coefficients,
                band_hz=audio.band_hz,
                limits=audio.limits,
            )
        )
        self.bands = self.transform.bands
        self.stride = self.frames * hop
        self.span = self.transform.samples(self.frames)

    def pictures(self, clip: NDArray[np.int16]) -> NDArray[np.uint8]:
        """A clip's samples -> (per_clip, frames, bands, 1)."""
        steps = sound.pictures(self.transform, clip)
        whole = steps[: self.per_clip * self.frames]
        return whole.reshape(self.per_clip, self.frames, self.bands, 1)


def _check(audio: Audio, window: int, hop: int, samples: int, path: Path) -> None:
    low, high = audio.band_hz
    least, most = audio.limits
    wrong = ""
    if not 0 <= low < high <= audio.rate / 2:
        wrong = (
            f"band_hz = [{low:g}, {high:g}] is not within 0 and half of rate, {audio.rate / 2:g}"
        )
    elif not -LARGEST_LIMIT_DB <= least <= most - 1 <= LARGEST_LIMIT_DB - 1:
        wrong = (
            f"limits = [{least:g}, {most:g}] is not [low, high] within -{LARGEST_LIMIT_DB} and "
            f"{LARGEST_LIMIT_DB}, 1 or more apart"
        )
    elif not LEAST_WINDOW <= window <= min(samples, LARGEST_WINDOW):
        wrong = (
            f"window_ms = {audio.window_ms:g} is {window} samples of a clip of {samples}, "
            f"not {LEAST_WINDOW} to {LARGEST_WINDOW}"
        )
    elif hop < 1:
        wrong = f"hop_ms = {audio.hop_ms:g} is less than one sample"
    elif audio.features == "mfcc" and audio.coefficients > audio.mels:
        wrong = f"coefficients = {audio.coefficients} are more than mels = {audio.mels}"
    if wrong:
        raise ConfigError(f"{path}: data.audio.{wrong}", "see docs/recipes.md")
