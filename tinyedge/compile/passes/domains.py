"""Settles how each tensor's bytes are kept, and converts where two neighbours differ.

Graph inputs and outputs are plain. A kernel keeps its operands and its output in its own domain;
one without reads whatever the tensors before it are kept in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tinyedge.compile.kernels import Kernel
from tinyedge.compile.params import Flip
from tinyedge.compile.plan import Domain
from tinyedge.compile.program import Node, Program, Value
from tinyedge.graph.types import DType


def transform(
    program: Program, kernels: Sequence[Kernel], table: Sequence[Kernel]
) -> tuple[Program, tuple[Kernel, ...]]:
    """Return program and kernels (one a node) with conversions, which ``table`` must offer."""
    builder = _Builder(program, table)
    for node, kernel in zip(program.nodes, kernels, strict=True):
        builder.add(node, kernel)
    outputs = tuple(builder.kept(value, Domain.PLAIN) for value in program.outputs)
    nodes = tuple(node for node, _ in builder.calls)
    chosen = tuple(kernel for _, kernel in builder.calls)
    return replace(program, nodes=nodes, outputs=outputs), chosen


class _Builder:
    """The new program so far: calls, and each old value in the domains that it exists in."""

    def __init__(self, program: Program, table: Sequence[Kernel]) -> None:
        self.table = table
        self.calls: list[tuple[Node, Kernel]] = []
        self.values = {id(value): {value.domain: value} for value in program.inputs}

    def add(self, node: Node, kernel: Kernel) -> None:
        """Append a call, its operands converted as the kernel wants them."""
        domain = kernel.domain or self._common(node)
        inputs = tuple(
            self.kept(value, domain) if value.data is None else value for value in node.inputs
        )
        output = node.output
        if output.dtype is DType.INT8 and domain is not output.domain:
            output = replace(output, domain=domain)
        self.values[id(node.output)] = {output.domain: output}
        self.calls.append((replace(node, inputs=inputs, output=output), kernel))

    def kept(self, value: Value, domain: Domain) -> Value:
        """``value`` in ``domain``: converted, if no one has done so before."""
        known = self.values[id(value)]
        if value.dtype is not DType.INT8:
            return known[Domain.PLAIN]
        if domain not in known:
            (source,) = known.values()
            known[domain] = replace(source, domain=domain)
            flip = Node("FLIP", (), Flip(value.bytes), (source,), known[domain])
            kernel = next(kernel for kernel in self.table if kernel.applies(flip))
            self.calls.append((flip, kernel))
        return known[domain]

    def _common(self, node: Node) -> Domain:
        """The domain that all operands are in already, else plain."""
        domains = [{*self.values[id(value)]} for value in node.activations]
        shared = set.intersection(*domains) if domains else {Domain.PLAIN}
        return Domain.PLAIN if Domain.PLAIN in shared or not shared else shared.pop()
