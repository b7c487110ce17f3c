"""Shapes of any rank brought to the fixed ranks of the portable kernels, by merging axes."""

from __future__ import annotations

import math

from tinyedge.compile import params as p
from tinyedge.compile.kernels.packing import Fields

BROADCAST_RANK = 6
PAD_RANK = 5
MEAN_RANK = 3


def broadcast(output: tuple[int, ...], a: tuple[int, ...], b: tuple[int, ...]) -> Fields:
    """Fields of ``te_broadcast``: neighbouring axes on which both operands behave alike are one."""
    merged: list[tuple[int, bool, bool]] = []  # size, a repeats, b repeats
    for size, size_a, size_b in zip(output, a, b, strict=True):
        if size == 1:
            continue
        axis = (size, size_a == 1, size_b == 1)
        if merged and merged[-1][1:] == axis[1:]:
            axis = (merged.pop()[0] * size, *axis[1:])
        merged.append(axis)
    merged = [(1, True, True)] * (BROADCAST_RANK - len(merged)) + merged
    return (
        ("broadcast.shape", tuple(size for size, _, _ in merged)),
        ("broadcast.stride_a", _strides([(size, repeats) for size, repeats, _ in merged])),
        ("broadcast.stride_b", _strides([(size, repeats) for size, _, repeats in merged])),
    )


def _strides(axes: list[tuple[int, bool]]) -> tuple[int, ...]:
    strides, step = [], 1
    for size, repeats in reversed(axes):
        strides.append(0 if repeats else step)
        step *= 1 if repeats else size
    return tuple(reversed(strides))


def pad(q: p.Pad) -> Fields | None:
    """Fields of ``te_pad_params``; None if more than ``PAD_RANK`` axes stay apart."""
    merged: list[tuple[int, int, int]] = []  # before, size, after
    for before, size, whole in zip(q.before, q.input_shape, q.output_shape, strict=True):
        axis = (before, size, whole - before - size)
        if merged and axis[0] == axis[2] == 0:  # rows of the axis before stay whole
            axis = (merged[-1][0] * size, merged[-1][1] * size, merged.pop()[2] * size)
        merged.append(axis)
    if len(merged) > PAD_RANK:
        return None
    merged = [(0, 1, 0)] * (PAD_RANK - len(merged)) + merged
    names = ("before", "size", "after")
    return tuple((name, tuple(axis[i] for axis in merged)) for i, name in enumerate(names))


def mean(q: p.Mean) -> Fields | None:
    """Kept and reduced fields of ``te_mean_params``; None if too many axes stay apart."""
    groups: list[tuple[bool, int, int]] = []  # reduced, size, stride
    stride = math.prod(q.shape)
    for axis, size in enumerate(q.shape):
        stride //= size
        reduced = axis in q.axes
        outer = groups.pop()[1] if groups and groups[-1][0] == reduced else 1
        groups.append((reduced, outer * size, stride))
    fields: list[tuple[str, tuple[int, ...]]] = []
    for name, wanted in (("kept", False), ("reduced", True)):
        axes = [(size, step) for reduced, size, step in groups if reduced == wanted]
        if len(axes) > MEAN_RANK:
            return None
        axes = [(1, 0)] * (MEAN_RANK - len(axes)) + axes
        fields.append((name, tuple(size for size, _ in axes)))
        fields.append((f"{name}_stride", tuple(step for _, step in axes)))
    return tuple(fields)
