"""What becomes of a sensor's raw frame before a model sees it, on the device as on the host."""

from __future__ import annotations

from itertools import islice

import numpy as np
from numpy.typing import NDArray

from tinyedge import dataset as datasets
from tinyedge.dataset import resize
from tinyedge.dataset.frames import Frame, of_test_split
from tinyedge.emit import preprocess
from tinyedge.emit.preprocess import Preprocess
from tinyedge.errors import ConfigError
from tinyedge.graph.types import Graph
from tinyedge.quantize.inputs import steps
from tinyedge.recipe import Recipe
from tinyedge.samples import Samples


def transform(name: str, recipe: Recipe | None, graph: Graph) -> Preprocess | None:
    """What is done to pictures before the network sees them; None: its input is none of ours."""
    if recipe is None or "size" not in datasets.SOURCES[recipe.data.source].keys:
        return None
    (tensor,) = graph.inputs
    _, height, width, channels = tensor.shape
    if max(height, width) > preprocess.LARGEST_SIDE or channels not in (1, 3):
        return None
    full_scale = datasets.SOURCES[recipe.data.source].full_scale
    return Preprocess(
        title=name,
        size=(height, width),
        channels=channels,
        crop=recipe.data.fit == "crop",
        quantized=steps(full_scale, recipe.data.range, tensor.q),
        luma=resize.LUMA,
    )


def require(name: str, recipe: Recipe | None, graph: Graph) -> Preprocess:
    """The same. Raises ConfigError saying why there is none."""
    found = transform(name, recipe, graph)
    if found is not None:
        return found
    if recipe is None:
        why = "a bare .tflite does not say how its input is made of them"
    elif recipe.data.source == "wav":
        why = "log-mel and MFCC are computed in floating point, by the host alone"
    else:
        why = f"its input has more than {preprocess.LARGEST_SIDE} pixels a side, or other channels"
    raise ConfigError(
        f"{name}: the device cannot make its input of raw frames: {why}",
        "leave out --raw and the feature preprocess: the host makes the inputs",
    )


def prepared(wanted: Preprocess, image: NDArray[np.uint8]) -> NDArray[np.int8]:
    """The network's input of a frame (height, width, 1 or 3 channels), as the host makes it."""
    fit: resize.Fit = "crop" if wanted.crop else "stretch"
    made = resize.picture(image, wanted.size, wanted.channels, fit)
    most = len(wanted.quantized) - 1
    return wanted.quantized[np.minimum(made, most)]


def samples(
    recipe: Recipe, wanted: Preprocess, classes: tuple[str, ...], count: int
) -> tuple[list[Frame], Samples]:
    """``count`` frames of the test split, and the inputs that the host makes of them.

    ``classes`` are empty where the network does not classify.
    """
    some = list(islice(of_test_split(recipe.data, recipe.path), count))
    if not some:
        raise ConfigError(f"{recipe.path}: the test split has no picture that can be read")
    inputs = np.stack([prepared(wanted, frame.image) for frame in some])
    labels = np.array([frame.label for frame in some], np.int64)
    source = f"raw frames, test split of {recipe.data.source}"
    return some, Samples(source, (inputs,), labels if classes else None, class_names=classes)
