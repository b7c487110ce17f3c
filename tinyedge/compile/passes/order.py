"""Chooses the execution order that keeps the fewest bytes alive at once."""

from __future__ import annotations

from dataclasses import replace

from tinyedge.compile.program import Node, Program

#: sets of executed nodes that the search may visit; beyond, the file's order stays
STATES = 20_000


def transform(program: Program) -> Program:
    """Return the program in the order of the smallest peak, and then of the fewest bytes over all.

    Ties go to the file's order. The second aim leaves room for scratch: what shrinks runs early.

    Exact over all orders (dynamic programming over sets of executed nodes) for graphs of few
    parallel branches. What is alive is counted without overlap and scratch: the arena plan that
    follows knows about those. A graph with more than ``STATES`` such sets keeps its order.
    """
    if _is_chain(program):
        return program
    best = _Search(program).run()
    return program if best is None else replace(program, nodes=best)


def _is_chain(program: Program) -> bool:
    pairs = zip(program.nodes, program.nodes[1:], strict=False)
    return all(any(v is a.output for v in b.activations) for a, b in pairs)


class _Search:
    """Shortest path, in the sense of the smallest peak, from no node executed to all."""

    def __init__(self, program: Program) -> None:
        self.nodes = program.nodes
        index = {id(node.output): i for i, node in enumerate(self.nodes)}
        self.needs = [
            sum({1 << index[id(v)] for v in node.activations if id(v) in index})
            for node in self.nodes
        ]
        self.values = {id(v): v.bytes for n in self.nodes for v in (*n.activations, n.output)}
        self.made = {key: 1 << index[key] if key in index else 0 for key in self.values}
        self.read = {
            key: sum(
                1 << i for i, n in enumerate(self.nodes) if any(id(v) == key for v in n.activations)
            )
            for key in self.values
        }
        self.stays = {id(v) for v in program.outputs}

    def run(self) -> tuple[Node, ...] | None:
        """Nodes in the best order, or None if there are too many states."""
        layer: dict[int, tuple[int, int, tuple[int, ...]]] = {0: (0, 0, ())}
        visited = 0
        for _ in self.nodes:
            following: dict[int, tuple[int, int, tuple[int, ...]]] = {}
            for done, (peak, total, order) in layer.items():
                for i in range(len(self.nodes)):
                    if done >> i & 1 or self.needs[i] & ~done:
                        continue
                    alive = self._alive(done, i)
                    candidate = (max(peak, alive), total + alive, (*order, i))
                    key = done | 1 << i
                    if key not in following or candidate < following[key]:
                        following[key] = candidate
            visited += len(following)
            if visited > STATES:
                return None
            layer = following
        ((_, _, order),) = layer.values()
        return tuple(self.nodes[i] for i in order)

    def _alive(self, done: int, running: int) -> int:
        """Bytes alive while node ``running`` runs after those of ``done``."""
        after = done | 1 << running
        total = 0
        for key, size in self.values.items():
            exists = not self.made[key] or self.made[key] & after
            wanted = self.read[key] & ~done or key in self.stays or self.made[key] == 1 << running
            total += size if exists and wanted else 0
        return total
