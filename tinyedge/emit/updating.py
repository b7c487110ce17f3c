"""What firmware with the feature ``update`` has of its model and its keys."""

from __future__ import annotations

from tinyedge import monocypher
from tinyedge.compile.plan import Plan
from tinyedge.emit import carray, image
from tinyedge.emit.render import render
from tinyedge.emit.view import UpdateView
from tinyedge.graph.types import Graph
from tinyedge.link import protocol

MOST_VECTORS = 8
"""For which a slot in RAM has room."""
_STEP = 32


def slot_bytes(graph: Graph, plan: Plan) -> int:
    """Room that a package of the model needs."""
    vector = sum(tensor.bytes for tensor in (*graph.inputs, *graph.outputs))
    room = protocol.SLOT_HEAD + len(image.make(graph, plan).data) + MOST_VECTORS * vector
    return -(-room // _STEP) * _STEP


def files(graph: Graph, plan: Plan, key: bytes) -> dict[str, str]:
    """Return path in the firmware folder -> text. ``key``: the public one, 32 bytes."""
    view = UpdateView(key=carray.rows(key), slot_bytes=slot_bytes(graph, plan))
    return {
        "update/te_keys.h": render("update/te_keys.h.j2", view),
        "update/te_slot_bytes.h": render("update/te_slot_bytes.h.j2", view),
        **{f"update/{name}": text for name, text in monocypher.sources().items()},
    }
