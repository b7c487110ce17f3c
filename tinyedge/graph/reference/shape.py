"""RESHAPE and the like, PAD, PADV2 and CONCATENATION: elements move, none changes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinyedge.graph.ops import Concatenation, Pad, Reshape
from tinyedge.graph.types import Array


def reshape(op: Reshape, inputs: Sequence[Array]) -> Array:
    """The same elements in the output's shape."""
    return inputs[0].reshape(op.outputs[0].shape)


def pad(op: Pad, inputs: Sequence[Array]) -> Array:
    """``op.value`` around the input."""
    amounts = list(zip(op.before, op.after, strict=True))
    return np.pad(inputs[0], amounts, constant_values=op.value)


def concatenation(op: Concatenation, inputs: Sequence[Array]) -> Array:
    """All inputs one after the other along ``op.axis``."""
    return np.concatenate(inputs, axis=op.axis)
