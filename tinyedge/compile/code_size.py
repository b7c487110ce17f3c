"""Estimated bytes of code of a plan on a Cortex-M4, before anything is compiled.

Measured with gcc 12.2; a test measures again. Weights and tables are not code.
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

#: macro -> bytes without arguments, and for each argument, or product of some, of 1 (``short``: 1
#: where shift is 16; ``groups``: of bits in ends)
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
}


def of_instance(instance: Instance) -> int:
    """Bytes of an assembler macro's instantiation."""
    fixed, each = MACROS.get(instance.macro, (UNKNOWN, {}))
    arguments = dict(instance.arguments)
    arguments["short"] = int(arguments.get("shift") == 16)
    arguments["groups"] = arguments.get("ends", 0).bit_count()
    values = {key: math.prod(arguments.get(n, 0) for n in key.split("*")) for key in each}
    return fixed + sum(count * values[key] for key, count in each.items())


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
