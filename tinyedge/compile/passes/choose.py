"""Chooses a kernel for every node: fast ones, and such that share code where code has a price."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tinyedge.compile.kernels import Kernel
from tinyedge.compile.program import Node, Program
from tinyedge.errors import ModelError

Pieces = Mapping[str, int]


@dataclass(frozen=True)
class Price:
    """``instructions``: how many a byte of code is worth. ``pieces``: what a node needs of it."""

    instructions: float
    pieces: Callable[[Kernel, Node], Pieces]


@dataclass(frozen=True, eq=False)
class _Option:
    kernel: Kernel
    cost: int
    pieces: Pieces


def transform(
    program: Program,
    kernels: Sequence[Kernel],
    price: Price | None = None,
    forced: Mapping[Node, Kernel] | None = None,
) -> tuple[Kernel, ...]:
    """Return a kernel for each node, in the program's order; ties go to the first of the table.

    Without a price the fastest, but for the ``forced``. Raises ModelError, naming the operator,
    where none applies.
    """
    fixed = forced or {}
    options = [
        _options(node, [fixed[node]] if node in fixed else kernels, price) for node in program.nodes
    ]
    chosen = [min(some, key=lambda option: option.cost) for some in options]
    if price is not None and price.instructions > 0:
        chosen = _Exchange(options, price.instructions).improve(chosen)
    return tuple(option.kernel for option in chosen)


def _options(node: Node, kernels: Sequence[Kernel], price: Price | None) -> list[_Option]:
    fitting = [kernel for kernel in kernels if kernel.applies(node)]
    if not fitting:
        raise ModelError(
            f"operator {node.ops[0]} {node.name}, which writes tensor {node.output.tensor} "
            f'"{node.output.name}": no kernel takes these shapes',
            "TensorFlow Lite Micro does: try --runtime tflm",
        )
    return [
        _Option(kernel, kernel.cost(node), price.pieces(kernel, node) if price else {})
        for kernel in fitting
    ]


class _Exchange:
    """Does without one piece of code after the other, as long as that is worth its instructions."""

    def __init__(self, options: list[list[_Option]], price: float) -> None:
        self._options = options
        self._price = price

    def improve(self, chosen: list[_Option]) -> list[_Option]:
        best = self._score(chosen)
        while True:
            trials = [t for piece in _union(chosen) if (t := self._without(piece, chosen))]
            better = min(trials, key=self._score, default=chosen)
            if self._score(better) >= best:
                return chosen
            chosen, best = better, self._score(better)

    def _score(self, chosen: list[_Option]) -> float:
        code = sum(_union(chosen).values())
        return sum(option.cost for option in chosen) + self._price * code

    def _without(self, piece: str, chosen: list[_Option]) -> list[_Option] | None:
        """The best exchange of all that need ``piece``; None where one of them has no other."""
        there = _union([option for option in chosen if piece not in option.pieces])
        result = []
        for some, option in zip(self._options, chosen, strict=True):
            if piece in option.pieces:
                others = [other for other in some if piece not in other.pieces]
                if not others:
                    return None
                option = min(others, key=lambda other: self._added(other, there))  # noqa: PLW2901
                there |= option.pieces
            result.append(option)
        return result

    def _added(self, option: _Option, there: Pieces) -> float:
        new = sum(size for name, size in option.pieces.items() if name not in there)
        return option.cost + self._price * new


def _union(chosen: Sequence[_Option]) -> dict[str, int]:
    return {name: size for option in chosen for name, size in option.pieces.items()}
