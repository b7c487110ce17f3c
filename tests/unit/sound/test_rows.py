"""Integers come close to the formulas in float64, and hold whatever the samples are."""

import numpy as np
import pytest

from tests.support import float_sound, signals
from tinyedge.sound import Settings, Transform, pictures, rows

KWS = Settings(16_000, 480, 320, 40, 10, (20.0, 4000.0), (-100.0, 50.0))
SETTINGS = {
    "mfcc": KWS,
    "log-mel": Settings(16_000, 480, 320, 40, 0, (20.0, 4000.0), (-100.0, 0.0)),
    "power of two": Settings(16_000, 1024, 512, 128, 0, (20.0, 8000.0), (-100.0, 0.0)),
    "odd": Settings(8000, 401, 161, 20, 0, (0.0, 4000.0), (-100.0, 0.0)),
    "hop above window": Settings(8000, 255, 300, 20, 20, (100.0, 3000.0), (-120.0, 30.0)),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_pictures_are_those_of_the_formulas(name: str) -> None:
    settings = SETTINGS[name]
    transform = Transform(settings)
    apart = {}
    for sound, samples in (*signals.ordinary(8000), *signals.extreme(8000)):
        made, wanted = pictures(transform, samples), float_sound.pictures(settings, samples)
        assert made.shape == wanted.shape
        apart[sound] = np.abs(made.astype(int) - wanted)
        assert apart[sound].max() <= 1, sound
    ordinary = np.concatenate([apart[sound] for sound, _ in signals.ordinary(8000)])
    assert (ordinary == 0).mean() > 0.998


@pytest.mark.parametrize("name", SETTINGS)
def test_rows_are_decibels(name: str) -> None:
    settings = SETTINGS[name]
    transform = Transform(settings)
    unit = (settings.mels if settings.coefficients else 1) << 20
    for sound, samples in signals.ordinary(8000):
        apart = rows.rows(transform, samples) / unit - float_sound.rows(settings, samples)
        assert np.abs(apart).max() < 0.02, sound


@pytest.mark.parametrize("window", [8, 9, 480, 512, 16384])
def test_nothing_overflows(window: int) -> None:
    transform = Transform(Settings(16_000, window, window, 8, 0, (0.0, 8000.0), (-100.0, 0.0)))
    at = np.arange(window)
    # what a bin is most sensitive to, and all else at full scale
    worst = [np.sign(np.cos(2 * np.pi * at * k / transform.points + 0.1)) for k in (1, 2, 3, 5)]
    frames = np.stack(
        [np.where(part > 0, 32767, -32768).astype(np.int16) for part in worst]
        + [samples for _, samples in signals.extreme(window)]
    )
    re, im = rows._fourier(transform, *rows._windowed(transform, frames))
    half = transform.points // 2
    mirrored = (-np.arange(half)) % half
    for sums in (re + re[:, mirrored], im + im[:, mirrored], re - re[:, mirrored]):
        assert np.abs(sums).max() < 1 << 31
    energies = rows._energies(transform, frames)
    assert energies.max() <= 1 << 60
    assert energies.sum(axis=1).max() < 1 << 61
    assert energies.max() > 1 << 57  # it is the worst
    assert rows._bands(transform, energies).max() < 1 << 61


def test_silence_is_the_least_and_a_full_tone_0_decibels() -> None:
    transform = Transform(SETTINGS["power of two"])
    silent = rows.rows(transform, np.zeros(1024, np.int16))
    assert (silent == -100 << 20).all()
    tone = np.round(32767 * np.sin(2 * np.pi * np.arange(1024) * 100 / 1024))
    loudest = rows.rows(transform, tone.astype(np.int16)).max() / (1 << 20)
    assert -1 < loudest < 1


def test_a_transform_of_sums_is_the_cosine_transform_of_the_bands() -> None:
    samples = dict(signals.ordinary(4000))["voice"]
    mel = rows.rows(Transform(SETTINGS["log-mel"]), samples) / (1 << 20)
    made = rows.rows(Transform(KWS), samples) / (40 << 20)
    assert np.allclose(made[:, 0], mel.mean(axis=1), atol=1e-3)
    angles = (np.arange(40) + 0.5) * np.pi / 40
    for k in (1, 9):
        by_hand = (mel * np.cos(k * angles)).sum(axis=1) * np.sqrt(2) / 40
        assert np.allclose(made[:, k], by_hand, atol=1e-2)


@pytest.mark.parametrize("name", SETTINGS)
def test_each_bin_is_shared_by_two_bands(name: str) -> None:
    transform = Transform(SETTINGS[name])
    wanted = float_sound.mel_filters(SETTINGS[name], transform.points)
    ones = np.eye(transform.points // 2, dtype=np.int64)[1:] << 40
    assert np.allclose(rows._bands(transform, ones) / (1 << 40), wanted[1:-1], atol=1e-5)
    assert not wanted[[0, -1]].max() > 1e-9


def test_a_long_clip_is_done_in_parts() -> None:
    transform = Transform(SETTINGS["power of two"])
    samples = np.random.RandomState(6).randint(-9999, 9999, 1024 + 70 * 512).astype(np.int16)
    made = pictures(transform, samples)
    assert len(made) == 71 > 2 * rows._AT_ONCE // transform.points
    for row in range(71):
        alone = pictures(transform, samples[row * 512 : row * 512 + 1024])
        assert np.array_equal(made[row : row + 1], alone)
