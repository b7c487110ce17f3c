"""DS-CNN for keyword spotting (Zhang et al., 2017), as MLPerf Tiny has it, without its dropout."""

from __future__ import annotations

from typing import Any

from tinyedge import config
from tinyedge.recipe import Count
from tinyedge.train.architectures.layers import Shape, conv, depthwise, head, require_size
from tinyedge.train.architectures.scale import Axis, Scale

SCALE = Scale(
    Axis("filters", default=64, least=4, most=512, step=4),
    Axis("blocks", default=4, least=1, most=8, step=1),
)


class Parameters(config.Table, frozen=True, kw_only=True):
    """``filters`` of each layer, ``blocks`` of depthwise and pointwise convolution."""

    filters: Count = 64
    blocks: Count = 4


def check(parameters: Parameters, shape: Shape) -> None:  # noqa: ARG001 - every network has it
    """Raise ValueError if the picture is smaller than its stride."""
    require_size(shape, 4)


def build(keras: Any, parameters: Parameters, shape: Shape, classes: int) -> Any:
    """Return the uncompiled model; rows of the input are time, columns are bands."""
    inputs = keras.layers.Input(shape, name="input")
    x = conv(keras, inputs, parameters.filters, (10, 4), "stem", stride=(2, 2))
    for number in range(1, parameters.blocks + 1):
        x = depthwise(keras, x, 3, f"block{number}")
        x = conv(keras, x, parameters.filters, 1, f"block{number}_point")
    return keras.Model(inputs, head(keras, x, classes), name="ds_cnn")
