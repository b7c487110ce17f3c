"""The passes in their order."""

from __future__ import annotations

from tinyedge.compile import limits
from tinyedge.compile.lower import lower
from tinyedge.compile.options import Options
from tinyedge.compile.passes import (
    constant_channels,
    drop_copies,
    fold_pad,
    fuse_rows,
    order,
    trainable,
    trim_windows,
    verify,
)
from tinyedge.compile.plan import Plan
from tinyedge.graph.types import Graph

#: rewrites of the program, each followed by the verifier
PASSES = (drop_copies.transform, fold_pad.transform, trim_windows.transform, order.transform)
#: a tensor that loses channels keeps a multiple of this: kernels compute that many at a time
CHANNELS = 8


def kept_channels(graph: Graph) -> dict[int, tuple[int, ...]]:
    """Channels that plans of ``graph`` compute, of each tensor (by index) that loses some."""
    _, report = constant_channels.transform(graph, CHANNELS)
    return {tensor.index: tensor.kept for tensor in report.narrowed}


def _narrow(graph: Graph, options: Options) -> Graph:
    """The graph less its constant channels, which other weights may not have."""
    if options.trainable or options.replaceable:
        return graph
    return constant_channels.transform(graph, CHANNELS)[0]


def compile_graph(graph: Graph, core: str, options: Options | None = None) -> Plan:
    """Return the plan for ``core`` (as boards/*.toml names it).

    The graph must have passed ``graph.verify.check``. Raises ModelError for what no kernel takes,
    and CheckFailed where no plan keeps the options' limits.
    """
    chosen = options or Options()
    program = trainable.transform(lower(_narrow(graph, chosen)), chosen.trainable)
    verify.check(program)
    for transform in PASSES:
        program = transform(program)
        verify.check(program)
    if chosen.strips is not None:
        program = fuse_rows.everywhere(program, chosen.strips)
    return limits.best(program, core, chosen).plan
