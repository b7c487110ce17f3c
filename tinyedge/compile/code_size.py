"""Estimated bytes of code of a plan, before anything is compiled.

Each family's kernels are measured on its own core, with gcc 12.2 or, for Xtensa, LLVM 22; the
portable C, the model and the rest on a Cortex-M4, whatever the core: other cores' code is larger.
A test measures again. Weights and tables are not code.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tinyedge.compile.options import Optimize
from tinyedge.compile.plan import Instance
from tinyedge.compile.program import Node

if TYPE_CHECKING:
    from tinyedge.compile.kernels import Kernel

#: application, protocol, port and C library, at -O2 and at -Os
REST: dict[Optimize, int] = {"speed": 5_500, "size": 4_100}
#: core -> bytes of code that its compiler makes of the same C beyond the figures for a
#: Cortex-M4 here; measured with Debian 12's compilers on five networks, rounded up
MORE = {
    "cortex-m0": 1_400,
    "cortex-m0plus": 1_400,
    "rv32imc": 3_100,
    "rv32imac": 3_100,
    "xtensa-lx6": 7_200,
    "xtensa-lx7": 7_200,
}
#: the model's description, and a step: its call and its parameters
MODEL, STEP = 300, 58
#: a C driver or an assembler macro that was not measured
UNKNOWN = 400

#: C driver, with what it calls -> bytes at -O2 and at -Os
DRIVERS = {
    "te_v7em_winograd": (1444, 1020),
    "te_v7em_conv_direct": (278, 266),
    "te_v7em_conv_band": (1092, 512),
    "te_v7em_depthwise": (872, 660),
    "te_v7em_fully_connected": (64, 62),
    "te_v7em_add": (12, 12),
    "te_v7em_max_pool": (326, 270),
    "te_v7em_average_pool": (326, 276),
    "te_v7em_flip": (122, 28),
    "te_v6m_conv": (624, 478),
    "te_v6m_conv_pointwise": (252, 200),
    "te_v6m_conv_bytes": (644, 574),
    "te_v6m_fully_connected": (98, 88),
    "te_v6m_add": (10, 10),
    "te_v6m_depthwise": (292, 242),
    "te_mve_conv_direct": (418, 426),
    "te_mve_conv_band": (724, 644),
    "te_mve_depthwise_3x3": (444, 390),
    "te_mve_depthwise_line": (270, 240),
    "te_mve_fully_connected": (116, 98),
    "te_mve_add": (12, 12),
    "te_mve_average_pool": (12, 20),
    "te_rv32_winograd": (2876, 2390),
    "te_rv32_conv": (1394, 946),
    "te_rv32_conv_pairs": (1252, 1012),
    "te_rv32_depthwise": (698, 594),
    "te_rv32_depthwise_planes": (212, 178),
    "te_rv32_fully_connected": (1380, 1240),
    "te_rv32_add": (390, 256),
    "te_lx6_winograd": (956, 929),
    "te_lx6_conv_pointwise": (369, 397),
    "te_lx6_conv_band": (697, 717),
    "te_lx6_conv_gather": (785, 797),
    "te_lx6_depthwise": (858, 819),
    "te_lx6_fully_connected": (179, 173),
    "te_lx6_add": (125, 119),
    "te_lx6_average_pool": (504, 399),
    "te_fully_connected": (716, 342),
    "te_conv2d": (1546, 990),
    "te_depthwise_conv2d": (1356, 774),
    "te_max_pool": (350, 256),
    "te_average_pool": (392, 286),
    "te_mean": (322, 272),
    "te_add": (466, 310),
    "te_mul": (312, 278),
    "te_pad": (220, 176),
    "te_concatenation": (80, 64),
    "te_copy": (10, 10),
    "te_lookup": (44, 24),
    "te_softmax": (500, 392),
    "te_quantize": (180, 156),
    "te_dequantize": (62, 46),
    "te_strips": (186, 154),
}

#: macro -> bytes without arguments, and for each argument, or product of some, of 1; beyond the
#: macro's own there are those of :func:`_derived`
MACROS: dict[str, tuple[int, dict[str, int]]] = {
    "te_conv_3x2": (338, {"unroll": 68, "signed": 52, "limit": 46, "ragged": 8}),
    "te_conv_2x4": (398, {"unroll": 96, "short": -16, "signed": 72, "limit": 34, "ragged": 12}),
    "te_unpack_3": (82, {}),
    "te_unpack_3_gather": (-12, {"rows": 42, "rows*words": 40, "scale": 9}),
    "te_unpack_any_3": (110, {}),
    "te_unpack_2": (68, {}),
    "te_unpack_1": (42, {}),
    "te_depthwise_3x3": (98, {"pairs": 99, "single": 56, "loop": 24, "gap": 8}),
    "te_depthwise_any": (190, {"rows": 17, "taps": 17, "stride": -20, "signed": 38, "limit": 58}),
    "te_depthwise_compact": (246, {"stride": 12, "signed": 26, "limit": 30}),
    "te_transpose_4": (210, {}),
    "te_transpose_repeat": (186, {}),
    "te_sum_8": (68, {}),
    "te_max_words": (72, {}),
    "te_add_4": (120, {"short": -8, "limit": 26}),
    "te_fully_connected_4": (151, {"unroll": 108, "short": -8, "signed": 44, "limit": 22}),
    "te_winograd_product": (156, {"channels": 40, "rolled*channels": -20}),
    "te_winograd_input": (1124, {}),
    "te_winograd_weights": (524, {}),
    "te_winograd_store": (408, {"signed": 152, "limit": 116}),
    "te_v6m_conv_4": (353, {"unroll": 64, "wide": 41, "signed": 45, "limit": 38}),
    "te_v6m_dense": (150, {"unroll": 22, "wide": 12, "signed": 15, "limit": 13}),
    "te_v6m_unpack": (78, {}),
    "te_v6m_add_1": (66, {"limit": 12}),
    "te_v6m_gather": (12, {"bytes": 4}),
    "te_v6m_pairs": (116, {"stride": 26}),
    "te_v6m_depthwise_2": (
        149,
        {"rows": 2, "rows*taps": 7, "groups": 9, "wide": 32, "signed": 26, "limit": 22},
    ),
    "te_mve_copy": (20, {}),
    "te_mve_fill": (20, {}),
    "te_mve_conv": (138, {"rows*chunks": 56, "general": 30, "limit": 20}),
    "te_mve_conv_3": (144, {"rows*chunks": 144, "general": 30, "limit": 20}),
    "te_mve_conv_quad": (172, {"chunks": 112}),
    "te_mve_conv_quad_1": (286, {}),
    "te_mve_gather": (14, {"rows": 12}),
    "te_mve_dense": (108, {"head": 68, "loop*turn": 70, "general": 36, "limit": 20}),
    "te_mve_depthwise_3x3": (306, {"width": 1, "stride": 8, "general": 40, "limit": 24}),
    "te_mve_depthwise_line": (276, {"width": 1, "general": 24, "limit": 20}),
    "te_mve_add_16": (126, {"limit": 16}),
    "te_mve_average_8": (58, {"unroll": 8, "away": 8}),
    "te_rv32_conv_6x2": (1260, {"relu": 48, "signed": 124}),
    "te_rv32_pack_rows": (12, {"bytes": 16}),
    "te_rv32_depthwise_3x3": (725, {"stride": -133, "relu": 10, "signed": 28}),
    "te_rv32_depthwise_lines": (422, {"relu": 16, "signed": 44}),
    "te_rv32_winograd_product": (1184, {}),
    "te_rv32_winograd_store": (1486, {}),
    "te_lx6_unpack": (174, {}),
    "te_lx6_widen": (123, {}),
    "te_lx6_gather": (36, {"segments": 6, "lanes*segments": 6}),
    "te_lx6_conv": (226, {"straight": 6, "first": 7, "jump": 9, "signed": 24, "widened": 18}),
    "te_lx6_conv_resident": (156, {"words": 18, "signed": 24}),
    "te_lx6_transpose": (195, {}),
    "te_lx6_depthwise_3x3": (304, {"stride": 36, "odd": -4, "signed": 58}),
    "te_lx6_depthwise_window": (
        149,
        {"copies": 14, "copies*taps": 4, "copies*rows": 5, "widened": 21, "signed": 35},
    ),
    "te_lx6_dense": (99, {"words": 24, "signed": 15, "uniform": -6}),
    "te_lx6_add_4": (168, {}),
    "te_lx6_sum_4": (87, {}),
    "te_lx6_offset": (90, {}),
    "te_lx6_winograd_product": (320, {"channels": 18, "signed": 24}),
    "te_lx6_winograd_input": (543, {}),
    "te_lx6_winograd_weights": (1361, {"channels": 1}),
}
#: words of a window up to which te_lx6_conv is straight code, and those of a loop's turn beyond
_STRAIGHT, _TURN = 80, 16


def of_instance(instance: Instance) -> int:
    """Bytes of an assembler macro's instantiation."""
    fixed, each = MACROS.get(instance.macro, (UNKNOWN, {}))
    arguments = _derived(dict(instance.arguments))
    values = {key: math.prod(arguments.get(n, 0) for n in key.split("*")) for key in each}
    return fixed + sum(count * values[key] for key, count in each.items())


