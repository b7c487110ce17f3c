"""Many models on many boards."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from tinyedge.results.device import BenchReport
from tinyedge.results.fields import BoardId, Fraction, ModelName, Result, Runtime


class MatrixCell(Result, frozen=True, kw_only=True):
    """One model with one runtime on one board."""

    model: ModelName
    board: BoardId
    runtime: Runtime
    problem: Annotated[
        str, Meta(description="Why there is no measurement, and what to do; empty: there is one")
    ]
    bench: BenchReport | None
    accuracy: Annotated[Fraction | None, Meta(description="On the device; null: no labels")]
    pareto: Annotated[
        bool, Meta(description="No other cell of its board is as good in all, and better in one")
    ]


class MatrixReport(Result, frozen=True, kw_only=True):
    """``tinyedge matrix``: all of them in one table."""

    schema: Literal["tinyedge-matrix/1"] = "tinyedge-matrix/1"
    cells: tuple[MatrixCell, ...]
    picture: Annotated[str, Meta(description="Ticks against flash by board; empty: none measured")]
    held: Annotated[bool, Meta(description="Whether every cell was measured")]
