"""A graph with inputs and the answers that TensorFlow Lite Micro gives to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.support.graph_writer import to_tflite
from tests.support.random_graph import random_inputs, random_model
from tinyedge.compile import Optimize, Options
from tinyedge.graph import read_tflite
from tinyedge.graph.types import Array, Graph
from tinyedge.oracle import Oracle

VECTORS = 3  # input sets a graph


@dataclass(frozen=True, eq=False)
class Case:
    """``inputs`` and ``answers``: a list of arrays for each vector. ``options``: the compiler's."""

    name: str
    tflite: bytes
    graph: Graph
    inputs: tuple[list[Array], ...]
    answers: tuple[list[Array], ...]
    options: Options = field(default_factory=Options)


@dataclass(frozen=True)
class Failure:
    """What a case did instead of answering as it should."""

    case: Case
    text: str


def draw(seed: int, optimize: Optimize | None = None) -> Case:
    """Return the case of ``seed``. ``optimize`` None: speed for most seeds, size for some."""
    data = random_model(seed)
    graph = read_tflite.read(data, f"seed_{seed}")
    strips = (None, None, 1, 3)[seed % 4]
    mixed: Optimize = "size" if seed % 3 == 2 else "speed"
    options = Options(strips=strips, optimize=optimize or mixed)
    return _case(graph.name, data, random_inputs(graph, seed, VECTORS), options)


def of(graph: Graph, inputs: Sequence[list[Array]], options: Options) -> Case:
    """Return the case of a graph that exists in memory only."""
    return _case(graph.name, to_tflite(graph), inputs, options)


def _case(name: str, data: bytes, inputs: Sequence[list[Array]], options: Options) -> Case:
    oracle = Oracle(data, name)
    answers = tuple(oracle.run(vector) for vector in inputs)
    return Case(name, data, read_tflite.read(data, name), tuple(inputs), answers, options)
