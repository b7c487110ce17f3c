"""What becomes of a sensor's raw frame before a model sees it, on the device as on the host."""

from __future__ import annotations

from itertools import islice

import numpy as np
from numpy.typing import NDArray

from tinyedge import dataset as datasets
from tinyedge.dataset import pcm, resize
from tinyedge.dataset.features import Features
from tinyedge.dataset.frames import Frame, of_test_split
from tinyedge.emit import preprocess
from tinyedge.emit.preprocess import Preprocess, Sound
from tinyedge.errors import ConfigError
from tinyedge.graph.types import Graph
from tinyedge.quantize.inputs import steps
from tinyedge.recipe import Audio, Recipe
from tinyedge.samples import Samples

Wanted = Preprocess | Sound


def transform(name: str, recipe: Recipe | None, graph: Graph) -> Wanted | None:
    """What is done to raw frames before the network sees them; None: its input is none of ours."""
    if recipe is None:
        return None
    source = datasets.SOURCES[recipe.data.source]
    (tensor,) = graph.inputs
    quantized = steps(source.full_scale, recipe.data.range, tensor.q)
    if "audio" in source.keys:
        features = Features(recipe.data.audio or Audio(), recipe.path)
        return Sound(name, features.transform, features.frames, quantized)
    # an imported network may take its pictures flat
    flat = len(tensor.shape) != 4
    height, width, channels = (
        datasets.outline(recipe.data, recipe.path)[0] if flat else tensor.shape[1:]
    )
    if max(height, width) > preprocess.LARGEST_SIDE or channels not in (1, 3):
        return None
    return Preprocess(
        title=name,
        size=(height, width),
        channels=channels,
        crop=recipe.data.fit == "crop",
        quantized=quantized,
        luma=resize.LUMA,
    )


def require(name: str, recipe: Recipe | None, graph: Graph) -> Wanted:
    """The same. Raises ConfigError saying why there is none."""
    found = transform(name, recipe, graph)
    if found is not None:
        return found
    if recipe is None:
        why = "a bare .tflite does not say how its input is made of them: name its recipe"
    else:
        why = f"its input has more than {preprocess.LARGEST_SIDE} pixels a side, or other channels"
    raise ConfigError(
        f"{name}: the device cannot make its input of raw frames: {why}",
        "leave out --raw and the feature preprocess: the host makes the inputs",
    )


def shape(wanted: Wanted) -> tuple[int, int, int]:
    """Height, width and channels of the network's input; of sound rows, bands and 1."""
    return (*wanted.size, 1 if isinstance(wanted, Sound) else wanted.channels)


def prepared(wanted: Wanted, image: NDArray[np.uint8]) -> NDArray[np.int8]:
    """The network's input of a raw frame, as the host makes it, of ``shape(wanted)``."""
    if isinstance(wanted, Sound):
        return preprocess.sound_input(wanted, pcm.samples(image))
    fit: resize.Fit = "crop" if wanted.crop else "stretch"
    made = resize.picture(image, wanted.size, wanted.channels, fit)
    most = len(wanted.quantized) - 1
    return wanted.quantized[np.minimum(made, most)]


def samples(
    recipe: Recipe, wanted: Wanted, classes: tuple[str, ...], count: int
) -> tuple[list[Frame], Samples]:
    """``count`` frames of the test split, and the inputs that the host makes of them.

    ``classes`` are empty where the network does not classify.
    """
    some = list(islice(of_test_split(recipe.data, recipe.path), count))
    if not some:
        raise ConfigError(
            f"{recipe.path}: the test split has no file that can be read",
            f'see which are damaged with "tinyedge data {recipe.path}"',
        )
    inputs = np.stack([prepared(wanted, frame.image) for frame in some])
    labels = np.array([frame.label for frame in some], np.int64)
    source = f"raw frames, test split of {recipe.data.source}"
    return some, Samples(source, (inputs,), labels if classes else None, class_names=classes)
