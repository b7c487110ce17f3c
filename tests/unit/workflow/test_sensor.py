"""What is done to a recipe's raw frames follows from its data set and the network's input."""

import msgspec
import numpy as np
import pytest

from tests.support.tflite_writer import ModelWriter
from tinyedge import recipe
from tinyedge.emit.preprocess import Preprocess, Sound
from tinyedge.errors import ConfigError
from tinyedge.graph import read_tflite
from tinyedge.graph.types import Graph
from tinyedge.workflow import sensor


def _network(*shape: int) -> Graph:
    """A network of two classes whose input has this shape."""
    writer = ModelWriter()
    values = int(np.prod(shape))
    x = writer.input((1, *shape), scale=(0.0078,), zero_point=(-3,))
    flat = x if len(shape) == 1 else writer.reshape(x, (1, values))
    y = writer.fully_connected(
        flat,
        weights=np.ones((2, values), np.int8),
        weight_scales=[0.01],
        bias=None,
        scale=0.05,
        zero_point=0,
    )
    return read_tflite.read(writer.finish(writer.softmax(y)), "small")


@pytest.mark.parametrize("shape", [(8, 8, 1), (64,)])
def test_pictures_have_the_network_s_size_also_where_it_takes_them_flat(
    shape: tuple[int, ...],
) -> None:
    wanted = sensor.require("small", recipe.load("digits-cnn"), _network(*shape))
    assert isinstance(wanted, Preprocess)
    assert sensor.shape(wanted) == (8, 8, 1)
    picture = np.full((16, 16, 1), 16, np.uint8)
    assert (sensor.prepared(wanted, picture) == wanted.quantized[16]).all()


def test_a_frame_of_sound_has_the_samples_of_one_picture() -> None:
    wanted = sensor.require("small", recipe.load("kws-ds-cnn"), _network(49, 10, 1))
    assert isinstance(wanted, Sound)
    assert (sensor.shape(wanted), wanted.samples) == ((49, 10, 1), 15_840)
    silence = sensor.prepared(wanted, np.zeros((15_840, 1, 2), np.uint8))
    # -100 decibels on average are raw 0, and 0 of the other coefficients, which span -100 to 50
    assert (silence[:, 0] == wanted.quantized[0]).all()
    assert (silence[:, 1:] == wanted.quantized[170]).all()


def test_what_is_made_of_no_raw_frames_says_why() -> None:
    with pytest.raises(ConfigError, match="does not say how its input is made"):
        sensor.require("small", None, _network(8, 8, 1))
    photos = recipe.load("photos-cnn")
    large = msgspec.structs.replace(
        photos, data=msgspec.structs.replace(photos.data, size=(300, 8))
    )
    with pytest.raises(ConfigError, match="more than 255 pixels a side"):
        sensor.require("small", large, _network(300, 8, 3))
