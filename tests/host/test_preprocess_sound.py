"""te_preprocess.c of sound makes the same input of samples as the host does, value by value."""

import ctypes
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support import native, signals
from tests.support.tools import need
from tinyedge.emit import preprocess
from tinyedge.emit.preprocess import Sound
from tinyedge.sound import Settings, Transform

QUANTIZED = np.arange(-128, 128).astype(np.int8)[::-1].copy()
KWS = Settings(16_000, 480, 320, 40, 10, (20.0, 4000.0), (-100.0, 50.0))
SETTINGS = {
    "mfcc": (KWS, 12),
    "log-mel": (Settings(16_000, 480, 320, 40, 0, (20.0, 4000.0), (-100.0, 0.0)), 9),
    "just above silence": (Settings(16_000, 480, 320, 40, 0, (20.0, 4000.0), (-100.0, -99.0)), 9),
    "power of two": (Settings(16_000, 1024, 512, 128, 0, (20.0, 8000.0), (-100.0, 0.0)), 5),
    "odd": (Settings(8000, 401, 161, 20, 20, (0.0, 4000.0), (-60.0, 20.0)), 11),
    "hop above window": (Settings(8000, 255, 300, 20, 0, (100.0, 3000.0), (-120.0, 30.0)), 7),
    "hop of one": (Settings(8000, 33, 1, 24, 24, (100.0, 3000.0), (-100.0, 30.0)), 40),
    "smallest": (Settings(8000, 8, 8, 1, 0, (0.0, 4000.0), (-100.0, 0.0)), 3),
    "no bin at all": (Settings(8000, 16, 8, 3, 2, (10.0, 20.0), (-100.0, 0.0)), 2),
    "largest": (Settings(48_000, 16_384, 5000, 64, 0, (20.0, 24_000.0), (-100.0, 0.0)), 2),
}


class Device:
    """The C, with sanitizers that end the process at a finding."""

    def __init__(self, folder: Path, wanted: Sound, *defined: str) -> None:
        need("gcc")
        self.wanted = wanted
        for name, text in preprocess.render(wanted).items():
            (folder / Path(name).name).write_text(str(text))
        flags = [*native.WARNINGS, "-O1", "-shared", "-fPIC"]
        flags += ["-fsanitize=undefined", native.SANITIZED[1], *defined]
        native._compile([*flags, str(folder / "te_preprocess.c"), "-o", str(folder / "x.so")])
        self.c = ctypes.CDLL(str(folder / "x.so"))

    def whole(self, samples: np.ndarray) -> np.ndarray:
        made = np.full((*self.wanted.size, 1), 99, np.int8)
        data = samples.astype("<i2").tobytes()
        assert self.c.te_preprocess(data, len(samples), 1, 2, _at(made)) == 0
        return made

    def pieces(self, samples: np.ndarray, sizes: Iterator[int]) -> np.ndarray:
        made = np.full((*self.wanted.size, 1), 99, np.int8)
        assert self.c.te_preprocess_begin(len(samples), 1, 2) == 0
        data, at = samples.astype("<i2").tobytes() + b"more", 0  # that is no part of the frame
        while at < len(data):
            piece = data[at : at + next(sizes)]
            self.c.te_preprocess_push(piece, len(piece), _at(made))
            at += len(piece)
        return made


def _at(made: np.ndarray) -> ctypes.c_void_p:
    return made.ctypes.data_as(ctypes.c_void_p)


def _check(device: Device) -> None:
    settings, count = device.wanted.transform.settings, device.wanted.samples
    for sound, samples in (*signals.ordinary(count, settings.rate), *signals.extreme(count)):
        expected = preprocess.sound_input(device.wanted, samples)
        assert np.array_equal(device.whole(samples), expected), sound


@pytest.mark.parametrize("name", SETTINGS)
def test_it_is_the_host_s(tmp_path: Path, name: str) -> None:
    _check(
        Device(tmp_path, Sound("small", Transform(SETTINGS[name][0]), SETTINGS[name][1], QUANTIZED))
    )


def test_it_is_where_products_have_32_bits(tmp_path: Path) -> None:
    wanted = Sound("small", Transform(SETTINGS["just above silence"][0]), 5, QUANTIZED)
    _check(Device(tmp_path, wanted, "-D__ARM_ARCH_ISA_THUMB=1"))


@pytest.mark.parametrize("name", ["odd", "hop above window", "smallest"])
def test_samples_may_come_in_any_pieces(tmp_path: Path, name: str) -> None:
    wanted = Sound("small", Transform(SETTINGS[name][0]), SETTINGS[name][1], QUANTIZED)
    device, count = Device(tmp_path, wanted), wanted.samples
    random = np.random.RandomState(4)
    samples = random.randint(-32768, 32768, count).astype(np.int16)
    expected = preprocess.sound_input(wanted, samples)
    for most in (1, 2, 7, 600, 2 * count):
        pieces = iter(lambda most=most: random.randint(1, most + 1), None)
        assert np.array_equal(device.pieces(samples, pieces), expected), most


def test_what_is_no_frame_is_refused(tmp_path: Path) -> None:
    wanted = Sound("small", Transform(SETTINGS["smallest"][0]), 3, QUANTIZED)
    device = Device(tmp_path, wanted)
    frame, made = bytes(64), np.full(3, 99, np.int8)
    for height, width, channels in ((23, 1, 2), (25, 1, 2), (24, 2, 2), (24, 1, 1), (0, 1, 2)):
        assert device.c.te_preprocess_begin(height, width, channels) == -1
        assert device.c.te_preprocess(frame, height, width, channels, _at(made)) == -1
    device.c.te_preprocess_push(frame, len(frame), _at(made))  # none has begun
    assert (made == 99).all()