def _derived(arguments: dict[str, int]) -> dict[str, int]:
    """The arguments, and what sizes depend on that follows from them."""
    own = {
        "short": int(arguments.get("shift") == 16),
        "groups": arguments.get("ends", 0).bit_count(),
    }
    if "segments" in arguments and "words" in arguments:
        own |= _streamed(arguments["words"], arguments["segments"])
    if "columns" in arguments:
        own |= _windows(arguments["rows"], arguments["columns"], arguments["odd"])
    return arguments | own


def _streamed(words: int, segments: int) -> dict[str, int]:
    """Of te_lx6_conv, the words of products that are code: a pixel's, and the first pixel's."""
    looped = words * segments > _STRAIGHT and words >= 2 * _TURN + 2
    pixel = _TURN + 2 + (words - 2) % _TURN if looped else words
    first = words if words % 2 else min(words, 5)
    widened = _unrolled(-(-words * segments // 2))
    return {"straight": pixel * segments, "first": first * segments, "widened": widened}


def _windows(rows: int, columns: int, odd: int) -> dict[str, int]:
    """Of te_lx6_depthwise_window: taps, outputs that are code, and weights kept in memory."""
    taps = rows * columns
    words, kept = -(-taps // 2), 7 if rows == 1 else 5
    in_memory = _unrolled(-(-taps // 4) - (kept - 1) // 2) if words > kept else 0
    return {"taps": taps, "copies": 4 - odd if taps % 2 else 2, "widened": in_memory}


def _unrolled(fours: int) -> int:
    """Of te_widen_weights, the words that are code: a loop's turn has four."""
    return fours if fours < 8 else 4 + fours % 4


def of_driver(name: str, optimize: Optimize) -> int:
    """Bytes of a kernel's C function."""
    return DRIVERS.get(name, (UNKNOWN, UNKNOWN))[optimize == "size"]


def of_calls(calls: Iterable[tuple[Node, Kernel]], optimize: Optimize) -> int:
    """Bytes of all kernels, each once, of the steps and of the model's description."""
    found: dict[str, int] = {}
    steps = 0
    for node, kernel in calls:
        found |= pieces(kernel, node, optimize)
        steps += 1
    return sum(found.values()) + MODEL + STEP * steps


def pieces(kernel: Kernel, node: Node, optimize: Optimize) -> Mapping[str, int]:
    """The code that ``node`` needs, by name: what several nodes name, they share."""
    drivers = {name: of_driver(name, optimize) for name in kernel.drivers(node)}
    return drivers | {one.name: of_instance(one) for one in kernel.instances(node)}
