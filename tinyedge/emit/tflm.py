"""The tflm runtime: a model as an array, its operators, and TFLM's arena, for the templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tinyedge import __version__, resources
from tinyedge.board import Board
from tinyedge.emit import carray
from tinyedge.emit.render import render as render_template
from tinyedge.emit.tflm_arena import plan_arena
from tinyedge.errors import ConfigError, ModelError
from tinyedge.graph import container
from tinyedge.graph.types import Graph

_FOLDER = "runtime/tflm"
_NAME_BYTES = 63  # of te_model_info.name, less its end
_PLAIN = ("tflm_model.cc", "tflm_model.h", "tflm_port.cc", "tflm_port.h")

# Operator -> MicroMutableOpResolver's Add method, and the registration that holds int8 alone
# where TFLM has one. (Without an optimized kernel library its headers make that the general one.)
_METHODS: Mapping[str, tuple[str, str]] = {
    "ADD": ("Add", "ADD_INT8"),
    "AVERAGE_POOL_2D": ("AveragePool2D", "AVERAGE_POOL_2D_INT8"),
    "CONCATENATION": ("Concatenation", ""),
    "CONV_2D": ("Conv2D", "CONV_2D_INT8"),
    "DEPTHWISE_CONV_2D": ("DepthwiseConv2D", "DEPTHWISE_CONV_2D_INT8"),
    "DEQUANTIZE": ("Dequantize", ""),
    "FULLY_CONNECTED": ("FullyConnected", "FULLY_CONNECTED_INT8"),
    "LOGISTIC": ("Logistic", ""),
    "MAX_POOL_2D": ("MaxPool2D", "MAX_POOL_2D_INT8"),
    "MEAN": ("Mean", ""),
    "MUL": ("Mul", "MUL_INT8"),
    "PAD": ("Pad", "PAD_INT8"),
    "PADV2": ("PadV2", ""),
    "QUANTIZE": ("Quantize", ""),
    "RELU": ("Relu", ""),
    "RELU6": ("Relu6", ""),
    "RESHAPE": ("Reshape", ""),
    "SOFTMAX": ("Softmax", "SOFTMAX_INT8"),
}


_ARCHES = {
    "cortex-m0": "cortex-m0",
    "cortex-m0plus": "cortex-m0plus",
    "cortex-m3": "cortex-m3",
    "cortex-m33": "cortex-m33",
    "cortex-m4": "cortex-m4",
    "cortex-m4f": "cortex-m4+fp",
    "cortex-m55": "cortex-m55",
    "cortex-m7": "cortex-m7",
    "cortex-m7f": "cortex-m7+fp",
}


@dataclass(frozen=True)
class Operator:
    """One line of the resolver: ``Add<method>(<registration>)``."""

    method: str
    registration: str


@dataclass(frozen=True)
class TflmView:
    """What model.cc.j2 and model_data.cc.j2 print. Rows are lines of a C array."""

    title: str
    generator: str
    name: str
    identifier: str
    sha256: tuple[str, ...]
    tflite_bytes: int
    data: tuple[str, ...]
    arena_bytes: int
    external_arena: bool
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    operators: tuple[Operator, ...]


def operators(tflite: bytes, name: str) -> tuple[Operator, ...]:
    """Return each operator that the file uses, once, in the order of TFLM's names.

    They are read from the file: in a Graph, PADV2 is a PAD. Raises ModelError for an operator
    that the runtime does not register.
    """
    found = {_method(name, raw.index, raw.name) for raw in container.read(tflite, name).operators}
    return tuple(sorted(found, key=lambda operator: operator.method))


def view(graph: Graph, board: Board, tflite: bytes) -> TflmView:
    """Return everything that differs from model to model and board to board."""
    return TflmView(
        title=carray.comment(graph.name),
        generator=__version__,
        name=carray.string(graph.name.encode()[:_NAME_BYTES].decode(errors="ignore")),
        identifier=carray.identifier(graph.name),
        sha256=carray.rows(bytes.fromhex(graph.sha256)),
        tflite_bytes=len(tflite),
        data=carray.rows(tflite),
        arena_bytes=plan_arena(graph, board, tflite).arena_bytes,
        external_arena=board.esp is not None and board.esp.psram != "none",
        inputs=tuple(carray.tensor_info(tensor) for tensor in graph.inputs),
        outputs=tuple(carray.tensor_info(tensor) for tensor in graph.outputs),
        operators=operators(tflite, graph.name),
    )


def makefile_arch(board: Board) -> str:
    """Return what TFLM's own makefile calls the board's core (TARGET_ARCH).

    Raises ConfigError for a core that its target cortex_m_generic does not know.
    """
    if board.cpu.core not in _ARCHES:
        raise ConfigError(
            f"{board.id}: the tflm runtime is not built for {board.cpu.core}",
            f"use the runtime aot, or a board with one of: {', '.join(_ARCHES)}",
        )
    return _ARCHES[board.cpu.core]


def render(graph: Graph, board: Board, tflite: bytes) -> dict[str, str]:
    """Return the runtime's and the model's C++ sources: path in the firmware folder -> text."""
    shown = view(graph, board, tflite)
    folder = resources.root("firmware_templates") / _FOLDER
    files = {f"runtime/{name}": (folder / name).read_text() for name in _PLAIN}
    for name in ("model.cc", "model_data.cc"):
        files[f"model/{name}"] = render_template(f"{_FOLDER}/{name}.j2", shown)
    return files


def _method(name: str, index: int, kind: str) -> Operator:
    if kind not in _METHODS:
        raise ModelError(
            f"{name}: the tflm runtime does not register operator {index} {kind}",
            "registered are " + ", ".join(sorted(_METHODS)),
        )
    method, registration = _METHODS[kind]
    return Operator(method, f"tflite::Register_{registration}()" if registration else "")
