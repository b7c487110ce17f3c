"""A .tflite file to a Graph."""

from __future__ import annotations

import hashlib

from tinyedge.errors import ModelError
from tinyedge.graph import container
from tinyedge.graph.ops.opaque import Opaque
from tinyedge.graph.parse import PARSERS, Site
from tinyedge.graph.types import Graph, Op


def read(data: bytes, name: str, *, allow_unsupported: bool = False) -> Graph:
    """Read the model ``data``; ``name`` is the graph's name and what errors call the file.

    An operator that tinyedge does not know is refused, or becomes :class:`Opaque` where
    ``allow_unsupported`` is set (to list a model, or to leave it to TensorFlow Lite Micro).
    Raises ModelError, naming tensor or operator and index, for a file that is damaged, has
    dynamic shapes or several subgraphs.
    """
    file = container.read(data, name)
    if file.variables and not allow_unsupported:
        index = min(file.variables)
        raise ModelError(
            f'{name}: tensor {index} "{file.tensors[index].name}" is a variable, kept between '
            "inferences",
            "TensorFlow Lite Micro may support it: try --runtime tflm",
        )
    with container.damage(name):
        ops = tuple(
            _operator(Site(file, raw, name), name, allow_unsupported) for raw in file.operators
        )
    return Graph(
        name=name,
        sha256=hashlib.sha256(data).hexdigest(),
        ops=ops,
        tensors=file.tensors,
        inputs=tuple(file.tensors[i] for i in file.inputs),
        outputs=tuple(file.tensors[i] for i in file.outputs),
    )


def _operator(site: Site, name: str, allow_unsupported: bool) -> Op:
    raw = site.raw
    parser = PARSERS.get(raw.code)
    if parser is not None:
        return parser(site)
    if allow_unsupported:
        return Opaque(raw.index, site.inputs, site.outputs, raw.name)
    written = ""
    if site.outputs:
        written = f', which writes tensor {site.outputs[0].index} "{site.outputs[0].name}"'
    raise ModelError(
        f"{name}: operator {raw.index} {raw.name}{written}, is not supported",
        "TensorFlow Lite Micro may have it: try --runtime tflm",
    )
