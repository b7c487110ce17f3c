"""Cases of kernels over drawn layers: what their numpy twins give, and how close they may lie."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from tests.support.armv7em import Bytes, Case, Outcome
from tinyedge.compile import params as p
from tinyedge.compile.evaluate import evaluate
from tinyedge.compile.kernels.base import Kernel
from tinyedge.compile.plan import Domain
from tinyedge.compile.program import Node, Value
from tinyedge.graph.types import DType

Rng = np.random.Generator


def twin(q: p.Params, operands: tuple[Bytes, ...], domain: Domain) -> Bytes:
    """What numpy makes of operands and output kept as ``domain`` says."""
    top = np.uint8(0x80 if domain is Domain.OFFSET else 0)
    output = evaluate(q, [(x ^ top).view(np.int8) for x in operands])
    return np.ascontiguousarray(output, np.int8).reshape(-1).view(np.uint8) ^ top


def channels(q: p.Params) -> int:
    """Of the layer's output; 1 where a kernel has no use for them."""
    match q:
        case p.Conv2D() | p.FullyConnected():
            return q.filter.shape[0]
        case p.DepthwiseConv2D():
            return q.filter.shape[2]
        case p.MaxPool() | p.AveragePool():
            return q.output_shape[-1]
    return 1


def value(size: int, channels: int, domain: Domain) -> Value:
    return Value(0, "tensor", (size // channels, channels), DType.INT8, None, domain=domain)


def draw(
    kernels: Sequence[Kernel],
    rng: Rng,
    q: p.Params,
    sizes: tuple[int, ...],
    channels: int,
    *,
    domain: Domain = Domain.PLAIN,
) -> Iterator[Case]:
    """The layer by every kernel that takes it, with inputs drawn and a distance it allows."""
    operands = tuple(rng.integers(0, 256, size, dtype=np.uint8) for size in sizes)
    expected = twin(q, operands, domain)
    inputs = tuple(value(size, 1, domain) for size in sizes)
    node = Node("TEST", (0,), q, inputs, value(expected.size, channels, domain))
    for kernel in kernels:
        if kernel.applies(node):
            yield Case(kernel, node, operands, expected, pick(rng, kernel, node))


def pick(rng: Rng, kernel: Kernel, node: Node) -> int | None:
    """The closest that output and first operand may lie, on either side, or far apart."""
    rule, align = kernel.overlap(node, 0), math.lcm(kernel.align(node), 4)
    before, after = -(-rule.lead // align) * align, -(-rule.lag // align) * align
    return (-before, after, None)[int(rng.integers(3))]


def inside_scratch(cases: Sequence[Case]) -> list[Case]:
    """The cases with their first operand where the scratch overwrites it, where that is allowed."""
    return [
        replace(case, distance=None, inside=behind)
        for case in cases
        if (behind := case.kernel.operand_in_scratch(case.node)) is not None
    ]


def check(cases: Sequence[Case], outcomes: Sequence[Outcome]) -> None:
    """That every case wrote what its twin gives, and nothing else."""
    assert cases
    for case, outcome in zip(cases, outcomes, strict=True):
        assert outcome.wrong == 0, (case.kernel.name, case.node.params, case.distance, outcome)
        assert outcome.strays == 0, (case.kernel.name, case.node.params, case.distance, outcome)
