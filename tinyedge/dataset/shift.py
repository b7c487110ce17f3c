"""Pictures as they might arrive on another day: inverted, turned, noisy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset.types import Split
from tinyedge.errors import ConfigError, near_match

KINDS = {"invert": "", "rotate": "=DEGREES", "noise": "=FRACTION"}
_FORMS = ", ".join(f"{name}{value}" for name, value in KINDS.items())


def shifted(split: Split, shifts: Sequence[str], seed: int = 1) -> Split:
    """Return ``split`` with each of ``shifts`` applied in turn.

    "invert" turns raw values around; "rotate=20" turns pictures by so many degrees, repeating what
    is at the border; "noise=0.1" adds normal noise of that fraction of full scale. Raises
    ConfigError for any other.
    """
    raw = np.asarray(split.raw)
    for shift in shifts:
        raw = _one(raw, split.full_scale, *_parsed(shift), seed)
    return replace(split, raw=raw)


def require(shifts: Sequence[str]) -> None:
    """Raise ConfigError for the first that there is not."""
    for shift in shifts:
        _parsed(shift)


def _parsed(shift: str) -> tuple[str, float]:
    name, _, text = shift.partition("=")
    if name not in KINDS:
        raise ConfigError(
            f'there is no shift "{name}"{near_match(name, KINDS)}', f"shifts: {_FORMS}"
        )
    try:
        value = float(text) if KINDS[name] else 0.0
    except ValueError:
        value = float("nan")
    if not np.isfinite(value) or (text and not KINDS[name]):
        raise ConfigError(f'the shift "{shift}" is not allowed', f"write {name}{KINDS[name]}")
    return name, value


def _one(
    raw: NDArray[np.uint8], full_scale: int, name: str, value: float, seed: int
) -> NDArray[np.uint8]:
    if name == "invert":
        return (full_scale - raw).astype(np.uint8)
    if name == "noise":
        noise = np.random.default_rng(seed).normal(0.0, value * full_scale, raw.shape)
        return np.clip(np.rint(raw + noise), 0, full_scale).astype(np.uint8)
    return _turned(raw, value)


def _turned(raw: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    import cv2  # noqa: PLC0415 - an extra

    _, height, width, _ = raw.shape
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    made = np.empty_like(raw)
    for picture, to in zip(raw, made, strict=True):
        turned = cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
        to[:] = turned.reshape(to.shape)
    return made
