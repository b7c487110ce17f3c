"""Sound on emulated cores: the host's input, in as many instructions as docs/recipes.md says."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support import picture_firmware, signals
from tests.support.tflite_writer import ModelWriter
from tests.support.tools import CHECKOUT, need
from tinyedge import board as boards
from tinyedge import build, flash
from tinyedge.emit import preprocess
from tinyedge.emit.preprocess import Sound
from tinyedge.link import frames
from tinyedge.link.session import Session
from tinyedge.sound import Settings, Transform

ROWS, COEFFICIENTS = 9, 10
# models/kws-ds-cnn's rows
KWS = Transform(Settings(16_000, 480, 320, 40, COEFFICIENTS, (20.0, 4000.0), (-100.0, 50.0)))
WANTED = Sound("small", KWS, ROWS, np.arange(-128, 128).astype(np.int8))


def _model() -> bytes:
    model = ModelWriter()
    x = model.input((1, ROWS, COEFFICIENTS, 1), scale=0.0078, zero_point=-3)
    return model.finish(model.softmax(model.reshape(x, (1, ROWS * COEFFICIENTS))))


@pytest.mark.parametrize("name", ["netduinoplus2", "qemu-microbit"])
def test_rows_are_the_host_s_and_cost_what_the_docs_say(tmp_path: Path, name: str) -> None:
    need("make", "arm-none-eabi-gcc", "qemu-system-arm")
    board = boards.load(name)
    folder = picture_firmware.write(tmp_path, board, ["preprocess"], _model(), WANTED)
    built = build.build(folder, board)
    voice = next(samples for _, samples in signals.ordinary(WANTED.samples))
    square = [samples for _, samples in signals.extreme(WANTED.samples)][-1]
    with flash.run(built, board) as device, Session(device.url) as session:
        # one request at a time: interrupts of bytes that arrive meanwhile would be counted, too
        session.hello = replace(session.hello, window=0)
        for samples in (square, voice):
            frame = samples.astype("<i2").view(np.uint8).reshape(-1, 1, 2)
            made = frames.send(session, frame)
            assert frames.read_input(session) == preprocess.sound_input(WANTED, samples).tobytes()
            frames.infer(session, made)
    assert board.ticks_per_instruction is not None
    row = float(made.ticks / board.ticks_per_instruction / ROWS)
    stated = re.search(
        rf"\| [\w ,-]+ \(`{name}`\) \| ([\d,]+) \|", (CHECKOUT / "docs" / "recipes.md").read_text()
    )
    assert stated is not None
    assert row == pytest.approx(int(stated[1].replace(",", "")), rel=0.05), row
