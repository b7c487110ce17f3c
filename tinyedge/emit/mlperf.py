"""What firmware that speaks the MLPerf Tiny protocol must know of its model."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from tinyedge.board import Board
from tinyedge.emit.render import render
from tinyedge.errors import ConfigError, ModelError
from tinyedge.graph.types import DType, Graph

Protocol = Literal["tinyedge", "mlperf", "mlperf-energy"]
PROTOCOLS: tuple[Protocol, ...] = ("tinyedge", "mlperf", "mlperf-energy")
ENERGY_BAUD = 9600
"""In energy mode the benchmark lets a device be spoken to through level shifters."""
_TEXT = frozenset({"app/mlperf.c", "app/mlperf_text.c", "app/mlperf_text.h"})
APP: dict[Protocol, frozenset[str]] = {
    "tinyedge": frozenset({"app/command.c", "app/frame.c", "app/inference.c"}),
    "mlperf": _TEXT,
    "mlperf-energy": _TEXT,
}
"""Files of the application that not all protocols need."""


@dataclass(frozen=True)
class MlperfView:
    """What te_mlperf.h.j2 prints.

    ``step``: thousandths of a step of the output, times 2^32, so that printing takes no floating
    point. ``error``: the result is an error, not the outputs. ``energy``: time stamps are edges of
    a pin.
    """

    model: str
    input: Literal["int8", "uint8", "float32"]
    bytes: int
    step: int
    error: bool = False
    energy: bool = False


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


def spoken(board: Board, protocol: Protocol) -> Board:
    """The board as firmware that speaks ``protocol`` is reached: energy mode has a baud rate.

    Raises ConfigError if it needs a pin that the board does not name.
    """
    if protocol != "mlperf-energy":
        return board
    require_mark(board)
    link = msgspec.structs.replace(board.link, baud=ENERGY_BAUD)
    return msgspec.structs.replace(board, link=link)


def require_mark(board: Board) -> None:
    """Raise ConfigError unless the board names the pin that tells a power monitor what runs."""
    if not board.marks:
        raise ConfigError(
            f"{board.id}: no pin marks what runs",
            "write peripherals.mark_pin in the board's file, where its port has one",
        )


def header(graph: Graph, board: Board, protocol: Protocol = "mlperf") -> str:
    """te_mlperf.h. Raises ConfigError where the board cannot compute on real inputs."""
    seen = replace(view(graph), energy=protocol == "mlperf-energy")
    if seen.input == "float32" and board.build.toolchain == "clang-22":
        raise ConfigError(
            f"{board.id}: its compiler has no floating point, which {seen.model} needs",
            "choose another board",
        )
    return render("include/te_mlperf.h.j2", seen)
