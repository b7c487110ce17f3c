"""Raw frames of WAV files: the samples that each picture is made of, and no others."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.support.pictures import audio_data, sounds, write_wav
from tinyedge import dataset
from tinyedge.dataset import frames, kept, pcm
from tinyedge.errors import ConfigError
from tinyedge.recipe import Audio

RECIPE = Path("recipe.toml")
# rows begin every 128 samples; a clip of 4000 has 30, of which the last ends at 3968
SHORT = Audio(rate=8000, seconds=0.5, window_ms=32.0, hop_ms=16.0, mels=20)
CUT = msgspec.structs.replace(SHORT, frames=7)
SPAN = 256 + 6 * 128


def test_the_test_split_s_sound_comes_as_bytes_of_samples(tmp_path: Path) -> None:
    data = audio_data(sounds(tmp_path), SHORT)
    found = list(frames.of_test_split(data, RECIPE))
    assert [frame.image.shape for frame in found] == [(3968, 1, 2)] * 4
    assert [frame.label for frame in found] == dataset.load(data, RECIPE).test.labels.tolist()
    for frame in found:
        file = (tmp_path / frame.name).read_bytes()
        assert frame.image.tobytes() == file[44 : 44 + 2 * 3968]


def test_a_clip_of_several_pictures_gives_several_frames(tmp_path: Path) -> None:
    sounds(tmp_path, each=1)
    found = list(frames.of_folder(tmp_path, audio_data(tmp_path, CUT), RECIPE))
    assert [frame.name for frame in found[:3]] == [
        "2000hz/0.wav",
        "2000hz/0.wav#1",
        "2000hz/0.wav#2",
    ]
    assert len(found) == 2 * (30 // 7)
    samples = np.frombuffer((tmp_path / "2000hz" / "0.wav").read_bytes()[44:], "<i2")
    for number, frame in enumerate(found[:4]):
        start = number * 7 * 128
        assert np.array_equal(pcm.samples(frame.image), samples[start : start + SPAN])


def test_a_frame_s_wav_makes_the_picture_that_the_clip_makes(tmp_path: Path) -> None:
    data = audio_data(sounds(tmp_path / "clips"), CUT)
    whole = dataset.load(data, RECIPE).test
    out = tmp_path / "out"
    form = kept.form("raw", data, RECIPE, out)
    for number, frame in enumerate(frames.of_test_split(data, RECIPE)):
        file = out / str(number % 2) / f"{number:03}{form.suffix}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(form.encode(frame.image))
    assert form.recipe == (
        f'[data] source = "wav", path = "{out}"',
        "[data.audio] seconds = 0.128",
    )
    alone = msgspec.structs.replace(CUT, seconds=0.128)
    again = dataset.load(audio_data(out, alone), RECIPE)
    splits = (again.train, again.validation, again.test)
    made = {row.tobytes() for split in splits for row in split.raw}
    assert made == {row.tobytes() for row in whole.raw}
    assert sum(map(len, splits)) == len(whole) > 4


def test_a_frame_s_wav_is_not_shifted_where_a_clip_is_one_picture(tmp_path: Path) -> None:
    data = audio_data(sounds(tmp_path / "clips", each=3), SHORT, minimum=1)
    frame = next(frames.of_test_split(data, RECIPE))
    (tmp_path / "one").mkdir()
    write_wav(tmp_path / "one" / "x.wav", pcm.samples(frame.image), 8000)
    (again,) = frames.of_folder(tmp_path / "one", data, RECIPE)
    assert np.array_equal(again.image, frame.image)


def test_a_folder_without_sound_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"")
    with pytest.raises(ConfigError, match="there is no sound in it"):
        list(frames.of_folder(tmp_path, audio_data(tmp_path, SHORT), RECIPE))


def test_damaged_files_are_left_out(tmp_path: Path) -> None:
    sounds(tmp_path, each=1)
    (tmp_path / "2000hz" / "1.wav").write_bytes(b"RIFF")
    assert len(list(frames.of_folder(tmp_path, audio_data(tmp_path, SHORT), RECIPE))) == 2
