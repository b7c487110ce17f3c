"""A .tflite as an image that may take another's place in firmware with the runtime tflm.

An image is the SHA-256 of the file, the bytes of arena that its board was planned to need, and the
file. What the firmware must have for it is the architecture: the resolver's operators, inputs and
outputs. Layers may differ in size and number, for the device compares the arena with its own.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from tinyedge.board import Board
from tinyedge.emit.tflm_arena import plan_arena
from tinyedge.emit.tflm_operators import operators
from tinyedge.errors import ConfigError
from tinyedge.graph.types import Graph

BODY_AT = 48
"""TE_IMAGE_BODY_AT: where the file begins, aligned to 16."""
_HEAD = struct.Struct("<32sI12x")
FORMAT = 1
"""Raised when an image would be read in another way."""


@dataclass(frozen=True, eq=False)
class Image:
    """``data``: the bytes. ``architecture``: SHA-256 of what must be equal, 32 bytes."""

    data: bytes
    architecture: bytes


def make(graph: Graph, board: Board, tflite: bytes) -> Image:
    """Return the image of ``tflite``. Raises ModelError for an operator that is not registered."""
    arena = plan_arena(graph, board, tflite).arena_bytes
    return Image(
        data=_HEAD.pack(bytes.fromhex(graph.sha256), arena) + tflite,
        architecture=_architecture(graph, tflite),
    )


def arena_bytes(data: bytes) -> int:
    """Bytes of arena that the image says it needs. Raises ConfigError for what is no image."""
    if len(data) <= BODY_AT:
        raise ConfigError(
            f"the package's content is of {len(data)} bytes, which hold no .tflite",
            'make the package again ("tinyedge package")',
        )
    return int(_HEAD.unpack_from(data)[1])


def holds(data: bytes, tflite: bytes) -> bool:
    """Whether ``data`` begins with an image of ``tflite``."""
    return data.startswith(tflite, BODY_AT)


def _architecture(graph: Graph, tflite: bytes) -> bytes:
    registered = [(one.method, one.registration) for one in operators(tflite, graph.name)]
    inputs, outputs = (
        [(tensor.dtype.value, tensor.shape) for tensor in tensors]
        for tensors in (graph.inputs, graph.outputs)
    )
    parts = ("tflm", FORMAT, registered, inputs, outputs)
    return hashlib.sha256(repr(parts).encode()).digest()
