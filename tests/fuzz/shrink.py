"""From a graph that fails to the smallest one that still does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from tests.fuzz.case import Case, Failure, of
from tests.fuzz.resize import DoesNotFitError, Shape, crop, rebuild
from tinyedge.errors import ModelError
from tinyedge.graph import reference
from tinyedge.graph.ops import (
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Pool2D,
    Resize,
    TransposeConv,
)
from tinyedge.graph.types import Activation, Array, Graph, Op, Tensor

Run = Callable[[Sequence[Case]], list[Failure]]
ROUNDS = 60


def shrink(failure: Failure, run: Run) -> Failure:
    """Return the failure of the smallest graph found; ``run`` returns the failures of cases.

    Each round tries all smaller graphs at once and goes on with the smallest that fails.
    """
    best = failure
    for _ in range(ROUNDS):
        failing = run(_cases(best.case))
        if not failing:
            break
        best = min(failing, key=lambda found: _size(found.case.graph))
    return best


def _size(graph: Graph) -> tuple[int, int]:
    tensors = {tensor for op in graph.ops for tensor in (*op.inputs, *op.outputs)}
    return len(graph.ops), sum(tensor.elements for tensor in tensors)


def _cases(case: Case) -> list[Case]:
    """All candidates that the reference accepts, without duplicates."""
    found: dict[str, Case] = {}
    for graph, inputs in (*_fewer(case), *_smaller(case)):
        try:
            candidate = of(graph, inputs, case.options)
        except ModelError:
            continue
        name = f"smaller_{hashlib.sha256(candidate.tflite).hexdigest()[:12]}"
        if _size(candidate.graph) < _size(case.graph) or _plainer(candidate, case):
            found[name] = replace(candidate, name=name)
    return list(found.values())


def _plainer(candidate: Case, case: Case) -> bool:
    return _size(candidate.graph) == _size(case.graph) and len(candidate.tflite) < len(case.tflite)


def _fewer(case: Case) -> Iterator[tuple[Graph, list[list[Array]]]]:
    """Each graph that ends earlier, or that is given an operator's output as an input."""
    graph = case.graph
    values = [reference.run(graph, vector, keep=True) for vector in case.inputs]
    for position, op in enumerate(graph.ops):
        if position < len(graph.ops) - 1 or len(graph.outputs) > 1:
            yield _with_inputs(replace(graph, outputs=op.outputs), graph.inputs, values)
        if len(graph.ops) > 1:
            rest = (*graph.ops[:position], *graph.ops[position + 1 :])
            given = (*graph.inputs, *op.outputs)
            yield _with_inputs(replace(graph, ops=rest), given, values)


def _with_inputs(
    graph: Graph, given: tuple[Tensor, ...], values: list[dict[int, Array]]
) -> tuple[Graph, list[list[Array]]]:
    """``graph`` without what its outputs do not need, fed with what it reads of ``given``."""
    wanted = set(graph.outputs)
    kept: list[Op] = []
    for op in reversed(graph.ops):
        if wanted & set(op.outputs):
            kept.insert(0, op)
            wanted |= set(op.activations)
    inputs = tuple(tensor for tensor in given if tensor in wanted)
    made = {tensor for op in kept for tensor in op.outputs} | set(inputs)
    outputs = tuple(t for t in graph.outputs if t in made and t not in inputs)
    arrays = [[np.asarray(vector[t.index]) for t in inputs] for vector in values]
    return replace(graph, ops=tuple(kept), inputs=inputs, outputs=outputs), arrays


def _smaller(case: Case) -> Iterator[tuple[Graph, list[list[Array]]]]:
    """Each graph with one size cut or one parameter made plain."""
    graph = case.graph
    changes: list[tuple[dict[Tensor, Shape], dict[int, Op]]] = []
    for tensor in graph.inputs:
        changes += [({tensor: shape}, {}) for shape in _cuts(tensor.shape, range(1, 4))]
        changes += [({tensor: shape}, {}) for shape in _cuts(tensor.shape, (0,)) if shape[0]]
    for position, op in enumerate(graph.ops):
        changes += [({}, {position: plain}) for plain in _plain(op)]
    for shapes, ops in changes:
        try:
            result = rebuild(graph, shapes, ops)
        except DoesNotFitError:
            continue
        pairs = [
            [
                _cropped(array, tensor.shape)
                for array, tensor in zip(vector, result.inputs, strict=True)
            ]
            for vector in case.inputs
        ]
        yield result, pairs


def _cuts(shape: Shape, axes: Sequence[int]) -> Iterator[Shape]:
    for axis in axes:
        if axis < len(shape):
            for size in sorted({1, shape[axis] // 2, shape[axis] - 1} - {0, shape[axis]}):
                yield (*shape[:axis], size, *shape[axis + 1 :])


def _cropped(array: Array, shape: Shape) -> Array:
    return np.ascontiguousarray(array[tuple(slice(0, size) for size in shape)])


def _plain(op: Op) -> Iterator[Op]:
    """``op`` with one parameter less."""
    if isinstance(op, Conv2D | DepthwiseConv2D | Pool2D) and op.stride != (1, 1):
        yield replace(op, stride=(1, 1))
    if isinstance(op, Conv2D | DepthwiseConv2D) and op.dilation != (1, 1):
        yield replace(op, dilation=(1, 1))
    if getattr(op, "activation", Activation.NONE) is not Activation.NONE:
        yield replace(op, activation=Activation.NONE)  # type: ignore[call-arg]
    if isinstance(op, Resize):
        for shape in _cuts(op.outputs[0].shape, (1, 2)):
            yield replace(op, outputs=(replace(op.outputs[0], shape=shape),))
    if not isinstance(op, Conv2D | DepthwiseConv2D | TransposeConv | FullyConnected):
        return
    if op.bias is not None:
        yield replace(op, inputs=op.inputs[:2], bias=None)
    shape = op.filter.shape
    for axis in range(3 if isinstance(op, DepthwiseConv2D) else len(shape) - 1):
        for smaller in _cuts(shape, (axis,)):
            yield replace(op, filter=crop(op.filter, smaller))
