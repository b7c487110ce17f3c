"""te_preprocess.c makes the same input of a raw frame as the host does, value by value."""

import ctypes
from pathlib import Path

import numpy as np
import pytest

from tests.support import native
from tests.support.tools import need
from tinyedge.dataset import Split, resize
from tinyedge.emit import preprocess
from tinyedge.emit.preprocess import Preprocess
from tinyedge.errors import ModelError
from tinyedge.graph.types import Quant
from tinyedge.quantize.inputs import table

QUANTIZED = table(
    Split(np.empty((0, 1, 1, 1), np.uint8), np.empty(0, np.int64), 255, (-1.0, 1.0)),
    Quant((float(np.float32(2 / 255)),), (-3,)),
)
FRAMES = ((1, 1), (5, 7), (24, 32), (31, 17), (6, 60), (64, 48), (3, 200))


def _wanted(size: tuple[int, int], channels: int, *, crop: bool) -> Preprocess:
    return Preprocess("small", size, channels, crop, QUANTIZED, resize.LUMA)


def _library(folder: Path, wanted: Preprocess) -> ctypes.CDLL:
    need("gcc")
    for name, text in preprocess.render(wanted).items():
        (folder / Path(name).name).write_text(str(text))
    flags = (
        *native.WARNINGS,
        "-O1",
        "-shared",
        "-fPIC",
        "-fsanitize=undefined",
        native.SANITIZED[1],
    )
    native._compile([*flags, str(folder / "te_preprocess.c"), "-o", str(folder / "x.so")])
    return ctypes.CDLL(str(folder / "x.so"))


@pytest.mark.parametrize("crop", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(8, 8), (5, 12)])
def test_it_is_the_host_s(tmp_path: Path, size: tuple[int, int], channels: int, crop: bool) -> None:
    library = _library(tmp_path, _wanted(size, channels, crop=crop))
    random = np.random.RandomState(1)
    for height, width in FRAMES:
        for given in (1, 3):
            frame = random.randint(0, 256, (height, width, given)).astype(np.uint8)
            made = np.full((*size, channels), 99, np.int8)
            done = library.te_preprocess(
                frame.ctypes.data_as(ctypes.c_void_p), height, width, given,
                made.ctypes.data_as(ctypes.c_void_p),
            )  # fmt: skip
            assert done == 0
            fit = "crop" if crop else "stretch"
            assert np.array_equal(made, QUANTIZED[resize.picture(frame, size, channels, fit)])


@pytest.mark.parametrize("crop", [False, True])
def test_a_frame_may_come_in_any_pieces(tmp_path: Path, crop: bool) -> None:
    library = _library(tmp_path, _wanted((6, 9), 3, crop=crop))
    random = np.random.RandomState(2)
    made = np.empty((6, 9, 3), np.int8)
    for height, width in (*FRAMES, (120, 160)):
        for given in (1, 3):
            frame = random.randint(0, 256, (height, width, given)).astype(np.uint8)
            made[:] = 99
            assert library.te_preprocess_begin(height, width, given) == 0
            data, at = frame.tobytes() + b"more", 0  # what follows a frame is no part of it
            while at < len(data):
                piece = data[at : at + random.randint(1, 600)]
                library.te_preprocess_push(piece, len(piece), made.ctypes.data_as(ctypes.c_void_p))
                at += len(piece)
            fit = "crop" if crop else "stretch"
            assert np.array_equal(made, QUANTIZED[resize.picture(frame, (6, 9), 3, fit)])


def test_the_largest_frame_does_not_overflow(tmp_path: Path) -> None:
    library = _library(tmp_path, _wanted((255, 255), 1, crop=False))
    made = np.full((255, 255), 99, np.int8)
    row = bytes([255]) * 4096
    assert library.te_preprocess_begin(4096, 4096, 1) == 0
    for _ in range(4096):
        library.te_preprocess_push(row, len(row), made.ctypes.data_as(ctypes.c_void_p))
    assert (made == QUANTIZED[255]).all()


def test_a_frame_that_cannot_be_is_refused(tmp_path: Path) -> None:
    library = _library(tmp_path, _wanted((4, 4), 1, crop=False))
    frame, made = np.zeros(48, np.uint8), np.full(16, 99, np.int8)
    at = (frame.ctypes.data_as(ctypes.c_void_p), made.ctypes.data_as(ctypes.c_void_p))
    for height, width, channels in ((0, 4, 1), (4, 0, 1), (4, 4, 2), (4097, 4097, 1)):
        assert library.te_preprocess(at[0], height, width, channels, at[1]) == -1
    assert (made == 99).all()


def test_an_input_that_is_too_large_is_refused() -> None:
    with pytest.raises(ModelError, match="no C for inputs"):
        preprocess.render(_wanted((300, 8), 1, crop=False))
