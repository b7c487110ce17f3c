"""The tflm runtime: a model as an array, its operators, and TFLM's arena, for the templates."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from tinyedge import __version__, resources
from tinyedge.board import Board
from tinyedge.emit import carray, tflm_image
from tinyedge.emit.render import render as render_template
from tinyedge.emit.tflm_arena import plan_arena
from tinyedge.emit.tflm_operators import Operator, operators
from tinyedge.errors import ConfigError
from tinyedge.graph.types import Graph

_FOLDER = "runtime/tflm"
_NAME_BYTES = 63  # of te_model_info.name, less its end
_PLAIN = ("tflm_model.cc", "tflm_model.h", "tflm_port.cc", "tflm_port.h")
_IMAGE = ("tflm_image.cc", "tflm_image.h")

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
class TflmView:
    """What model.cc.j2 and model_data.cc.j2 print. Rows are lines of a C array."""

    title: str
    generator: str
    name: str
    identifier: str
    replaceable: bool
    headers: tuple[str, ...]
    fixed: str
    constant: str
    constants_crc: str
    sha256: tuple[str, ...]
    tflite_bytes: int
    data: tuple[str, ...]
    arena_bytes: int
    external_arena: bool
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    operators: tuple[Operator, ...]


def view(graph: Graph, board: Board, tflite: bytes, *, replaceable: bool = False) -> TflmView:
    """Return everything that differs from model to model and board to board."""
    identifier = carray.identifier(graph.name)
    array = f"g_{identifier}_model_data, {len(tflite)}"
    constants = tflm_image.make(graph, board, tflite).data if replaceable else tflite
    return TflmView(
        title=carray.comment(graph.name),
        generator=__version__,
        name=carray.string(graph.name.encode()[:_NAME_BYTES].decode(errors="ignore")),
        identifier=identifier,
        replaceable=replaceable,
        headers=("image.h", "te_model.h", "tflm_image.h") if replaceable else ("te_model.h",),
        fixed="" if replaceable else "const ",
        constant="te_image, TE_IMAGE_BYTES" if replaceable else array,
        constants_crc=carray.word(zlib.crc32(constants)),
        sha256=carray.rows(bytes.fromhex(graph.sha256)),
        tflite_bytes=len(tflite),
        data=carray.rows(tflite),
        arena_bytes=plan_arena(graph, board, tflite).arena_bytes,
        external_arena=board.esp is not None and board.esp.psram != "none",
        inputs=tuple(carray.tensor_info(tensor) for tensor in graph.inputs),
        outputs=tuple(carray.tensor_info(tensor) for tensor in graph.outputs),
        operators=operators(tflite, graph.name),
    )


def supports(board: Board) -> bool:
    """Whether the runtime can be built for the board (its memory aside)."""
    return board.cpu.core in _ARCHES or board.port == "host" or board.build.toolchain == "esp-idf"


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


def render(
    graph: Graph, board: Board, tflite: bytes, *, replaceable: bool = False
) -> dict[str, str]:
    """Return the runtime's and the model's C++ sources: path in the firmware folder -> text.

    ``replaceable``: the file is in an image (emit/updating.py), and te_model_bind takes another.
    """
    shown = view(graph, board, tflite, replaceable=replaceable)
    folder = resources.root("firmware_templates") / _FOLDER
    plain = (*_PLAIN, *_IMAGE) if replaceable else _PLAIN
    files = {f"runtime/{name}": (folder / name).read_text() for name in plain}
    for name in ("model.cc",) if replaceable else ("model.cc", "model_data.cc"):
        files[f"model/{name}"] = render_template(f"{_FOLDER}/{name}.j2", shown)
    return files
