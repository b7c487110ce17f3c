"""Convolutions along a single column, seen as along a single row: rows are what kernels are for."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from tinyedge.compile.params import Conv2D, Shape4


@cache
def upright(params: Conv2D) -> Conv2D:
    """A convolution along a single column, seen as one along a single row."""
    if params.input_shape[2] != 1 or params.filter.shape[2] != 1 or params.padding[1] != 0:
        return params
    return replace(
        params,
        input_shape=swapped(params.input_shape),
        output_shape=swapped(params.output_shape),
        filter=params.filter.swapaxes(1, 2),
        stride=params.stride[::-1],
        dilation=params.dilation[::-1],
        padding=params.padding[::-1],
    )


def swapped(shape: Shape4) -> Shape4:
    """Height and width exchanged."""
    return shape[0], shape[2], shape[1], shape[3]
