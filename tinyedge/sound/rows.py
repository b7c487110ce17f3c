"""The arithmetic of a transform, step by step that of firmware_templates/preprocess/sound.

Nothing overflows, whatever the samples. Windowed ones are at most 2^30. Each stage of the Fourier
transform halves, so that no complex value is ever larger than the first, sqrt(2) x 2^30, but for
two units of rounding a stage: below 2^31. The window's mean is 1/2, so that its output is at most
2^29 for even and for odd samples, and a bin, their sum, at most 2^30; its energy is 2^60. All bins
together have at most half the transform's points times that of the samples (Parseval): 2^61.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyedge.sound.transform import DECIBEL_BITS, LOG_STEPS, SILENCE_DB, STEP_BITS, Transform

Ints = NDArray[np.int64]
_AT_ONCE = 1 << 15  # points: a long clip must not fill memory, and caches like it


def pictures(transform: Transform, samples: NDArray[np.int16]) -> NDArray[np.uint8]:
    """(samples,) -> (rows, bands): all rows that there are whole windows for, as steps of 255."""
    step = (rows(transform, samples) * transform.scale + transform.offset) >> STEP_BITS
    made: NDArray[np.uint8] = np.clip(step, 0, 255).astype(np.uint8)
    return made


def rows(transform: Transform, samples: NDArray[np.int16]) -> Ints:
    """(rows, bands) in Q20: decibels of each band, or the sums that are their coefficients."""
    window, hop = transform.settings.window, transform.settings.hop
    frames = np.lib.stride_tricks.sliding_window_view(samples, window)[::hop]
    at_once = max(1, _AT_ONCE // transform.points)
    decibels = np.concatenate(
        [
            _decibels(transform, _bands(transform, _energies(transform, frames[at : at + at_once])))
            for at in range(0, len(frames), at_once)
        ]
    )
    if not transform.settings.coefficients:
        return decibels
    sums: Ints = decibels @ transform.cosines.T
    return sums >> 14


def _energies(transform: Transform, frames: NDArray[np.int16]) -> Ints:
    """(rows, window) -> (rows, points / 2): the energy of each bin; that of bin 0 is not made."""
    half = transform.points // 2
    re, im = _fourier(transform, *_windowed(transform, frames))
    k = np.arange(1, half // 2 + 1)
    # the bins of even samples, and those of odd ones, turned by the bin's part of a wave
    even = re[:, k] + re[:, half - k] >> 1, im[:, k] - im[:, half - k] >> 1
    odd = im[:, k] + im[:, half - k], re[:, half - k] - re[:, k]
    turned = _turned(*odd, *_wave(transform, k))
    energies = np.zeros((len(frames), half), np.int64)
    energies[:, k] = (even[0] + turned[0]) ** 2 + (even[1] + turned[1]) ** 2
    energies[:, half - k] = (even[0] - turned[0]) ** 2 + (even[1] - turned[1]) ** 2
    return energies


def _windowed(transform: Transform, frames: NDArray[np.int16]) -> tuple[Ints, Ints]:
    """(rows, points / 2) each: even and odd samples, 2^30 of full scale, in bit-reversed order."""
    window, half = transform.settings.window, transform.points // 2
    at = np.arange(window)
    values = np.zeros((len(frames), transform.points), np.int64)
    values[:, :window] = frames * transform.hann[np.minimum(at, window - at)] >> 16
    order = np.zeros(1, np.int64)
    while len(order) < half:
        order = np.concatenate([order * 2, order * 2 + 1])
    return values[:, 0::2][:, order], values[:, 1::2][:, order]


def _fourier(transform: Transform, re: Ints, im: Ints) -> tuple[Ints, Ints]:
    """A transform of (rows, n) complex values in bit-reversed order, divided by n."""
    count, n = re.shape
    span = 1
    while span < n:
        a, b = (
            np.stack([part.reshape(count, -1, 2, span)[:, :, side] for part in (re, im)])
            for side in (0, 1)
        )
        wave = _wave(transform, np.arange(span) * (n // span))
        turned = np.stack(_turned(b[0], b[1], *wave))
        turned[..., 0] = b[..., 0] >> 1  # by nothing at all
        kept = a >> 1
        re, im = np.stack([kept + turned, kept - turned], axis=3).reshape(2, count, n)
        span *= 2
    return re, im


def _wave(transform: Transform, k: Ints) -> tuple[Ints, Ints]:
    """Cosine and sine of ``k`` of the transform's points, up to half of them, in Q31."""
    quarter = transform.points // 4
    cosine = np.where(k <= quarter, 1, -1) * transform.cosine[np.minimum(k, 2 * quarter - k)]
    return cosine, transform.cosine[np.abs(quarter - k)]


def _turned(re: Ints, im: Ints, cosine: Ints, sine: Ints) -> tuple[Ints, Ints]:
    """Half of a complex value, turned backwards."""
    return (re * cosine >> 32) + (im * sine >> 32), (im * cosine >> 32) - (re * sine >> 32)


def _bands(transform: Transform, energies: Ints) -> Ints:
    """(rows, mels): energies below the triangles."""
    edges = transform.edges
    used = energies[:, edges[0] : edges[-1]]
    rising = ((used >> 16) * transform.rising) + ((used & 0xFFFF) * transform.rising >> 16)
    rises, falls = (_sums(part, edges - edges[0]) for part in (rising, used - rising))
    return rises[:, :-1] + falls[:, 1:]


def _sums(values: Ints, edges: Ints) -> Ints:
    """(rows, edges - 1): sums of the columns between two edges."""
    until = np.zeros((len(values), values.shape[1] + 1), np.int64)
    np.cumsum(values, axis=1, out=until[:, 1:])
    return until[:, edges[1:]] - until[:, edges[:-1]]


def _decibels(transform: Transform, energies: Ints) -> Ints:
    """Of full scale, in Q20, down to silence."""
    exponent = np.full(energies.shape, 62)
    mantissa = energies
    for shift in (32, 16, 8, 4, 2, 1):
        small = mantissa < 1 << 63 - shift
        mantissa = np.where(small, mantissa << shift, mantissa)
        exponent = np.where(small, exponent - shift, exponent)
    table = transform.logarithms
    step, rest = (mantissa >> 56) & LOG_STEPS - 1, (mantissa >> 40) & 0xFFFF
    between = (table[step] << 6) + ((table[step + 1] - table[step]) * rest >> 10)
    decibels = exponent * transform.octave + transform.base + between
    audible: Ints = np.maximum(decibels, SILENCE_DB << DECIBEL_BITS)
    return audible
