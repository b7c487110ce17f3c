"""Channels (indexes of a tensor's last axis): which ones go together, and how to cut some out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinyedge.graph.ops import (
    Binary,
    Concatenation,
    DepthwiseConv2D,
    Elementwise,
    Mean,
    Pad,
    Pool2D,
    Reshape,
    Resize,
    Split,
    StridedSlice,
    Transpose,
)
from tinyedge.graph.types import Op, Tensor

# Operators of one input that may leave its channels where they are.
_ONE_INPUT = (Elementwise, Mean, Pad, Pool2D, Resize, StridedSlice, Transpose)

Mask = NDArray[np.bool_]
Indexes = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Tie:
    """Channel ``at[i]`` of ``tensor`` and ``other_at[i]`` of ``other`` stay or go together."""

    tensor: Tensor
    at: Indexes
    other: Tensor
    other_at: Indexes


def count(tensor: Tensor) -> int:
    """Channels of ``tensor``."""
    return tensor.shape[-1] if tensor.shape else 1


def ties(op: Op) -> tuple[Tie, ...]:
    """What ``op`` ties between its inputs and its output.

    An operator that mixes channels, or that is not known here, ties none.
    """
    output = op.outputs[0]
    tied: tuple[Tie, ...] = ()
    match op:
        case DepthwiseConv2D():
            channels = np.arange(count(output))
            tied = (Tie(op.inputs[0], channels // op.depth_multiplier, output, channels),)
        case Concatenation() if op.axis == len(output.shape) - 1:
            tied = tuple(_side_by_side(op.inputs, output))
        case Split():
            tied = _parts(op)
        case Reshape():
            tied = (_reshaped(op.inputs[0], output),)
        case _ if isinstance(op, _ONE_INPUT) and _keeps_channels(op):
            tied = _straight(op.inputs[:1], output)
        case Binary() | Concatenation():
            tied = _straight(op.inputs, output)
    return tied


def _keeps_channels(op: Op) -> bool:
    """Whether the last axis goes through an operator of one input as it is."""
    last = len(op.inputs[0].shape) - 1
    match op:
        case Mean():
            return last not in op.axes
        case Pad():
            return op.before[-1] == op.after[-1] == 0
        case StridedSlice():
            whole = op.sizes[last] == op.inputs[0].shape[last]
            return whole and op.stride[last] == 1 and last not in op.shrunk
        case Transpose():
            return op.permutation[-1] == last
        case _:
            return True


def _straight(inputs: Iterable[Tensor], output: Tensor) -> tuple[Tie, ...]:
    """Tie equal indexes; an input that is broadcast along the last axis is not tied."""
    every = np.arange(count(output))
    return tuple(Tie(t, every, output, every) for t in inputs if count(t) == len(every))


def _parts(op: Split) -> tuple[Tie, ...]:
    """Tie each output to its part of the input."""
    source = op.inputs[0]
    if op.axis != len(source.shape) - 1:
        return tuple(tie for part in op.outputs for tie in _straight((source,), part))
    ties = _side_by_side(op.outputs, source)
    return tuple(Tie(tie.other, tie.other_at, tie.tensor, tie.at) for tie in ties)


def _side_by_side(inputs: Iterable[Tensor], output: Tensor) -> Iterator[Tie]:
    start = 0
    for tensor in inputs:
        every = np.arange(count(tensor))
        yield Tie(tensor, every, output, start + every)
        start += len(every)


def _reshaped(tensor: Tensor, output: Tensor) -> Tie:
    """Element i lies in channel i mod n of either side; all channels that meet are tied."""
    elements = np.arange(tensor.elements)
    pairs = np.unique(np.stack([elements % count(tensor), elements % count(output)]), axis=1)
    return Tie(tensor, pairs[0], output, pairs[1])


def cut(tensor: Tensor, masks: dict[int, Mask]) -> Tensor:
    """``tensor`` with only the indexes of ``masks`` left along each axis named."""
    if all(mask.all() for mask in masks.values()):
        return tensor
    shape, data, quant = list(tensor.shape), tensor.data, tensor.quant
    for axis, mask in masks.items():
        shape[axis] = int(mask.sum())
        if data is not None:
            data = np.compress(mask, data, axis=axis)
        if quant is not None and quant.per_channel and quant.axis == axis:
            chosen = np.flatnonzero(mask)
            quant = replace(
                quant,
                scales=tuple(quant.scales[i] for i in chosen),
                zero_points=tuple(quant.zero_points[i % len(quant.zero_points)] for i in chosen),
            )
    if data is not None:
        data = np.ascontiguousarray(data)
        data.flags.writeable = False
    return replace(tensor, shape=tuple(shape), data=data, quant=quant)
