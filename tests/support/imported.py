"""Networks of other frameworks to import, and recipes that name them."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tests.support.data import needs_data, needs_package
from tinyedge import backend, recipe
from tinyedge.recipe import Data, Import, Quantize, Recipe

DIGITS = Data(source="digits", test=0.2)


def importing(folder: Path, path: str, data: Data = DIGITS, **settings: Any) -> Recipe:
    """A recipe that imports ``path``; it lies in ``folder``."""
    file = folder / "recipe.toml"
    file.write_text("")
    base = recipe.load("digits-cnn")
    return msgspec.structs.replace(
        base,
        path=file,
        name="imported",
        data=data,
        imported=Import(path=path, **settings),
        network=recipe.Network(architecture=""),
        training=recipe.Training(epochs=1),
        quantize=Quantize(samples=20, max_accuracy_drop=10.0),
    )


def network(keras: Any, outputs: int = 10) -> Any:
    """A convolution with batch normalization and a dense layer, random weights: Keras 2 or 3."""
    keras.utils.set_random_seed(1)
    x = inputs = keras.layers.Input((8, 8, 1))
    x = keras.layers.Conv2D(4, 3, name="conv")(x)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.ReLU(name="relu")(x)
    x = keras.layers.Flatten(name="flat")(x)
    model = keras.Model(inputs, keras.layers.Dense(outputs, "softmax", name="dense")(x))
    model.get_layer("norm").set_weights([np.full(4, value) for value in (0.5, 0.1, 0.2, 2.0)])
    return model


def write_keras(folder: Path) -> None:
    """k2.keras, k2.h5, k3.keras, k3.h5 and the SavedModel sm, all in ``folder``."""
    needs_package("tensorflow")
    needs_data("digits")
    loaded = backend.load()
    import keras  # noqa: PLC0415 - TensorFlow's own, slow

    with backend.quiet():
        for name, framework in (("k2", loaded.keras), ("k3", keras)):
            model = network(framework)
            model.save(folder / f"{name}.keras")
            model.save(folder / f"{name}.h5")
        loaded.tf.saved_model.save(network(loaded.keras), str(folder / "sm"))
