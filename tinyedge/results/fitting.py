"""How large a network may be, and which of many is best."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from tinyedge.results.fields import BoardId, Flash, Fraction, Macs, ModelName, Ram, Result

Width = Annotated[float | None, Meta(description="null: the architecture has none")]
Depth = Annotated[int | None, Meta(description="null: the architecture has none")]
Size = Annotated[
    tuple[int, ...] | None, Meta(description="data.size: height, width; null: cannot vary")
]
Latency = Annotated[float | None, Meta(description="Estimate, in latency_unit; null: not known")]
LatencyUnit = Annotated[
    Literal["instructions", "cycles"],
    Meta(description="cycles: by a model for Cortex-M4 that was not checked on silicon"),
]
Exceeds = Annotated[
    str, Meta(description="Limits that it breaks, or why it cannot be made; empty: it fits")
]


class FitLimits(Result, frozen=True, kw_only=True):
    """What a network must keep on a board."""

    flash: Flash
    ram: Ram
    arena: Annotated[int | None, Meta(description="The recipe's or --max-arena; null: none")]
    latency: Annotated[float | None, Meta(description="In latency_unit; null: no budget")]
    latency_unit: LatencyUnit
    latency_ms: Annotated[float | None, Meta(description="As it was given; null: it was not")]


class FitTrial(Result, frozen=True, kw_only=True):
    """One candidate, as the compiler plans it."""

    width: Width
    depth: Depth
    size: Size
    macs: Macs
    flash: Annotated[int, Meta(ge=0, description="Whole firmware; its weights alone, if no plan")]
    arena_bytes: Annotated[int | None, Meta(description="Exact; null: there is no plan")]
    ram: Annotated[int | None, Meta(description="Arena, state and stack; null: no plan")]
    latency: Latency
    max_arena_needed: Annotated[bool, Meta(description="It fits with compile.max_arena only")]
    exceeds: Exceeds


class FitReport(Result, frozen=True, kw_only=True):
    """``tinyedge fit``: the largest network that fits a board, and what was tried."""

    schema: Literal["tinyedge-fit/1"] = "tinyedge-fit/1"
    model: ModelName
    board: BoardId
    limits: FitLimits
    trials: tuple[FitTrial, ...]
    chosen: Annotated[int | None, Meta(description="Index into trials; null: none fits")]
    output: Annotated[str, Meta(description="The recipe that was written; empty: none")]
    held: Annotated[bool, Meta(description="Whether any fits")]


class SearchTrial(Result, frozen=True, kw_only=True):
    """One trial of a search."""

    number: Annotated[int, Meta(ge=0)]
    state: Annotated[
        Literal["complete", "pruned", "failed", "running"],
        Meta(description="pruned: it does not fit the board, and was not trained"),
    ]
    parameters: Annotated[dict[str, Any], Meta(description="What was drawn, by key of [search]")]
    accuracy: Annotated[
        Fraction | None, Meta(description="int8, validation split, TFLM reference; null: untrained")
    ]
    latency: Latency
    flash: Annotated[int | None, Meta(description="Whole firmware, estimated")]
    ram: Annotated[int | None, Meta(description="Arena, state and stack")]
    exceeds: Exceeds
    pareto: Annotated[
        bool, Meta(description="No other trial is as good in all four, and better in one")
    ]
    recipe: Annotated[str, Meta(description="Its recipe; empty: it is not on the Pareto front")]


class SearchReport(Result, frozen=True, kw_only=True):
    """``tinyedge search``: trials of a recipe, and which of them none is better than in all."""

    schema: Literal["tinyedge-search/1"] = "tinyedge-search/1"
    model: ModelName
    board: BoardId
    limits: FitLimits
    storage: Annotated[str, Meta(description="Where Optuna keeps the study, without a password")]
    study: Annotated[str, Meta(description="Its name there")]
    trials: tuple[SearchTrial, ...]
    picture: Annotated[str, Meta(description="Pareto plot; empty: no trial is complete")]
    held: Annotated[bool, Meta(description="Whether a trial is complete")]
