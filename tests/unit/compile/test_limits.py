"""What the compiler aims at: code that layers share, and the user's limits, kept or refused."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.support.tflite_writer import ModelWriter
from tests.support.tools import shared_models
from tinyedge.compile import Options, Plan, compile_graph
from tinyedge.errors import CheckFailed
from tinyedge.graph import read_tflite
from tinyedge.graph.types import Graph

CORE = "cortex-m4f"


@cache
def _graph() -> Graph:
    """Depthwise layers of several widths and strides, with 1x1 convolutions between them."""
    rng = np.random.default_rng(3)
    model = ModelWriter()
    x = model.input((1, 32, 32, 8), scale=0.05, zero_point=-128)
    relu = {"scale": 0.1, "zero_point": -128, "activation": "RELU"}
    for channels, stride in ((8, 1), (16, 2), (16, 1), (32, 2)):
        wide = rng.integers(-100, 100, (channels, 1, 1, x.shape[3])).astype(np.int8)
        x = model.conv2d(x, wide, 0.004, None, **relu)
        kernel = rng.integers(-100, 100, (1, 3, 3, channels)).astype(np.int8)
        strides = (stride, stride)
        x = model.depthwise_conv2d(x, kernel, 0.004, None, stride=strides, padding="SAME", **relu)
    return read_tflite.read(model.finish(x), "test")


@cache
def _scratchy() -> Graph:
    """3x3 convolutions, whose fastest kernel needs much scratch."""
    rng = np.random.default_rng(4)
    model = ModelWriter()
    x = model.input((1, 16, 16, 16), scale=0.05, zero_point=-128)
    relu = {"scale": 0.1, "zero_point": -128, "activation": "RELU"}
    for _ in range(2):
        weights = rng.integers(-100, 100, (16, 3, 3, 16)).astype(np.int8)
        x = model.conv2d(x, weights, 0.0005, None, padding="SAME", **relu)
    return read_tflite.read(model.finish(x), "test")


def _instances(plan: Plan) -> set[str]:
    return {one.name for step in plan.steps for one in step.instances}


def _instructions(plan: Plan) -> int:
    return sum(step.instructions for step in plan.steps)


def test_for_size_layers_share_code() -> None:
    speed, size = (compile_graph(_graph(), CORE, Options(optimize=o)) for o in ("speed", "size"))
    assert len(_instances(size)) < len(_instances(speed))
    assert len([name for name in _instances(size) if name.startswith("te_depthwise")]) == 2
    assert size.code_bytes < 0.6 * speed.code_bytes
    assert size.arena_bytes <= speed.arena_bytes
    assert _instructions(speed) < _instructions(size) < 1.5 * _instructions(speed)


def test_a_limit_that_is_kept_already_changes_nothing_for_the_worse() -> None:
    free = compile_graph(_graph(), CORE)
    kept = compile_graph(_graph(), CORE, Options(max_arena=free.arena_bytes, max_flash=1 << 20))
    assert kept.arena_bytes <= free.arena_bytes
    assert _instructions(kept) <= _instructions(free)


def test_a_smaller_arena_costs_instructions() -> None:
    free = compile_graph(_scratchy(), CORE)
    with pytest.raises(CheckFailed) as caught:
        compile_graph(_scratchy(), CORE, Options(max_arena=1000))
    over = int(caught.value.message.split(" bytes larger")[0].split()[-1].replace(",", ""))
    assert "max_arena" in caught.value.message
    assert f"allow an arena of {1000 + over:,} bytes" in caught.value.hint
    assert 1000 + over < free.arena_bytes
    least = compile_graph(_scratchy(), CORE, Options(max_arena=1000 + over))
    assert least.arena_bytes == 1000 + over
    assert _instructions(least) > _instructions(free)


def test_less_flash_costs_instructions() -> None:
    free = compile_graph(_graph(), CORE)
    with pytest.raises(CheckFailed) as caught:
        compile_graph(_graph(), CORE, Options(max_flash=2000))
    over = int(caught.value.message.split(" bytes larger")[0].split()[-1].replace(",", ""))
    assert "max_flash" in caught.value.message
    assert f"allow {2000 + over:,} bytes of flash" in caught.value.hint
    assert "of weights" in caught.value.hint
    assert 'optimize = "size"' in caught.value.hint
    least = compile_graph(_graph(), CORE, Options(max_flash=2000 + over))
    assert least.code_bytes < free.code_bytes
    between = compile_graph(_graph(), CORE, Options(max_flash=2000 + over + 1500))
    assert least.code_bytes < between.code_bytes <= least.code_bytes + 1500
    assert _instructions(free) < _instructions(between) < _instructions(least)


GOALS = [
    # instructions, arena, code of the runtime, constants
    ("kws", 3_400_000, 9_000, 6_000, 31_000),
    ("ad", 330_000, 1_500, 3_000, 288_000),
    ("ic", 13_500_000, 36_000, 6_000, 84_000),
    ("vww", 6_000_000, 29_000, 6_100, 50_000),  # estimated; 5,889 when built
    ("sww", 1_050_000, 4_400, 6_000, 60_000),
]


@pytest.mark.parametrize("goal", GOALS, ids=[goal[0] for goal in GOALS])
def test_real_models_for_size(goal: tuple[str, int, int, int, int]) -> None:
    name, instructions, arena, code, constants = goal
    graph = read_tflite.read((shared_models() / f"{name}.tflite").read_bytes(), name)
    plan = compile_graph(graph, CORE, Options(optimize="size"))
    assert _instructions(plan) <= instructions
    assert plan.arena_bytes <= arena
    assert plan.code_bytes <= code
    assert plan.constant_bytes <= constants


def test_limits_hold_for_the_portable_kernels_too() -> None:
    portable = Options(portable=True)
    free = compile_graph(_graph(), CORE, portable)
    kept = compile_graph(_graph(), CORE, replace(portable, max_arena=free.arena_bytes))
    assert kept.arena_bytes <= free.arena_bytes
    assert not _instances(kept)


def test_the_rest_of_the_firmware_takes_more_on_other_cores() -> None:
    limit = Options(max_flash=17_000)
    assert compile_graph(_graph(), CORE, limit).code_bytes < 17_000
    with pytest.raises(CheckFailed, match="max_flash"):
        compile_graph(_graph(), "xtensa-lx6", limit)
