"""What firmware with the feature ``update`` has of its model and its keys."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge import __version__
from tinyedge.board import Board
from tinyedge.compile.plan import Plan
from tinyedge.emit import authenticating, carray, image, tflm_image
from tinyedge.emit.render import render
from tinyedge.emit.view import ImageView, UpdateView
from tinyedge.graph.types import Graph
from tinyedge.link import payloads

MOST_VECTORS = 8
"""For which a slot in RAM has room."""
_STEP = 32
_TFLITE_SPARE = 512
"""By which another .tflite of the same layers may be larger: names, descriptions."""


@dataclass(frozen=True, eq=False)
class Replaceable:
    """The compiled-in model's image, and which others may take its place.

    ``architecture``: what must be equal, 32 bytes. ``body_at``: where its body begins.
    ``fixed``: all have the same size. ``head_scales``: arrays of heads.c and their elements.
    """

    data: bytes
    architecture: bytes
    body_at: int
    fixed: bool
    head_scales: tuple[tuple[str, int], ...] = ()


def replaceable(graph: Graph, plan: Plan | None, board: Board, tflite: bytes) -> Replaceable:
    """The model's image, for the runtime aot where there is a ``plan``, else for tflm."""
    if plan is None:
        file = tflm_image.make(graph, board, tflite)
        return Replaceable(file.data, file.architecture, tflm_image.BODY_AT, fixed=False)
    made = image.make(graph, plan)
    scales = tuple((name, count) for name, count, _ in made.head_scales)
    return Replaceable(made.data, made.architecture, image.NUMBERS_AT, True, scales)


def slot_bytes(graph: Graph, made: Replaceable) -> int:
    """Room that a package of the model needs."""
    vector = sum(tensor.bytes for tensor in (*graph.inputs, *graph.outputs))
    spare = 0 if made.fixed else _TFLITE_SPARE
    room = payloads.SLOT_HEAD + len(made.data) + spare + MOST_VECTORS * vector
    return -(-room // _STEP) * _STEP


def files(graph: Graph, made: Replaceable, key: bytes) -> dict[str, str]:
    """Return path in the firmware folder -> text. ``key``: the public one, 32 bytes."""
    view = UpdateView(key=carray.rows(key), slot_bytes=slot_bytes(graph, made))
    return {
        "update/te_keys.h": render("update/te_keys.h.j2", view),
        "update/te_slot_bytes.h": render("update/te_slot_bytes.h.j2", view),
        **authenticating.monocypher_files(),
        **image_files(graph.name, made),
    }


def image_files(name: str, made: Replaceable) -> dict[str, str]:
    """The compiled-in image, of the model ``name``."""
    size = len(made.data)
    view = ImageView(
        title=f"{carray.comment(name)}.tflite",
        generator=__version__,
        bytes=size,
        least=str(size if made.fixed else made.body_at + 1),
        most="TE_IMAGE_BYTES" if made.fixed else "UINT32_MAX",
        body_at=made.body_at,
        rows=carray.rows(made.data),
        architecture=carray.rows(made.architecture),
        head_scales=made.head_scales,
    )
    return {f"model/image.{kind}": render(f"update/image.{kind}.j2", view) for kind in ("c", "h")}
