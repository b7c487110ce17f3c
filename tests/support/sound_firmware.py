"""Firmware of a small network that is shown pictures of sound, as of a recipe of WAV files."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from tests.support import picture_firmware
from tests.support.pictures import audio_data
from tinyedge import recipe
from tinyedge.board import Board
from tinyedge.graph import read_tflite
from tinyedge.recipe import Audio, Compile, Recipe
from tinyedge.workflow import devices, pipeline
from tinyedge.workflow.devices import Built
from tinyedge.workflow.pipeline import Loaded, Model
from tinyedge.workspace import Workspace

# a clip of 4000 samples has 30 rows: five pictures of 6 x 8, each of 256 + 5 * 128 samples
AUDIO = Audio(
    features="mfcc",
    rate=8000,
    seconds=0.5,
    window_ms=32.0,
    hop_ms=16.0,
    mels=10,
    coefficients=8,
    frames=6,
    limits=(-100.0, 50.0),
)
SAMPLES, SHAPE, PER_CLIP = 896, (6, 8, 1), 5


def of(root: Path) -> Recipe:
    """A recipe of the WAV files below ``root``."""
    data = audio_data(root, AUDIO, range=(-1.0, 1.0))
    return msgspec.structs.replace(recipe.load("kws-ds-cnn"), data=data)


def loaded(root: Path, features: Sequence[str]) -> Loaded:
    """The network of that recipe, as if it had been trained."""
    tflite = picture_firmware.model(channels=1)
    model = Model("small", of(root), None, Compile(features=tuple(features)))
    return Loaded(model, tflite, read_tflite.read(tflite, "small"))


def built(root: Path, space: Path, board: Board, features: Sequence[str]) -> Built:
    """Its firmware, with features of the device's application."""
    network = loaded(root, features)
    return devices.build(pipeline.generate(network, board, "aot", Workspace(space)))
