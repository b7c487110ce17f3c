"""What a device's time and arena go to, layer by layer."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from tinyedge.results.fields import (
    Arena,
    BoardId,
    Macs,
    ModelName,
    Optimize,
    Result,
    Runtime,
    Sha256,
    Unit,
    Url,
)
from tinyedge.results.model import ArenaBlock


class LayerProfile(Result, frozen=True, kw_only=True):
    """One step of the aot runtime, or one operator of the tflm runtime."""

    index: Annotated[int, Meta(ge=0, description="Place in the order of execution")]
    name: Annotated[str, Meta(description="Operators that it carries out")]
    kernel: Annotated[str, Meta(description="Kernel of the aot runtime; empty: TFLM's")]
    input_shapes: tuple[tuple[int, ...], ...]
    output_shape: tuple[int, ...]
    macs: Macs
    ticks: Annotated[float, Meta(ge=0, description="Median over the runs, in tick_unit")]
    ticks_per_mac: Annotated[float | None, Meta(description="null: no MACs")]
    share: Annotated[float, Meta(ge=0, le=1, description="Of the sum of all layers' ticks")]
    weight_bytes: Annotated[int, Meta(ge=0, description="Weights and tables in flash")]
    arena_bytes: Annotated[
        int | None, Meta(description="Of the arena, needed while it runs; null: not known")
    ]


class ProfileReport(Result, frozen=True, kw_only=True):
    """``tinyedge profile``: ticks of each layer on the device."""

    schema: Literal["tinyedge-profile/1"] = "tinyedge-profile/1"
    model: ModelName
    sha256: Sha256
    board: BoardId
    runtime: Runtime
    optimize: Optimize
    elf_sha256: Annotated[
        str | None, Meta(description="Of the firmware that observes; null: not built here")
    ] = None
    url: Url
    runs: Annotated[int, Meta(ge=1, description="Inferences, each with another input")]
    tick_unit: Unit
    ticks: Annotated[float, Meta(description="Of a whole inference that is observed, median")]
    layer_ticks: Annotated[float, Meta(description="Sum of all layers")]
    macs: Macs
    arena_bytes: Arena
    arena: Annotated[
        tuple[ArenaBlock, ...], Meta(description="What lies in it when; empty: not known")
    ]
    layers: tuple[LayerProfile, ...]
