"""Small folders of pictures and of sounds, written for a test."""

import wave
from pathlib import Path

import numpy as np

from tests.support.data import needs_package
from tinyedge.recipe import Audio, Data

CLASSES = ("bright", "dark")


def data(root: Path, **changes: object) -> Data:
    """``[data]`` of a folder of pictures."""
    given = {"source": "pictures", "path": str(root), "size": (6, 8), "minimum": 2, "test": 0.25}
    return Data(**{**given, "validation": 0.25, **changes})  # type: ignore[arg-type]


def folder(root: Path, each: int = 8, suffix: str = ".png", channels: int = 3) -> Path:
    """``each`` pictures of two classes, of different sizes; the content is fixed."""
    needs_package("cv2")
    import cv2  # noqa: PLC0415 - an extra

    random = np.random.RandomState(1)
    for label, name in enumerate(CLASSES):
        (root / name).mkdir(parents=True, exist_ok=True)
        for number in range(each):
            shape = (10 + number, 20 - number, channels)
            image = random.randint(0, 100, shape) + (140 if label == 0 else 0)
            assert cv2.imwrite(str(root / name / f"{number:02}{suffix}"), image.astype(np.uint8))
    return root


def sounds(root: Path, each: int = 6, rate: int = 8000) -> Path:
    """``each`` tones of two classes, 500 Hz and 2000 Hz, of half a second."""
    steps = np.arange(rate // 2) / rate
    for hertz in (500, 2000):
        (root / f"{hertz}hz").mkdir(parents=True, exist_ok=True)
        for number in range(each):
            tone = np.sin(2 * np.pi * hertz * steps + number) * 0.5
            write_wav(root / f"{hertz}hz" / f"{number}.wav", (tone * 32767).astype("<i2"), rate)
    return root


def chirps(root: Path, each: int = 6, rate: int = 8000) -> Path:
    """``each`` chirps in noise of two classes, rising and falling, of half a second, of all levels.

    One of each class is silent, one clipped noise, and one of another rate.
    """
    random = np.random.RandomState(3)
    for name, low, high in (("falling", 3500, 200), ("rising", 200, 3500)):
        (root / name).mkdir(parents=True, exist_ok=True)
        for number in range(each):
            kept = rate * 3 // 2 if number == 2 else rate
            steps = np.arange(kept // 2) / kept
            tone = np.sin(2 * np.pi * (low * steps + (high - low) * steps**2))
            noise = random.standard_normal(len(steps))
            level = (0.0, 4.0, 0.5, 0.1, 0.01, 0.001)[number % 6]
            sound = level * (noise if number == 1 else 0.8 * tone + 0.1 * noise)
            values = np.clip(np.round(sound * 32768), -32768, 32767).astype("<i2")
            write_wav(root / name / f"{number}.wav", values, kept)
    return root


def write_wav(path: Path, values: np.ndarray, rate: int, channels: int = 1) -> None:
    """PCM of the array's element size."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(values.dtype.itemsize)
        file.setframerate(rate)
        file.writeframes(values.tobytes())


def audio_data(path: Path, audio: Audio, **changes: object) -> Data:
    """``[data]`` of a folder of sounds."""
    given = {"source": "wav", "path": str(path), "minimum": 2, "test": 0.34, "validation": 0.33}
    return Data(**{**given, "audio": audio, **changes})  # type: ignore[arg-type]
