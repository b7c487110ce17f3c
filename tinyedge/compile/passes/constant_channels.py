"""Remove channels that cannot change, and channels that nobody reads.

A channel is an index of a tensor's last axis. Interval analysis (``compile/ranges.py``) finds
channels that hold one value whatever the input is: a convolution that reads such a channel can
carry its contribution in the bias. Going backwards, a channel that no operator needs is computed
for nothing. Both are cut out of every tensor that they run through, so each tensor of the result
is the original one with some channels left out, and all outputs keep their bytes.

A convolution that reads beyond its input's border sees the zero point there. A constant channel
contributes the same everywhere if its value is that zero point, or if the border is never read;
in any other case it stays.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.passes.channels import Mask, count, cut, ties
from tinyedge.compile.ranges import Range, analyse, never_wraps
from tinyedge.graph.geometry import total_padding
from tinyedge.graph.ops import Conv2D, DepthwiseConv2D, FullyConnected, Reshape
from tinyedge.graph.types import DType, Graph, Op, Quant, Tensor

Weighted = Conv2D | FullyConnected


@dataclass(frozen=True)
class Narrowed:
    """A computed tensor that lost channels. ``constant``: how many of its channels never change.

    ``kept``: the channels that are left, in their order.
    """

    index: int
    name: str
    before: int
    after: int
    constant: int
    kept: tuple[int, ...]


@dataclass(frozen=True)
class Report:
    """What :func:`transform` removed; ``constant_bytes`` are of all constants."""

    narrowed: tuple[Narrowed, ...]
    macs_before: int
    macs_after: int
    constant_bytes_before: int
    constant_bytes_after: int


def transform(graph: Graph, align: int = 8) -> tuple[Graph, Report]:
    """Return ``graph`` without the channels that can go, and what went.

    The number of channels left in a tensor is rounded up to a multiple of ``align`` (at most to
    all of them), since kernels work on that many at a time.
    """
    ranges = analyse(graph)
    inlets = {op: _inlet(op, ranges) for op in graph.ops if _mixes(op)}
    keep = _Selection(graph, inlets, align).keep
    result = _Rewriter(graph, inlets, keep).graph()
    narrowed = tuple(
        Narrowed(
            t.index,
            t.name,
            len(mask),
            int(mask.sum()),
            int(ranges[t].constant()[0].sum()),
            tuple(map(int, np.flatnonzero(mask))),
        )
        for t, mask in keep.items()
        if not t.is_constant and not mask.all()
    )
    sizes = (graph.macs, result.macs, _constant_bytes(graph), _constant_bytes(result))
    return result, Report(narrowed, *sizes)


def _constant_bytes(graph: Graph) -> int:
    constants = {tensor for op in graph.ops for tensor in op.inputs if tensor.is_constant}
    return sum(tensor.bytes for tensor in constants)


@dataclass(frozen=True, eq=False)
class _Inlet:
    """What a convolution or fully connected layer does with each channel of its input.

    ``uses`` [outputs, channels]: the output depends on the channel while that can change.
    ``folded`` [outputs, channels]: what a constant channel adds to the accumulator, everywhere.
    """

    uses: NDArray[np.bool_]
    folded: NDArray[np.int64]


def _mixes(op: Op) -> bool:
    """Whether each output channel is a weighted sum over all input channels."""
    match op:
        case Conv2D():
            channels = op.filter.shape[-1] == count(op.inputs[0])
        case FullyConnected():
            channels = op.filter.shape[-1] % count(op.inputs[0]) == 0
        case _:
            return False
    return channels and op.filter.is_constant and count(op.outputs[0]) == op.filter.shape[0]


def _inlet(op: Op, ranges: dict[Tensor, Range]) -> _Inlet:
    assert isinstance(op, Weighted)
    source = op.inputs[0]
    weights = np.asarray(op.filter.data, np.int64)
    if isinstance(op, FullyConnected):
        weights = weights - op.filter.q.zero_point
    taps = weights.reshape(count(op.outputs[0]), -1, count(source))
    constant, values = ranges[source].constant()
    offsets = values - source.q.zero_point
    foldable = constant & ((offsets == 0) | (not _reads_border(op)))
    if not never_wraps(op):  # the bias might not hold it
        foldable[:] = False
    return _Inlet(
        uses=(taps != 0).any(axis=1) & ~foldable,
        folded=taps.sum(axis=1) * np.where(foldable, offsets, 0),
    )


def _reads_border(op: Weighted) -> bool:
    if isinstance(op, FullyConnected):
        return False
    sizes, window = op.inputs[0].shape[1:3], op.filter.shape[1:3]
    axes = zip(sizes, window, op.stride, op.dilation, strict=True)
    return any(total_padding(*axis, op.padding) for axis in axes)


class _Selection:
    """Which channels of each tensor stay: the least set that is consistent and aligned."""

    def __init__(self, graph: Graph, inlets: dict[Op, _Inlet], align: int) -> None:
        self._inlets = inlets
        self._align = align
        tensors = {*graph.inputs, *graph.outputs}
        tensors |= {t for op in graph.ops for t in (*op.inputs, *op.outputs)}
        ordered = sorted(tensors, key=lambda tensor: tensor.index)
        self.keep: dict[Tensor, Mask] = {t: np.zeros(count(t), np.bool_) for t in ordered}
        self._ties = [tie for op in graph.ops for tie in ties(op)]
        for tensor in (*graph.inputs, *graph.outputs):
            self.keep[tensor][:] = True
        for op in graph.ops:
            if op not in inlets:
                self._pin_untied(op)
        self._settle()

    def _pin_untied(self, op: Op) -> None:
        tied = {t for tie in ties(op) for t in (tie.tensor, tie.other)}
        for tensor in {*op.inputs, *op.outputs} - tied:
            self.keep[tensor][:] = True

    def _settle(self) -> None:
        """Grow the sets until every rule holds; each round adds channels, so this ends."""
        while True:
            before = self._size()
            for op, inlet in reversed(self._inlets.items()):
                self.keep[op.inputs[0]] |= inlet.uses[self.keep[op.outputs[0]]].any(axis=0)
            for tie in reversed(self._ties):
                mask, other = self.keep[tie.tensor], self.keep[tie.other]
                either = mask[tie.at] | other[tie.other_at]
                np.logical_or.at(mask, tie.at, either)
                np.logical_or.at(other, tie.other_at, either)
            if self._size() == before and not self._round_up():
                return

    def _size(self) -> int:
        return sum(int(mask.sum()) for mask in self.keep.values())

    def _round_up(self) -> bool:
        """Align the first tensor that is not; False if all are."""
        for tensor, mask in self.keep.items():
            kept = int(mask.sum())
            missing = max(self._align, -(-kept // self._align) * self._align) - kept
            removed = np.flatnonzero(~mask)
            if not tensor.is_constant and missing and len(removed):
                mask[removed[:missing]] = True
                return True
        return False


class _Rewriter:
    """Builds the graph in which each tensor has only the channels to keep."""

    def __init__(self, graph: Graph, inlets: dict[Op, _Inlet], keep: dict[Tensor, Mask]) -> None:
        self._graph = graph
        self._inlets = inlets
        self._keep = keep
        self._narrow = {t: cut(t, {len(t.shape) - 1: mask}) for t, mask in keep.items()}
        self._versions: dict[int, list[Tensor]] = {}
        self._next = max(tensor.index for tensor in graph.tensors)

    def graph(self) -> Graph:
        ops = tuple(self._op(op) for op in self._graph.ops)
        inputs = tuple(self._narrow[t] for t in self._graph.inputs)
        outputs = tuple(self._narrow[t] for t in self._graph.outputs)
        tensors = {*inputs, *outputs, *(t for op in ops for t in (*op.inputs, *op.outputs))}
        ordered = tuple(sorted(tensors, key=lambda tensor: tensor.index))
        return replace(self._graph, ops=ops, tensors=ordered, inputs=inputs, outputs=outputs)

    def _op(self, op: Op) -> Op:
        match op:
            case Conv2D() | FullyConnected() if op in self._inlets:
                return self._mixing(op)
            case DepthwiseConv2D() if not self._keep[op.outputs[0]].all():
                return self._depthwise(op)
            case Reshape() if not self._keep[op.outputs[0]].all():
                # The constant that holds the shape is dropped: the output's shape says it.
                return replace(op, inputs=(self._narrow[op.inputs[0]],), outputs=self._outputs(op))
            case _:
                return replace(op, **self._swapped(op))

    def _outputs(self, op: Op) -> tuple[Tensor, ...]:
        return tuple(self._narrow[tensor] for tensor in op.outputs)

    def _swapped(self, op: Op) -> dict[str, Any]:
        """All fields of ``op`` that hold tensors, with the narrow ones in their place."""
        swapped: dict[str, Any] = {}
        for field in fields(op):
            value = getattr(op, field.name)
            if isinstance(value, Tensor):
                swapped[field.name] = self._narrow[value]
            elif isinstance(value, tuple) and value and isinstance(value[0], Tensor):
                swapped[field.name] = tuple(self._narrow[tensor] for tensor in value)
        return swapped

    def _depthwise(self, op: DepthwiseConv2D) -> Op:
        kept = self._keep[op.outputs[0]]
        weights = self._constant(op.filter, {3: kept})
        bias = self._constant(op.bias, {0: kept}) if op.bias else None
        return self._weighted(op, weights, bias)

    def _mixing(self, op: Weighted) -> Op:
        source, out = self._keep[op.inputs[0]], self._keep[op.outputs[0]]
        last = len(op.filter.shape) - 1
        every = np.tile(source, op.filter.shape[last] // len(source))
        weights = self._constant(op.filter, {0: out, last: every})
        extra = self._inlets[op].folded[:, ~source].sum(axis=1)
        bias = op.bias
        if bias is None and extra.any():
            bias = self._zero_bias(op)
        if bias is not None:
            total = np.asarray(bias.data, np.int64) + extra
            bias = self._constant(replace(bias, data=total.astype(np.int32)), {0: out})
        return self._weighted(op, weights, bias)

    def _weighted(self, op: Weighted | DepthwiseConv2D, weights: Tensor, bias: Tensor | None) -> Op:
        inputs = (self._narrow[op.inputs[0]], weights, *([bias] if bias else []))
        return replace(op, inputs=inputs, outputs=self._outputs(op), filter=weights, bias=bias)

    def _constant(self, tensor: Tensor, masks: dict[int, Mask]) -> Tensor:
        """``tensor`` cut; a second version of the same constant gets an index of its own."""
        result = cut(tensor, masks)
        versions = self._versions.setdefault(tensor.index, [])
        for version in versions:
            if np.array_equal(np.asarray(version.data), np.asarray(result.data)):
                return version
        if versions:
            result = replace(result, index=self._new_index())
        versions.append(result)
        return result

    def _zero_bias(self, op: Weighted) -> Tensor:
        channels = op.filter.shape[0]
        scales = tuple(op.inputs[0].q.scale * scale for scale in op.filter.q.scales)
        return Tensor(
            self._new_index(),
            f"{op.filter.name}/bias",
            (channels,),
            DType.INT32,
            Quant(scales, (0,) * len(scales)),
            np.zeros(channels, np.int32),
        )

    def _new_index(self) -> int:
        self._next += 1
        return self._next
