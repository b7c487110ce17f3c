"""Operator records to operator dataclasses, one file a family of operators."""

from __future__ import annotations

from collections.abc import Callable

from tinyedge.graph.parse import arithmetic, conv, elementwise, pool, rearrange, resize, shape
from tinyedge.graph.parse.site import Site
from tinyedge.graph.types import Op

PARSERS: dict[int, Callable[[Site], Op]] = {
    **arithmetic.PARSERS,
    **conv.PARSERS,
    **elementwise.PARSERS,
    **pool.PARSERS,
    **rearrange.PARSERS,
    **resize.PARSERS,
    **shape.PARSERS,
}
"""Operator code of the TFLite schema to its parser."""

__all__ = ["PARSERS", "Site"]
