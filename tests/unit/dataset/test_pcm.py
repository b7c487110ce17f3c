"""Samples of sound as a frame's bytes and as a WAV file: no bit is lost on the way."""

import numpy as np

from tinyedge.dataset import audio, pcm

ALL = np.arange(-32768, 32768).astype(np.int16)


def test_a_frame_has_the_low_byte_of_each_sample_first() -> None:
    frame = pcm.frame(np.array([1, -2, 0x1234], np.int16))
    assert frame.shape == (3, 1, 2)
    assert frame.tobytes() == bytes([1, 0, 0xFE, 0xFF, 0x34, 0x12])
    assert np.array_equal(pcm.samples(pcm.frame(ALL)), ALL)


def test_a_wav_file_gives_the_same_samples_again() -> None:
    sound, rate = audio.decode(pcm.wav(ALL, 8000))
    assert rate == 8000
    assert np.array_equal(pcm.quantized(sound), ALL)


def test_what_is_beyond_full_scale_is_clipped() -> None:
    assert pcm.quantized(np.array([-1.5, 1.0, 0.5 / 32768])).tolist() == [-32768, 32767, 1]
