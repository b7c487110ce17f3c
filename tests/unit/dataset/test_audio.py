"""WAV folders: sound of any rate and width, features by definition, damage skipped and listed."""

import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from tests.support import float_sound
from tests.support.pictures import audio_data, sounds, write_wav
from tinyedge import dataset
from tinyedge import sound as sounding
from tinyedge.dataset import audio, features
from tinyedge.errors import ConfigError
from tinyedge.recipe import Audio

RECIPE = Path("recipe.toml")
SHORT = Audio(rate=8000, seconds=0.5, window_ms=32.0, hop_ms=16.0, mels=20)


def test_tones_are_where_they_belong(tmp_path: Path) -> None:
    loaded = dataset.load(audio_data(sounds(tmp_path), SHORT), RECIPE)
    assert loaded.shape == (30, 20, 1)
    assert loaded.classes == ("2000hz", "500hz")
    assert [len(part) for part in (loaded.train, loaded.validation, loaded.test)] == [4, 4, 4]
    filters = float_sound.mel_filters(features.Features(SHORT, RECIPE).transform.settings, 256)
    expected = [int(filters[round(hertz * 256 / 8000)].argmax()) for hertz in (2000, 500)]
    for split in (loaded.train, loaded.validation, loaded.test):
        loudest = split.raw[:, 15, :, 0].argmax(axis=1)
        assert loudest.tolist() == [expected[label] for label in split.labels]
        # half of full scale is -6 dB, of 100 dB in 255 steps
        assert abs(int(split.raw[:, 15].max()) - round(94 * 2.55)) <= 4


def _fields(one: Audio) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__struct_fields__}


def test_a_long_clip_gives_several_pictures(tmp_path: Path) -> None:
    short = Audio(**{**_fields(SHORT), "frames": 5})
    loaded = dataset.load(audio_data(sounds(tmp_path), short), RECIPE)
    assert loaded.shape == (5, 20, 1)
    assert [len(part) for part in (loaded.train, loaded.validation, loaded.test)] == [24, 24, 24]


@pytest.mark.parametrize("kind", ["u1", "<i2", "<i4"])
@pytest.mark.parametrize("channels", [1, 2])
def test_widths_and_channels_are_the_same_sound(tmp_path: Path, kind: str, channels: int) -> None:
    tone = np.sin(np.arange(800) / 5) * 0.9
    steps = {"u1": tone * 127 + 128, "<i2": tone * 32767, "<i4": tone * (2**31 - 1)}[kind]
    many = np.repeat(np.round(steps).astype(kind), channels)
    write_wav(tmp_path / "x.wav", many, 8000, channels)
    sound, rate = audio.decode((tmp_path / "x.wav").read_bytes())
    assert rate == 8000
    assert np.abs(sound - tone).max() < (0.02 if kind == "u1" else 1e-4)


def test_24_bits_are_read(tmp_path: Path) -> None:
    write_wav(tmp_path / "x.wav", np.zeros(4, "<i2"), 8000)
    raw = bytearray((tmp_path / "x.wav").read_bytes())
    values = (1 << 22, -(1 << 22))
    body = b"".join(struct.pack("<i", value)[:3] for value in values)
    raw[16:36] = struct.pack("<IHHIIHH", 16, 1, 1, 8000, 24000, 3, 24)
    raw[40:] = struct.pack("<I", len(body)) + body
    assert audio.decode(bytes(raw))[0].tolist() == [0.5, -0.5]


def test_another_rate_is_resampled() -> None:
    before = np.sin(2 * np.pi * 440 * np.arange(44_100) / 44_100)
    after = audio.resample(before, 44_100, 16_000)
    wanted = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    assert after.shape == (16_000,)
    assert np.abs(after - wanted).max() < 1e-6


def test_a_picture_is_made_of_the_file_s_own_samples(tmp_path: Path) -> None:
    samples = np.random.RandomState(3).randint(-32768, 32768, 4000).astype("<i2")
    write_wav(tmp_path / "x.wav", samples, 8000)
    made = audio.Reader(audio_data(tmp_path, SHORT), RECIPE).read(tmp_path / "x.wav")
    transform = features.Features(SHORT, RECIPE).transform
    assert np.array_equal(made[0, ..., 0], sounding.pictures(transform, samples))


def test_samples_of_other_arithmetic_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = audio.Reader(audio_data(tmp_path, SHORT), RECIPE).settings
    other = tmp_path / "sound"
    shutil.copytree(Path(sounding.__file__).parent, other)
    monkeypatch.setattr(sounding, "__file__", str(other / "__init__.py"))
    assert audio.Reader(audio_data(tmp_path, SHORT), RECIPE).settings == before
    with (other / "rows.py").open("a") as stream:
        stream.write("# changed\n")
    assert audio.Reader(audio_data(tmp_path, SHORT), RECIPE).settings != before


def test_short_clips_get_silence_and_long_ones_are_cut() -> None:
    sound = np.arange(1.0, 6.0)
    assert audio.fit(sound, 8).tolist() == [0, 1, 2, 3, 4, 5, 0, 0]
    assert audio.fit(sound, 3).tolist() == [2, 3, 4]


def test_damaged_sounds_are_skipped_and_listed(tmp_path: Path) -> None:
    root = sounds(tmp_path, each=15)
    whole = (root / "500hz" / "0.wav").read_bytes()
    wrong = {
        "500hz/cut.wav": (whole[:-100], "truncated WAV: 7900 of 8000 bytes"),
        "500hz/head.wav": (whole[:20], "no PCM WAV"),
        "500hz/empty.wav": (b"", "no PCM WAV"),
        "500hz/float.wav": (whole[:20] + b"\3\0" + whole[22:], "no PCM WAV: unknown format: 3"),
        "500hz/silent.wav": (whole[:40] + bytes(4), "no sound in it"),
        "500hz/x.mp3": (b"x", "not .wav"),
    }
    for name, (content, _) in wrong.items():
        (root / name).write_bytes(content)
    loaded = dataset.load(audio_data(root, SHORT), RECIPE)
    reasons = {file.path: file.reason for file in loaded.skipped}
    assert reasons.keys() == wrong.keys()
    assert all(reasons[name].startswith(reason) for name, (_, reason) in wrong.items()), reasons


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"band_hz": (20.0, 5000.0)}, "band_hz = .20, 5000. is not within 0 and half of rate"),
        ({"limits": (0.0, 0.5)}, "limits = .0, 0.5. is not .low, high. within -1000 and 1000, 1"),
        ({"limits": (-1001.0, 0.0)}, "limits"),
        ({"limits": (0.0, 1001.0)}, "limits"),
        ({"window_ms": 600.0}, "window_ms = 600 is 4800 samples of a clip of 4000"),
        ({"window_ms": 0.875}, "window_ms = 0.875 is 7 samples of a clip of 4000, not 8 to 16384"),
        ({"window_ms": 2048.1, "seconds": 3.0}, "window_ms = 2048.1 is 16385 samples"),
        ({"hop_ms": 0.01}, "hop_ms"),
        ({"features": "mfcc", "coefficients": 21}, "coefficients = 21 are more than mels = 20"),
        ({"frames": 31}, "frames = 31, a clip has 30"),
    ],
)
def test_settings_that_cannot_be_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        features.Features(Audio(**{**_fields(SHORT), **change}), RECIPE)
