"""An operator that tinyedge knows by name only."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.graph.types import Op


@dataclass(frozen=True, eq=False)
class Opaque(Op):
    """An operator without parameters: to be listed, or run by TensorFlow Lite Micro itself."""

    name: str

    @property
    def kind(self) -> str:
        return self.name
