"""Estimated sizes of code against what the cross compiler makes."""

from itertools import product
from pathlib import Path

import pytest

from tests.support import code_size as measured
from tests.support.tools import need
from tinyedge.compile import code_size
from tinyedge.compile.kernels import for_core
from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.plan import Instance

ARGUMENTS = {
    "te_conv_3x2": {"unroll": (1, 16), "shift": (16, 12)},
    "te_conv_2x4": {"unroll": (1, 16), "shift": (16, 12)},
    "te_unpack_3": {"scale": (3,)},
    "te_unpack_2": {"scale": (3,)},
    "te_unpack_1": {"scale": (3,)},
    "te_depthwise_3x3": {"stride": (1, 2), "pitch": (20,), "pairs": (1, 12), "loop": (0, 1)},
    "te_depthwise_any": {"rows": (1, 3), "taps": (3, 10), "stride": (1, 2), "shift": (11,)},
    "te_depthwise_compact": {"stride": (1, 2)},
    "te_add_4": {"shift": (16, 10)},
    "te_fully_connected_4": {"unroll": (1, 8), "shift": (16, 12)},
    "te_unpack_3_gather": {"rows": (2, 5), "words": (2, 4), "scale": (0, 3)},
    "te_winograd_product": {"channels": (8, 64), "rolled": (0, 1)},
    "te_winograd_input": {"channels": (8, 64)},
    "te_winograd_weights": {"channels": (8, 64)},
    "te_winograd_store": {"shift": (16, 12)},
    "te_v6m_conv_4": {"unroll": (1, 8), "bits": (11,)},
    "te_v6m_dense": {"unroll": (1, 8), "bits": (11,)},
    "te_v6m_unpack": {"gap": (0, 36)},
    "te_v6m_add_1": {"shift": (16,)},
    "te_v6m_gather": {"bytes": (4, 9)},
    "te_v6m_pairs": {"stride": (1, 2)},
    "te_v6m_depthwise_2": {"rows": (1, 3), "taps": (3, 5), "ends": (4, 21), "bits": (11,)},
    "te_mve_conv": {"rows": (1, 3), "chunks": (1, 6), "step": (32,), "scale": (10,)},
    "te_mve_conv_3": {"rows": (1, 3), "chunks": (1, 3), "scale": (10,)},
    "te_mve_conv_quad": {"rows": (1,), "chunks": (2, 4), "step": (32,), "scale": (10,)},
    "te_mve_conv_quad_1": {"step": (16,), "scale": (10,)},
    "te_mve_gather": {"rows": (3, 10), "bytes": (9,), "step": (6,), "pitch": (96,)},
    "te_mve_dense": {"head": (1, 4), "turn": (4,), "loop": (0, 1), "scale": (10,)},
    "te_mve_depthwise_3x3": {"stride": (1, 2), "width": (6, 48), "pitch": (50,), "scale": (10,)},
    "te_mve_depthwise_line": {"short": (0, 1), "width": (15, 40), "scale": (10,)},
    "te_mve_add_16": {"narrow": (2,)},
    "te_mve_average_8": {"channels": (64,), "unroll": (5, 8)},
    "te_rv32_pack_rows": {"bytes": (1, 12)},
    "te_rv32_depthwise_3x3": {"stride": (1, 2)},
    "te_lx6_gather": {"lanes": (1, 30), "segments": (1, 10), "bytes": (40,)},
    "te_lx6_conv": {"words": (2, 3, 14, 20, 33, 64, 66, 128), "segments": (1, 3), "jump": (0, 1)},
    "te_lx6_conv_resident": {"words": (2, 4)},
    "te_lx6_depthwise_3x3": {"upper": (0, 1), "stride": (1, 2)},
    "te_lx6_depthwise_window": {
        "upper": (0,),
        "rows": (1, 2, 5),
        "columns": (1, 3, 10, 15),
        "stride": (1, 2),
    },
    "te_lx6_dense": {"words": (2, 8)},
    "te_lx6_winograd_product": {"channels": (16, 96), "outputs": (16, 100)},
    "te_lx6_winograd_input": {"channels": (4, 64)},
    "te_lx6_winograd_weights": {"channels": (4, 64)},
}
FLAGS = {
    "te_conv_3x2": ("signed", "limit", "ragged"),
    "te_conv_2x4": ("signed", "limit", "ragged"),
    "te_depthwise_3x3": ("single", "gap"),
    "te_depthwise_any": ("signed", "limit"),
    "te_depthwise_compact": ("signed", "limit"),
    "te_add_4": ("limit",),
    "te_fully_connected_4": ("signed", "limit"),
    "te_winograd_store": ("signed", "limit"),
    "te_v6m_conv_4": ("wide", "signed", "limit"),
    "te_v6m_dense": ("wide", "signed", "limit"),
    "te_v6m_add_1": ("limit",),
    "te_v6m_depthwise_2": ("odd", "wide", "signed", "limit"),
    "te_mve_conv": ("general", "limit"),
    "te_mve_conv_3": ("general", "limit"),
    "te_mve_dense": ("general", "limit"),
    "te_mve_depthwise_3x3": ("wide", "general", "limit"),
    "te_mve_depthwise_line": ("general", "limit"),
    "te_mve_add_16": ("limit",),
    "te_mve_average_8": ("away",),
    "te_rv32_conv_6x2": ("relu", "signed"),
    "te_rv32_depthwise_3x3": ("relu", "signed"),
    "te_rv32_depthwise_lines": ("relu", "signed"),
    "te_lx6_conv": ("signed",),
    "te_lx6_conv_resident": ("signed",),
    "te_lx6_depthwise_3x3": ("odd", "signed"),
    "te_lx6_depthwise_window": ("odd", "signed"),
    "te_lx6_dense": ("signed", "uniform"),
    "te_lx6_winograd_product": ("signed",),
}
#: arguments that the macro needs and that hardly change its size
_FOLDED = {"narrow": 0}
FIXED = {
    "te_depthwise_3x3": {"shift": 11, "signed": 0, "limit": 0},
    **{name: _FOLDED for name in code_size.MACROS if name.startswith(("te_mve_c", "te_mve_d"))},
    "te_mve_copy": {},
}


