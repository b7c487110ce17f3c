"""Every kernel for RISC-V against its numpy twin, on an emulated core, over drawn shapes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from tests.support import bare_kernels, drawn, kernel_cases
from tests.support.armv7em import Case
from tinyedge.compile.kernels.rv32im import FAST, SMALL

cases = partial(kernel_cases.draw, (*FAST, *SMALL))


def check(cases: list[Case], folder: Path) -> None:
    kernel_cases.check(cases, bare_kernels.run("qemu-riscv32", "rv32im", cases, folder))


def arguments(cases: list[Case]) -> set[tuple[str, int]]:
    """Of all macros' instantiations, those that are not 0."""
    instances = [one for case in cases for one in case.kernel.instances(case.node)]
    return {argument for one in instances for argument in one.arguments if argument[1]}


CONVOLUTIONS = [
    # input, outputs, kernel, stride, same
    ((5, 5, 64), 12, (1, 1), (1, 1), True),
    ((6, 6, 8), 16, (1, 1), (1, 1), True),
    ((7, 3, 16), 6, (1, 1), (1, 1), True),
    ((5, 4, 7), 9, (1, 1), (1, 1), True),
    ((3, 5, 180), 5, (1, 1), (1, 1), True),
    ((8, 8, 12), 20, (1, 1), (2, 2), True),
    ((6, 6, 16), 8, (3, 3), (1, 1), True),
    ((12, 10, 1), 16, (10, 4), (2, 2), True),
    ((10, 10, 3), 8, (3, 3), (2, 2), True),
    ((9, 7, 5), 7, (3, 2), (1, 2), False),
    ((30, 1, 12), 10, (3, 1), (1, 1), True),
    ((7, 8, 40), 5, (3, 3), (1, 1), True),
    ((9, 9, 3), 4, (3, 3), (3, 3), True),
    ((8, 9, 8), 4, (2, 3), (1, 1), False),
    ((6, 6, 4), 1, (1, 1), (3, 3), True),
]
DILATED = [
    # input, outputs, kernel, dilation
    ((12, 9, 4), 6, (3, 1), (2, 1)),
    ((30, 1, 8), 6, (3, 1), (4, 1)),
]


def test_convolution(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    found: list[Case] = []
    for size, outputs, kernel, stride, same in CONVOLUTIONS:
        q = drawn.conv2d(rng, size, outputs, kernel, stride=stride, same=same)
        found += cases(rng, q, (int(np.prod(size)),), outputs)
    for size, outputs, kernel, dilation in DILATED:
        q = drawn.conv2d(rng, size, outputs, kernel, dilation=dilation)
        found += cases(rng, q, (int(np.prod(size)),), outputs)
    assert arguments(found) >= {("relu", 1), ("signed", 1), ("bytes", 9)}
    check(found, tmp_path)


DEPTHWISE = [
    # input, kernel, stride, same
    ((9, 5, 16), (3, 3), (1, 1), True),
    ((12, 12, 8), (3, 3), (1, 1), True),
    ((11, 12, 12), (3, 3), (2, 2), True),
    ((17, 7, 4), (3, 3), (2, 2), True),
    ((9, 8, 8), (3, 3), (1, 1), False),
    ((3, 3, 8), (3, 3), (1, 1), True),
    ((20, 1, 4), (3, 3), (1, 1), True),
    ((30, 1, 8), (10, 1), (1, 1), False),
    ((15, 1, 4), (15, 1), (1, 1), False),
    ((9, 9, 4), (5, 5), (1, 1), True),
    ((8, 11, 4), (5, 7), (2, 2), True),
]


def test_depthwise(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    found: list[Case] = []
    for size, kernel, stride, same in DEPTHWISE:
        q = drawn.depthwise_conv2d(rng, size, kernel, stride=stride, same=same)
        found += cases(rng, q, (int(np.prod(size)),), size[2])
    assert arguments(found) == {("stride", 1), ("stride", 2), ("relu", 1), ("signed", 1)}
    check(found, tmp_path)


def test_fully_connected(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found: list[Case] = []
    for batches, inputs, outputs in [(1, 64, 12), (1, 640, 8), (1, 9, 40), (3, 20, 7), (2, 8, 33)]:
        q = drawn.fully_connected(rng, batches, inputs, outputs)
        found += cases(rng, q, (batches * inputs,), outputs)
    check(found, tmp_path)


def test_add(tmp_path: Path) -> None:
    rng = np.random.default_rng(22)
    found: list[Case] = []
    for size in (4, 61, 1024):
        found += cases(rng, drawn.add(rng, size), (size, size), 1)
    assert {-128, 127} <= {int(y) for case in found for y in case.expected.view(np.int8)}
    check(found, tmp_path)


def test_a_wrong_byte_and_a_stray_write_are_noticed(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    q = drawn.conv2d(rng, (5, 4, 8), 4, (1, 1))
    case = next(cases(rng, q, (160,), 4))
    wrong = Case(case.kernel, case.node, case.operands, case.expected ^ np.uint8(1))
    short = Case(case.kernel, case.node, case.operands, case.expected[:-12])
    folder = tmp_path
    outcomes = bare_kernels.run("qemu-riscv32", "rv32im", [wrong, short], folder)
    assert outcomes[0].wrong == case.expected.size
    assert outcomes[1].strays > 0
