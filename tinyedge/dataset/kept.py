"""What a collected frame is kept as, PNG or WAV, and what a recipe says to read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset import pcm
from tinyedge.dataset.features import Features
from tinyedge.dataset.picture_file import opencv
from tinyedge.recipe import Audio, Data

Stored = Literal["raw", "input"]
Suffix = Literal[".png", ".wav"]


@dataclass(frozen=True)
class Form:
    """``suffix`` of the files, and what makes one of a frame or of an input.

    ``recipe`` are sections of a recipe, as they read the folder.
    """

    suffix: Suffix
    encode: Callable[[NDArray[np.uint8]], bytes]
    recipe: tuple[str, ...]


def form(stored: Stored, data: Data, recipe: Path, folder: Path) -> Form:
    """How frames of ``data``, or inputs made of them, are kept in ``folder``."""
    if data.source != "wav":
        return Form(".png", png, (f'[data] source = "pictures", path = "{folder}"',))
    audio = data.audio or Audio()
    features = Features(audio, recipe)
    if stored == "input":
        size = f"size = [{features.frames}, {features.bands}], channels = 1"
        return Form(".png", png, (f'[data] source = "pictures", path = "{folder}", {size}',))
    section: tuple[str, ...] = (f'[data] source = "wav", path = "{folder}"',)
    if features.per_clip > 1:  # a file has the sound of one picture alone
        section += (f"[data.audio] seconds = {features.span / audio.rate}",)
    return Form(".wav", lambda frame: pcm.wav(pcm.samples(frame), audio.rate), section)


def png(image: NDArray[np.uint8]) -> bytes:
    """One picture (height, width, 1 or 3 channels; red first) as a PNG file."""
    cv2 = opencv()
    done, data = cv2.imencode(".png", np.ascontiguousarray(image[..., ::-1]))
    assert done
    return bytes(data)
