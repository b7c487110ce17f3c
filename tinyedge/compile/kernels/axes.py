"""The two axes of a depthwise convolution, either of which a kernel may run along."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.compile.params import DepthwiseConv2D


@dataclass(frozen=True)
class Axis:
    """Where a row of a channel's inputs and outputs lies; ``steps`` are in bytes."""

    inputs: int
    outputs: int
    taps: int
    stride: int
    padding: int
    input_step: int
    output_step: int

    @property
    def length(self) -> int:
        """Inputs that windows read, padding included."""
        return (self.outputs - 1) * self.stride + self.taps

    @property
    def copied(self) -> int:
        """Inputs that windows read."""
        return min(self.inputs, self.length - self.padding)


def axes(params: DepthwiseConv2D) -> tuple[Axis, Axis]:
    """Down and along, as tensors lie."""
    channels = params.input_shape[3]
    sizes = zip(
        params.input_shape[1:3],
        params.output_shape[1:3],
        params.filter.shape[:2],
        params.stride,
        params.padding,
        (params.input_shape[2] * channels, channels),
        (params.output_shape[2] * channels, channels),
        strict=True,
    )
    down, along = (Axis(*(int(size) for size in axis)) for axis in sizes)
    return down, along