def _instances() -> list[Instance]:
    made = []
    for macro in code_size.MACROS:
        choices = ARGUMENTS.get(macro, {}) | dict.fromkeys(FLAGS.get(macro, ()), (0, 1))
        for values in product(*choices.values()):
            arguments = dict(zip(choices, values, strict=True)) | FIXED.get(macro, {})
            made.append(instance(macro, "te_any", **arguments))
    return made


def test_instances_have_about_the_estimated_size(tmp_path: Path) -> None:
    need("arm-none-eabi-gcc", "riscv64-unknown-elf-gcc", "clang-22", "make")
    instances = _instances()
    sizes = measured.of_instances(instances, tmp_path)
    for one in instances:
        size, estimate = sizes[one.name], code_size.of_instance(one)
        assert abs(size - estimate) <= max(16, size * 0.1), (one.name, size, estimate)


@pytest.mark.parametrize(("level", "optimize"), [("-O2", "speed"), ("-Os", "size")])
def test_drivers_have_about_the_estimated_size(
    level: str, optimize: code_size.Optimize, tmp_path: Path
) -> None:
    need("arm-none-eabi-gcc", "riscv64-unknown-elf-gcc", "clang-22", "make")
    cores = ("cortex-m4f", "cortex-m0", "cortex-m55", "rv32imac", "xtensa-lx6")
    both = product(cores, ("speed", "size"))
    kernels = {kernel.name: kernel for core, aim in both for kernel in for_core(core, aim)}  # type: ignore[arg-type]
    tuned = ("te_v7em", "te_v6m", "te_mve", "te_rv32", "te_lx6")
    names = [n for n in code_size.DRIVERS if optimize == "size" or n.startswith(tuned)]
    for name in names:
        source = next(path for path in kernels[name].sources if path.endswith(".c"))
        size = measured.of_driver(source, name, level, tmp_path)
        estimate = code_size.of_driver(name, optimize)
        assert abs(size - estimate) <= max(24, size * 0.1), (name, size, estimate)
