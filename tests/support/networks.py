"""Small networks of every architecture, and a user's own function."""

from pathlib import Path
from typing import Any

import msgspec

from tinyedge import recipe
from tinyedge.recipe import Data, Network, Recipe

# architecture -> small parameters, input shape, trainable and other weights of that
SMALL: dict[str, tuple[dict[str, Any], tuple[int, int, int], int]] = {
    "cnn": ({"filters": [4]}, (8, 8, 1), 40 + 3 * 3 * 4 * 3 + 3),
    "lenet5": ({}, (12, 12, 1), 156 + 2416 + 16 * 120 + 120 + 10164 + 84 * 3 + 3),
    "ds-cnn": ({"filters": 8, "blocks": 1}, (12, 8, 1), 320 + 32 + 72 + 32 + 64 + 32 + 27),
    "mobilenet-v1": (
        {"width": 0.125, "blocks": 2}, (16, 16, 3),
        (108 + 16) + (36 + 16) + (32 + 32) + (72 + 32) + (128 + 64) + 16 * 3 + 3,
    ),
    "mobilenet-v2": (
        {"width": 0.2, "stages": 2}, (16, 16, 3),
        (216 + 32) + (72 + 32 + 64 + 32)
        + 2 * (8 * 48 + 192 + 432 + 192 + 48 * 8 + 32) + 27,
    ),
    "resnet8": (
        {"filters": [4, 8]}, (8, 8, 3),
        (108 + 16) + 2 * (144 + 16) + (288 + 32 + 576 + 32 + 40) + 27,
    ),
    "autoencoder": (
        {"units": 8, "layers": 1, "code": 4}, (5, 4, 1),
        (160 + 32) + (32 + 16) + (32 + 32) + 160 + 20,
    ),
}  # fmt: skip


def small(architecture: str) -> Recipe:
    """A recipe with a small network of that kind."""
    base = recipe.load("digits-cnn")
    parameters, _, _ = SMALL.get(architecture, ({}, None, None))
    network = Network(architecture=architecture, parameters=parameters)
    return msgspec.structs.replace(base, network=network)


OWN = """
import tf_keras as keras

def build(shape, classes, units=4):
    return keras.Sequential([
        keras.layers.Input(shape), keras.layers.Flatten(), keras.layers.Dense(units, "relu"),
        keras.layers.Dropout(0.5), keras.layers.Dense(classes, "softmax"),
    ])

def fails(shape, classes):
    return 1 / 0

def foreign(shape, classes):
    return "no model"

def other(shape, classes):
    return build(shape, classes + 1)
"""


def own(folder: Path, function: str = "build", **data: Any) -> Recipe:
    """digits by a network of the user's, with dropout, for two epochs; writes both files."""
    (folder / "nets.py").write_text(OWN)
    path = folder / "recipe.toml"
    path.write_text(recipe.load("digits-cnn").path.read_text())
    base = recipe.read(path)
    training = msgspec.structs.replace(base.training, epochs=2)
    network = Network(architecture=f"nets:{function}")
    chosen = Data(**data) if data else base.data
    return msgspec.structs.replace(base, network=network, training=training, data=chosen)
