"""Windows as the kernels' drivers read them."""

from __future__ import annotations

from tinyedge.compile import params as p
from tinyedge.compile.kernels.packing import Fields


def window(q: p.Conv2D | p.DepthwiseConv2D, size: tuple[int, int]) -> Fields:
    """Fields of ``te_rv32_window``; ``size``: rows and columns of the window."""
    values = {
        "input_height": q.input_shape[1],
        "input_width": q.input_shape[2],
        "output_height": q.output_shape[1],
        "output_width": q.output_shape[2],
        "input_channels": q.input_shape[3],
        "output_channels": q.output_shape[3],
        "height": size[0],
        "width": size[1],
        "stride_y": q.stride[0],
        "stride_x": q.stride[1],
        "dilation_y": q.dilation[0],
        "dilation_x": q.dilation[1],
        "top": q.padding[0],
        "left": q.padding[1],
    }
    return tuple((f"window.{name}", value) for name, value in values.items())
