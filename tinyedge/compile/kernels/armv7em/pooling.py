"""MAX_POOL_2D and AVERAGE_POOL_2D, four or eight channels at a time."""

from __future__ import annotations

from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.params import AveragePool, MaxPool, Pool
from tinyedge.compile.plan import FieldValue, Instance

#: so many bytes of 255 fit a lane of 16 bits
_MOST_PIXELS = 257


def applies(params: Pool) -> bool:
    """Whether the kernels here take the layer."""
    channels = params.input_shape[3]
    if params.input_shape[0] != 1 or channels % 4:
        return False
    if isinstance(params, AveragePool):
        return channels >= 8 and params.window[0] * params.window[1] <= _MOST_PIXELS
    return isinstance(params, MaxPool)


def instructions(params: Pool) -> int:
    """Estimated instructions: see pool.S and pool.c."""
    _, height, width, channels = params.output_shape
    pixels = params.window[0] * params.window[1]
    if isinstance(params, MaxPool):
        return height * width * (40 + max(1, pixels - 1) * (35 + channels // 4 * 6))
    return height * width * (50 + -(-channels // 8) * (150 + 8 * pixels + 4 * params.window[0]))


def kernel(params: Pool) -> Instance:
    """The kernel's instantiation."""
    if isinstance(params, AveragePool):
        return instance("te_sum_8", "te_sum")
    return instance("te_max_words", "te_max")


def fields(params: Pool) -> tuple[tuple[str, FieldValue], ...]:
    """The members of ``te_v7em_pool_params``."""
    return (
        ("sum" if isinstance(params, AveragePool) else "max", kernel(params)),
        ("input_height", params.input_shape[1]),
        ("input_width", params.input_shape[2]),
        ("output_height", params.output_shape[1]),
        ("output_width", params.output_shape[2]),
        ("channels", params.input_shape[3]),
        ("height", params.window[0]),
        ("width", params.window[1]),
        ("stride_y", params.stride[0]),
        ("stride_x", params.stride[1]),
        ("top", params.padding[0]),
        ("left", params.padding[1]),
        ("low", params.low + 128),
        ("high", params.high + 128),
    )
