"""C that makes a network's input of a raw frame, in the same integers as the host's.

It is for applications that have a sensor, and for tinyedge's own with the feature "preprocess".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge import __version__, resources
from tinyedge.emit import carray
from tinyedge.emit.render import render as render_template
from tinyedge.errors import ModelError
from tinyedge.sound import Transform, pictures

LARGEST_SIDE = 255  # an input's; a row of units must fit 32 bits with 2^24 pixels a frame


@dataclass(frozen=True)
class Preprocess:
    """What was done to the pictures that the network was trained on.

    ``size`` is (height, width) of the input, ``quantized`` its int8 for each raw value from 0,
    ``luma`` the weights of red, green and blue in grey, in 256ths.
    """

    title: str
    size: tuple[int, int]
    channels: int
    crop: bool
    quantized: NDArray[np.int8]
    luma: tuple[int, int, int]


@dataclass(frozen=True)
class Sound:
    """What was done to the sound that the network was trained on.

    Its input has ``frames`` rows of the ``transform``; ``quantized`` is its int8 for each of their
    values 0 ... 255. A raw frame is ``samples`` of 16 bits.
    """

    title: str
    transform: Transform
    frames: int
    quantized: NDArray[np.int8]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the input."""
        return self.frames, self.transform.bands

    @property
    def samples(self) -> int:
        """Of a raw frame."""
        return self.transform.samples(self.frames)


def sound_input(wanted: Sound, samples: NDArray[np.int16]) -> NDArray[np.int8]:
    """(samples,) -> (frames, bands, 1): the network's input, as the C makes it."""
    assert samples.shape == (wanted.samples,)
    made: NDArray[np.int8] = wanted.quantized[pictures(wanted.transform, samples)]
    return made[..., np.newaxis]


@dataclass(frozen=True)
class _View:
    title: str
    generator: str
    height: int
    width: int
    channels: int
    crop: bool
    full_scale: int
    luma: tuple[int, int, int]
    rows: tuple[str, ...]


@dataclass(frozen=True)
class _Table:
    name: str
    rows: tuple[str, ...]


@dataclass(frozen=True)
class _SoundView:
    """What sound/te_input.h.j2 prints."""

    title: str
    generator: str
    rate: int
    samples: int
    window: int
    hop: int
    points: int
    mels: int
    coefficients: int
    bytes: int
    base: int
    octave: int
    scale: int
    offset: int
    tables: tuple[_Table, ...]


def render(wanted: Preprocess | Sound) -> dict[str, str | bytes]:
    """Return preprocess/te_preprocess.{c,h} and te_input.h.

    Raises ModelError for an input they cannot make.
    """
    if isinstance(wanted, Sound):
        return _files("preprocess/sound", _sound_view(wanted))
    if max(wanted.size) > LARGEST_SIDE or wanted.channels not in (1, 3):
        raise ModelError(
            f"{wanted.title}: there is no C for inputs of {wanted.size} x {wanted.channels}",
            f"at most {LARGEST_SIDE} pixels a side, 1 or 3 channels",
        )
    # raw values that cannot be are as the greatest one
    every = np.pad(wanted.quantized, (0, 256 - len(wanted.quantized)), mode="edge")
    view = _View(
        wanted.title,
        __version__,
        *wanted.size,
        wanted.channels,
        wanted.crop,
        len(wanted.quantized) - 1,
        wanted.luma,
        carray.integers(every),
    )
    return _files("preprocess", view)


def _files(templates: str, view: _View | _SoundView) -> dict[str, str | bytes]:
    folder = resources.root("firmware_templates") / templates
    return {
        **{
            f"preprocess/{name}": (folder / name).read_text()
            for name in ("te_preprocess.c", "te_preprocess.h")
        },
        "preprocess/te_input.h": render_template(f"{templates}/te_input.h.j2", view),
    }


def _sound_view(wanted: Sound) -> _SoundView:
    transform, settings = wanted.transform, wanted.transform.settings
    tables: dict[str, NDArray[np.generic]] = {
        "HANN": transform.hann,
        "COSINE": transform.cosine,
        "EDGES": transform.edges,
        "RISING": transform.rising if transform.rising.size else np.zeros(1, np.int64),
        "LOGARITHMS": transform.logarithms,
        "QUANTIZED": wanted.quantized,
    }
    if settings.coefficients:
        tables["COSINES"] = transform.cosines
    return _SoundView(
        title=wanted.title,
        generator=__version__,
        rate=settings.rate,
        samples=wanted.samples,
        window=settings.window,
        hop=settings.hop,
        points=transform.points,
        mels=settings.mels,
        coefficients=settings.coefficients,
        bytes=wanted.frames * transform.bands,
        base=transform.base,
        octave=transform.octave,
        scale=transform.scale,
        offset=transform.offset,
        tables=tuple(_Table(name, carray.integers(table)) for name, table in tables.items()),
    )
