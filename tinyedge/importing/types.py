"""What converting a network from elsewhere leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Converted:
    """A float .tflite for one sample, and what its source answers to the inputs it was shown.

    ``answers`` (samples, ...) are float32. ``input_shape`` is the source's own, of one sample;
    ``channels_moved`` says that it has channels first where the .tflite has them last.
    ``converter`` and ``framework`` are packages with versions; ``keras`` is the
    model itself, where it is one of Keras 2, which the later stages can train on.
    """

    floating: bytes
    answers: Floats
    input_shape: tuple[int, ...]
    converter: str
    framework: str
    channels_moved: bool = False
    keras: Any = None
