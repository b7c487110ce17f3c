"""How the portable kernels want their constants, and what their windows let overlap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile import params as p
from tinyedge.compile.kernels.base import Overlap
from tinyedge.compile.plan import Constant, FieldValue

Fields = tuple[tuple[str, FieldValue], ...]
#: output channels that one weight block serves
BLOCK = 4


def round_up(value: int, step: int) -> int:
    """Smallest multiple of ``step`` that is not below ``value``."""
    return -(-value // step) * step


def channel_blocks(filters: NDArray[np.int8], block: int = BLOCK) -> NDArray[np.int8]:
    """[channel, ...] -> [channel / block, ..., block], missing channels zero; flat."""
    channels = filters.shape[0]
    flat = filters.reshape(channels, -1)
    padded = np.zeros((round_up(channels, block), flat.shape[1]), np.int8)
    padded[:channels] = flat
    return padded.reshape(-1, block, flat.shape[1]).transpose(0, 2, 1).reshape(-1)


def output_stage(
    filters: NDArray[np.int8], bias: p.Int32Array, input_zero_point: int, requant: p.Requantization
) -> Fields:
    """Fields of ``te_output_stage`` for ``filters`` [channel, ...]."""
    channels = filters.shape[0]
    sums = filters.reshape(channels, -1).sum(axis=1, dtype=np.int64)
    folded = bias.astype(np.int64) - input_zero_point * sums
    return (
        ("stage.bias", Constant("bias", _padded(folded.astype(np.int32)))),
        ("stage.multiplier", Constant("multiplier", _padded(requant.multipliers))),
        ("stage.shift", Constant("shift", _padded(requant.shifts.astype(np.int8)))),
        ("stage.zero_point", requant.zero_point),
        ("stage.low", requant.low),
        ("stage.high", requant.high),
    )


def _padded(values: NDArray[np.generic]) -> NDArray[np.generic]:
    return np.pad(values, (0, round_up(len(values), BLOCK) - len(values)))


def window(
    q: p.Conv2D | p.DepthwiseConv2D | p.TransposeConv | p.Pool,
    size: tuple[int, int],
    dilation: tuple[int, int],
) -> Fields:
    """Fields of ``te_window``."""
    values = {
        "batches": q.input_shape[0],
        "input_height": q.input_shape[1],
        "input_width": q.input_shape[2],
        "output_height": q.output_shape[1],
        "output_width": q.output_shape[2],
        "height": size[0],
        "width": size[1],
        "stride_y": q.stride[0],
        "stride_x": q.stride[1],
        "dilation_y": dilation[0],
        "dilation_x": dilation[1],
        "pad_top": q.padding[0],
        "pad_left": q.padding[1],
    }
    return tuple((f"window.{name}", value) for name, value in values.items())


def first_inputs(
    input_shape: p.Shape4, output_shape: p.Shape4, stride: tuple[int, int], padding: tuple[int, int]
) -> NDArray[np.int64]:
    """For each output pixel the first input byte that it, or a later one, reads."""
    _, height, width, channels = input_shape
    batches, out_height, out_width, _ = output_shape
    first_y = np.clip(np.arange(out_height) * stride[0] - padding[0], 0, height - 1)
    first_x = np.clip(np.arange(out_width) * stride[1] - padding[1], 0, width - 1)
    first = (first_y[:, None] * width + first_x[None, :]).reshape(-1).astype(np.int64)
    images = np.arange(batches, dtype=np.int64)[:, None] * (height * width)
    needed = (images + first).reshape(-1) * channels
    # a later pixel may start left of an earlier one
    earliest: NDArray[np.int64] = np.minimum.accumulate(needed[::-1])[::-1]
    return earliest


def window_lead(
    input_shape: p.Shape4, output_shape: p.Shape4, stride: tuple[int, int], padding: tuple[int, int]
) -> int:
    """Bytes that the input must start behind the output, if windows run forwards pixel by pixel.

    When output pixel i is written, i + 1 pixels are, and no input byte before the first that
    pixel i, or a later one, reads is needed any more. The largest difference is what must lie
    between the two.
    """
    needed = first_inputs(input_shape, output_shape, stride, padding)
    written = (np.arange(needed.size, dtype=np.int64) + 1) * output_shape[3]
    return max(0, int((written - needed).max()))


def block_lead(
    input_shape: p.Shape4,
    output_shape: p.Shape4,
    stride: tuple[int, int],
    padding: tuple[int, int],
    pixels: int,
) -> int:
    """The same, if the windows of so many pixels are copied before any of them is written."""
    needed = first_inputs(input_shape, output_shape, stride, padding)[::pixels]
    written = np.arange(1, needed.size, dtype=np.int64) * pixels * output_shape[3]
    return max(0, int((written - needed[1:]).max(initial=0)))


def gather_overlap(positions: NDArray[np.int64]) -> Overlap:
    """How output and input may lie, if byte i of the output is byte ``positions[i]`` of the input.

    When byte i is written, those of the positions behind i are still to be read.
    """
    if len(positions) < 2:
        return Overlap(lead=0, lag=0)
    written = np.arange(len(positions) - 1, dtype=np.int64)
    first = np.minimum.accumulate(positions[:0:-1])[::-1]
    last = np.maximum.accumulate(positions[:0:-1])[::-1]
    lead, lag = (written + 1 - first).max(), (last + 1 - written).max()
    return Overlap(max(0, int(lead)), max(0, int(lag)))
