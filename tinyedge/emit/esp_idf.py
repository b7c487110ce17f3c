"""An ESP-IDF project around the firmware's sources, for Espressif's chips."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from tinyedge import __version__
from tinyedge.board import Board
from tinyedge.board.tables import Esp
from tinyedge.compile.options import Optimize
from tinyedge.emit import flash_areas
from tinyedge.emit.board_files import WATCHDOG_S
from tinyedge.emit.render import render
from tinyedge.errors import ConfigError

TFLM_VERSION = "^1.4.0"
"""Of the component espressif/esp-tflite-micro; brings espressif/esp-nn along."""

KEPT = ("managed_components", "dependencies.lock")
"""What ESP-IDF's component manager downloads into the project, once."""

_FOLDER = "port/esp-idf"
_FILES = (
    "CMakeLists.txt",
    "main/CMakeLists.txt",
    "main/idf_component.yml",
    "partitions.csv",
    "sdkconfig.defaults",
)
_COMPILED = (".c", ".cc", ".S")


@dataclass(frozen=True)
class ProjectView:
    """What the project's templates print. Sizes in bytes."""

    id: str
    generator: str
    target: str
    clock_mhz: int
    flash_mb: int
    psram: str
    optimize: Optimize
    stack_bytes: int
    watchdog_s: int
    app_origin: int
    app_bytes: int
    areas: tuple[flash_areas.Area, ...]
    tflm: bool
    tflm_version: str
    sources: tuple[str, ...]
    includes: tuple[str, ...]


def is_project(board: Board) -> bool:
    """Whether firmware for ``board`` is an ESP-IDF project instead of a Makefile."""
    return board.build.toolchain == "esp-idf"


def files(
    board: Board, runtime: str, paths: Iterable[str], optimize: Optimize = "speed"
) -> dict[str, str]:
    """Return the project's own files for a firmware folder that holds ``paths``.

    Raises ConfigError if the board has no [esp] table.
    """
    view = project_view(board, runtime, paths, optimize)
    return {name: render(f"{_FOLDER}/{name}.j2", view) for name in _FILES}


def project_view(
    board: Board, runtime: str, paths: Iterable[str], optimize: Optimize = "speed"
) -> ProjectView:
    """Return what the templates print; sources and include folders are sorted."""
    esp = _esp(board)
    every = sorted(paths)
    headers = [PurePosixPath(path) for path in every if path.endswith((".h", ".inc"))]
    return ProjectView(
        id=board.id,
        generator=__version__,
        target=esp.target,
        clock_mhz=board.cpu.clock_hz // 1_000_000,
        flash_mb=esp.flash_mb,
        psram=esp.psram,
        optimize=optimize,
        stack_bytes=board.memory.stack_bytes,
        watchdog_s=WATCHDOG_S,
        app_origin=board.memory.flash.origin,
        app_bytes=board.memory.flash.bytes,
        areas=flash_areas.partitions(esp.flash_mb) if "port/flash.c" in every else (),
        tflm=runtime == "tflm",
        tflm_version=TFLM_VERSION,
        sources=tuple(path for path in every if path.endswith(_COMPILED)),
        includes=tuple(sorted({header.parent.as_posix() for header in headers})),
    )


def _esp(board: Board) -> Esp:
    if board.esp is None:
        raise ConfigError(
            f"{board.id}: toolchain esp-idf needs a table [esp]",
            'write e.g. [esp], target = "esp32", flash_mb = 4',
        )
    return board.esp
