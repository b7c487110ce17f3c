"""Everything of a firmware folder: {relative path: text}."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tinyedge.board import Board
from tinyedge.compile.options import Optimize
from tinyedge.compile.plan import Plan
from tinyedge.emit import aot, board_files, esp_idf, mlperf, tflm
from tinyedge.emit.features import LEARN, LOCKED, MARK, UPDATE, Feature, chosen
from tinyedge.emit.mlperf import Protocol
from tinyedge.errors import ConfigError
from tinyedge.graph.types import Graph


def render(
    graph: Graph,
    plan: Plan | None,
    board: Board,
    runtime: str,
    tflite: bytes,
    *,
    optimize: Optimize = "speed",
    protocol: Protocol = "tinyedge",
    features: Sequence[str] = (),
    sources: Mapping[str, str | bytes] | None = None,
) -> dict[str, str | bytes]:
    """Return the whole folder for ``board``; ``plan`` is needed by the runtime ``aot`` alone.

    ``optimize``: what the C compiler aims at. ``protocol``: what the firmware speaks.
    ``features``: names of optional ones (tinyedge/emit/features.py). ``sources``: files that they
    need of the model's, which are compiled, too.

    Same arguments, same bytes. Raises ConfigError for a board without a port and ModelError for
    what the runtime cannot express.
    """
    selected = _selected(features, board, runtime, protocol)
    if runtime == "tflm" and board.port == "host":
        return _for_the_wheel(graph.name, tflite, board, protocol)
    files: dict[str, str | bytes] = {
        **board_files.files(board, optimize if runtime == "aot" else "speed", protocol, selected)
    }
    files |= sources or {}
    if protocol != "tinyedge":
        files["include/te_mlperf.h"] = mlperf.header(graph, board, protocol)
    if runtime == "aot":
        assert plan is not None
        files |= aot.render(graph, plan, tflite, replaceable=UPDATE in selected)
    else:
        files |= tflm.render(graph, board, tflite, replaceable=UPDATE in selected)
    if esp_idf.is_project(board):
        return files | esp_idf.files(board, runtime, files, optimize)
    arch = tflm.makefile_arch(board) if runtime == "tflm" else ""
    return files | {"Makefile": board_files.makefile(board, files, arch, optimize)}


def _for_the_wheel(
    name: str, tflite: bytes, board: Board, protocol: Protocol
) -> dict[str, str | bytes]:
    """On the host the official wheel's interpreter runs the file itself."""
    if protocol != "tinyedge":
        raise ConfigError(
            f"{board.id}: TensorFlow Lite Micro's wheel does not speak {protocol}",
            "choose --runtime aot, or another board",
        )
    return {f"model/{re.sub(r'[^A-Za-z0-9._-]', '-', name)}.tflite": tflite}


def _selected(
    names: Sequence[str], board: Board, runtime: str, protocol: Protocol
) -> tuple[Feature, ...]:
    """The features, in an application that can have them."""
    found = chosen(names)
    listed = ", ".join(feature.name for feature in found)
    if found and protocol != "tinyedge":
        raise ConfigError(
            f"firmware that speaks {protocol} has no features ({listed})",
            "leave out --feature and --device-key",
        )
    if found and runtime == "tflm" and board.port == "host":
        raise ConfigError(
            f"{board.id}: TensorFlow Lite Micro's wheel has no features ({listed})",
            "choose --runtime aot, or another board",
        )
    for feature in found:
        if feature.aot_only and runtime != "aot":
            raise ConfigError(f"{runtime} has no feature {feature.name}", "choose --runtime aot")
        if feature.floats and not board_files.has_floats(board):
            raise ConfigError(
                f"{board.id}: its compiler brings no floating point, which {feature.name} needs",
                "leave out the feature, or choose another board",
            )
    if LEARN in found and LOCKED in found:
        raise ConfigError(
            "a locked device does not learn: its answers while it trains tell what layers write",
            "leave out one of the features learn and locked; what another device has learned comes "
            'to a locked one as a package ("tinyedge package")',
        )
    if MARK in found:
        mlperf.require_mark(board)
    return found
