"""What firmware that speaks the MLPerf Tiny protocol must know of its model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from tinyedge.board import Board
from tinyedge.emit.render import render
from tinyedge.errors import ConfigError, ModelError
from tinyedge.graph.types import DType, Graph

Protocol = Literal["tinyedge", "mlperf"]
PROTOCOLS: tuple[Protocol, ...] = ("tinyedge", "mlperf")
APP: dict[Protocol, frozenset[str]] = {
    "tinyedge": frozenset({"app/command.c", "app/frame.c", "app/inference.c"}),
    "mlperf": frozenset({"app/mlperf.c", "app/mlperf_text.c", "app/mlperf_text.h"}),
}
"""Files of the application that one protocol alone needs."""


@dataclass(frozen=True)
class MlperfView:
    """What te_mlperf.h.j2 prints.

    ``step``: thousandths of a step of the output, times 2^32, so that printing takes no floating
    point. ``error``: the result is an error, not the outputs.
    """

    model: str
    input: Literal["int8", "uint8", "float32"]
    bytes: int
    step: int
    error: bool = False


_LARGEST_STEP = 1 << 55  # 255 of them fit 64 bits

#: elements of input and output -> the benchmark, and how its data set holds an input
_BENCHMARKS: dict[tuple[int, int], tuple[str, Literal["int8", "uint8", "float32"]]] = {
    (49 * 10, 12): ("kws01", "int8"),
    (32 * 32 * 3, 10): ("ic01", "uint8"),
    (96 * 96 * 3, 2): ("vww01", "uint8"),
    (640, 640): ("ad01", "float32"),
}


def view(graph: Graph) -> MlperfView:
    """Describe the model; one that is no benchmark takes int8 and is named as it is.

    Raises ModelError unless it has one int8 input and one int8 output.
    """
    ends = (*graph.inputs, *graph.outputs)
    if [tensor.dtype for tensor in ends] != [DType.INT8, DType.INT8] or len(graph.inputs) != 1:
        raise ModelError(
            f"{graph.name}: the MLPerf Tiny protocol needs one int8 input and one int8 output",
            "leave out --protocol mlperf",
        )
    elements = (graph.inputs[0].elements, graph.outputs[0].elements)
    name = re.sub(r"[^A-Za-z0-9._-]", "-", graph.name)
    model, kind = _BENCHMARKS.get(elements, (name, "int8"))
    size = elements[0] * (4 if kind == "float32" else 1)
    step = min(round(graph.outputs[0].q.scale * 1000 * 2**32), _LARGEST_STEP)
    return MlperfView(model, kind, size, step, error=model == "ad01")


def header(graph: Graph, board: Board) -> str:
    """te_mlperf.h. Raises ConfigError where the board cannot compute on real inputs."""
    seen = view(graph)
    if seen.input == "float32" and board.port == "xtensa_kc705":
        raise ConfigError(
            f"{board.id}: its core has no floating point, which {seen.model} needs",
            "choose another board",
        )
    return render("include/te_mlperf.h.j2", seen)
