"""Exact counts of what emulated boards execute: bench-anchors and compare."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from tinyedge.results.fields import (
    Arena,
    BoardId,
    Code,
    Macs,
    ModelName,
    Optimize,
    Result,
    RuntimeCode,
    Sha256,
)

_Count = Annotated[int, Meta(ge=0)]
_EachMac = Annotated[float | None, Meta(description="For a multiply-accumulate; null: no MACs")]


class StepCounts(Result, frozen=True, kw_only=True):
    """One kernel call of the aot runtime."""

    index: Annotated[int, Meta(ge=0, description="Place in the plan")]
    name: Annotated[str, Meta(description="Operators that it carries out")]
    kernel: str
    output_shape: tuple[int, ...]
    macs: Macs
    instructions: Annotated[int, Meta(ge=0, description="Exact, its call included")]
    loads: Annotated[int, Meta(ge=0, description="Words read from memory: 3 for an LDM of 3")]
    cycles: Annotated[int, Meta(ge=0, description="Cortex-M4, by a model: see compile/cycles.py")]
    instructions_per_mac: _EachMac
    loads_per_mac: _EachMac
    cycles_per_mac: _EachMac
    tflm_instructions: Annotated[
        int | None, Meta(description="TFLM + CMSIS-NN's for the same operators; null: not known")
    ]
    tflm_per_mac: Annotated[
        tuple[float, ...] | None,
        Meta(
            description="TFLM + CMSIS-NN's instructions a MAC of such operators, least and most; "
            "null: not known"
        ),
    ]


class TflmFigures(Result, frozen=True, kw_only=True):
    """The same model under TFLM + CMSIS-NN."""

    instructions: _Count
    arena_bytes: Arena
    flash_code_bytes: Annotated[int, Meta(ge=0, description="Beyond an empty program")]


class ModelCounts(Result, frozen=True, kw_only=True):
    """One model, compiled ahead of time in one way."""

    model: ModelName
    sha256: Sha256
    optimize: Optimize
    macs: Macs
    instructions: Annotated[int, Meta(ge=0, description="Median over the samples, as bench has it")]
    traced_instructions: Annotated[int, Meta(ge=0, description="Sum of the steps, first sample")]
    outside_instructions: Annotated[
        int, Meta(ge=0, description="Of the first sample: calling the runtime, reading the timer")
    ]
    loads: Annotated[int, Meta(ge=0, description="Sum of the steps")]
    cycles: Annotated[int, Meta(ge=0, description="Sum of the steps: estimated")]
    arena_bytes: Arena
    flash_code_bytes: Code
    flash_runtime_bytes: RuntimeCode
    flash_weights_bytes: Annotated[int, Meta(ge=0, description="Weights and tables")]
    samples: Annotated[int, Meta(ge=1, description="Answers compared with the reference")]
    mismatches: Annotated[int, Meta(ge=0, description="Answers with any byte differing")]
    steps: tuple[StepCounts, ...]
    tflm: Annotated[TflmFigures | None, Meta(description="null: not known")]


class AnchorsReport(Result, frozen=True, kw_only=True):
    """``tinyedge bench-anchors``: exact counts, model by model and layer by layer."""

    schema: Literal["tinyedge-bench-anchors/1"] = "tinyedge-bench-anchors/1"
    board: BoardId
    compiler: Annotated[str, Meta(description="First line of the compiler's --version")]
    tflm_source: Annotated[str, Meta(description="Where the figures of TFLM come from")]
    models: tuple[ModelCounts, ...]
    held: Annotated[bool, Meta(description="Whether every byte was equal")]


class Change(Result, frozen=True, kw_only=True):
    """One figure that is not what it was."""

    what: Annotated[str, Meta(description="Model, aim, step if any, and the figure's name")]
    before: float
    after: float
    growth: Annotated[float | None, Meta(description="After / before - 1; null: before was 0")]
    noise: Annotated[bool, Meta(description="Whether the spread of the runs explains it")]
    over: Annotated[bool, Meta(description="Whether it grew beyond the limit, and not by noise")]


class CompareReport(Result, frozen=True, kw_only=True):
    """``tinyedge compare``: what moved between two results of one kind."""

    schema: Literal["tinyedge-compare/1"] = "tinyedge-compare/1"
    limit: Annotated[float, Meta(ge=0, description="By how much a figure may grow: 0.02 for 2 %")]
    compared: Annotated[int, Meta(ge=0, description="Figures that both results have")]
    changes: tuple[Change, ...]
    missing: Annotated[tuple[str, ...], Meta(description="What only one of the results has")]
    held: Annotated[bool, Meta(description="Whether no figure grew beyond the limit")]
