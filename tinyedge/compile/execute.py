"""Runs a plan in numpy, on one arena as the firmware does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.evaluate import Array, evaluate
from tinyedge.compile.plan import Constant, Domain, Plan, Slot

Bytes = NDArray[np.uint8]


def execute(plan: Plan, inputs: Sequence[Array]) -> list[Array]:
    """Return the outputs of one inference; ``inputs`` in the model's order and types."""
    arena = _load(plan, inputs)
    _run(plan, arena)
    return [_read(arena, slot) for slot in plan.outputs]


def trace(plan: Plan, inputs: Sequence[Array]) -> list[Array]:
    """Return what every step wrote, in order, in the graph's own domain."""
    return _run(plan, _load(plan, inputs))


def _load(plan: Plan, inputs: Sequence[Array]) -> Bytes:
    arena = np.zeros(plan.arena_bytes, np.uint8)
    for slot, array in zip(plan.inputs, inputs, strict=True):
        _write(arena, slot, array)
    return arena


def _run(plan: Plan, arena: Bytes) -> list[Array]:
    outputs = []
    for step in plan.steps:
        operands = [
            operand.data if isinstance(operand, Constant) else _read(arena, operand)
            for operand in step.inputs
        ]
        outputs.append(evaluate(step.params, operands).reshape(step.output.shape))
        _write(arena, step.output, outputs[-1])
    return outputs


def _read(arena: Bytes, slot: Slot) -> Array:
    raw = arena[slot.offset : slot.offset + slot.bytes].copy()
    if slot.domain is Domain.OFFSET:
        raw ^= 0x80
    return raw.view(slot.dtype.value).reshape(slot.shape)


def _write(arena: Bytes, slot: Slot, array: Array) -> None:
    raw = np.ascontiguousarray(array, slot.dtype.value).reshape(-1).view(np.uint8)
    flip = 0x80 if slot.domain is Domain.OFFSET else 0
    arena[slot.offset : slot.offset + slot.bytes] = raw ^ flip
