"""Chooses a kernel for every node: the cheapest of the core's that applies."""

from __future__ import annotations

from collections.abc import Sequence

from tinyedge.compile.kernels import Kernel
from tinyedge.compile.program import Node, Program
from tinyedge.errors import ModelError


def transform(program: Program, kernels: Sequence[Kernel]) -> tuple[Kernel, ...]:
    """Return a kernel for each node, in the program's order; ties go to the first of the table.

    Raises ModelError, naming the operator, where none applies.
    """
    return tuple(_choose(node, kernels) for node in program.nodes)


def _choose(node: Node, kernels: Sequence[Kernel]) -> Kernel:
    fitting = [kernel for kernel in kernels if kernel.applies(node)]
    if not fitting:
        raise ModelError(
            f"operator {node.ops[0]} {node.name}, which writes tensor {node.output.tensor} "
            f'"{node.output.name}": no kernel takes these shapes',
            "TensorFlow Lite Micro does: try --runtime tflm",
        )
    return min(fitting, key=lambda kernel: kernel.cost(node))
