"""What a device makes of MLPerf Tiny: performance and accuracy mode."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from tinyedge.results.fields import (
    BoardId,
    Fraction,
    ModelName,
    Result,
    Runtime,
    Sha256,
    Url,
)


class MlperfPerformance(Result, frozen=True, kw_only=True):
    """Performance mode: runs of many inferences between two time stamps of the device."""

    inputs: Annotated[str, Meta(description="Where they come from")]
    inferences: Annotated[int, Meta(ge=1, description="Of a run")]
    warmups: Annotated[int, Meta(ge=0, description="Before each run, not timed")]
    lap_us: Annotated[
        tuple[int, ...], Meta(description="Each run, in microseconds of the device's clock")
    ]
    per_second: Annotated[
        float | None, Meta(description="Inferences, median; null: the clock counts instructions")
    ]
    instructions: Annotated[
        float | None, Meta(description="Of an inference, median; null: the clock tells time")
    ]
    long_enough: Annotated[
        bool | None, Meta(description="Every run took ten seconds; null: the clock tells no time")
    ]


class MlperfAccuracy(Result, frozen=True, kw_only=True):
    """Accuracy mode: each stimulus once."""

    inputs: Annotated[str, Meta(description="Where the stimuli come from")]
    stimuli: Annotated[int, Meta(ge=1, description="Files or samples that were answered")]
    official: Annotated[int, Meta(ge=0, description="Of the benchmark's data set; 0: no benchmark")]
    metric: Annotated[Literal["top-1", "AUC"], Meta(description="What value and target are")]
    value: Fraction
    target: Annotated[Fraction | None, Meta(description="The rules' quality; null: none is asked")]
    held: Annotated[bool, Meta(description="Whether value reaches target, if there is one")]


class MlperfTask(Result, frozen=True, kw_only=True):
    """One benchmark, or one model of the user's own."""

    task: Annotated[str, Meta(description='"kws01", "vww01", "ic01", "ad01" or the model\'s name')]
    model: ModelName
    sha256: Annotated[Sha256 | None, Meta(description="null: the model could not be read")]
    url: Annotated[Url | None, Meta(description="null: there was no device")]
    performance: Annotated[MlperfPerformance | None, Meta(description="null: not measured")]
    accuracy: Annotated[MlperfAccuracy | None, Meta(description="null: not measured")]
    problem: Annotated[
        str, Meta(description="What failed or is missing, and what to do; empty: nothing")
    ]
    failed: Annotated[bool, Meta(description="Whether problem is a failure")]


class MlperfReport(Result, frozen=True, kw_only=True):
    """``tinyedge mlperf``: all tasks on one board."""

    schema: Literal["tinyedge-mlperf/1"] = "tinyedge-mlperf/1"
    board: BoardId
    runtime: Runtime
    mode: Literal["performance", "accuracy", "both"]
    tasks: tuple[MlperfTask, ...]
    missing: Annotated[tuple[str, ...], Meta(description="Tasks of the suite without a model")]
    held: Annotated[bool, Meta(description="No failure, and every quality target is reached")]
