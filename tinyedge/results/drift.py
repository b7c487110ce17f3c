"""Whether what a device sees is still what its network was trained on."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from tinyedge.results.fields import BoardId, ModelName, Result, Sha256, Unit, Url
from tinyedge.results.update import Version

Cause = Literal["unknown", "power", "brownout", "pin", "software", "watchdog", "fault"]
"""By tinyedge.link.protocol.Reset."""
State = Literal["steady", "warning", "alarm"]


class Thresholds(Result, frozen=True, kw_only=True):
    """From where on a score is a warning, and an alarm; both of its distances must be over theirs.

    Of values without order there is the index alone.
    """

    psi_warning: Annotated[float, Meta(ge=0)] = 0.1
    psi_alarm: Annotated[float, Meta(ge=0)] = 0.25
    ks_warning: Annotated[float, Meta(ge=0, le=1, description="0: the bound of chance alone")] = 0.0
    ks_alarm: Annotated[float, Meta(ge=0, le=1)] = 0.0
    chance: Annotated[
        float, Meta(gt=0, lt=1, description="With which equal distributions exceed the bounds")
    ] = 0.001


class DriftScore(Result, frozen=True, kw_only=True):
    """How far one thing has moved."""

    what: Annotated[str, Meta(description='"classes", "confidence" or "inputs"')]
    psi: Annotated[float, Meta(ge=0, description="Population stability index")]
    ks: Annotated[float | None, Meta(description="Kolmogorov-Smirnov; null: values without order")]
    ks_bound: Annotated[float | None, Meta(description="Exceeded by chance so seldom as set")]
    state: State


class ResetCount(Result, frozen=True, kw_only=True):
    """How often the device has started for one reason."""

    cause: Cause
    count: Annotated[int, Meta(ge=1)]


class DriftReport(Result, frozen=True, kw_only=True):
    """``tinyedge monitor --drift``: the device's own counts against the training split's."""

    schema: Literal["tinyedge-drift/1"] = "tinyedge-drift/1"
    model: ModelName
    sha256: Annotated[Sha256, Meta(description="Of the .tflite that runs")]
    running: Annotated[str, Meta(description="Name of the model that runs")]
    version: Annotated[Version, Meta(description="Its version; 0.0.0: compiled in")]
    trained_sha256: Annotated[Sha256, Meta(description="Of the model that answered in training")]
    board: BoardId
    url: Url
    inferences: Annotated[int, Meta(ge=0, description="Counted on the device")]
    failed: Annotated[int, Meta(ge=0)]
    damaged: Annotated[int, Meta(ge=0, description="Frames that the device dropped")]
    overruns: Annotated[int, Meta(ge=0, description="Bytes that the device lost")]
    stack_peak_bytes: Annotated[int, Meta(ge=0)]
    resets: Annotated[
        tuple[ResetCount, ...],
        Meta(description="Starts since power came, as far as the device's RAM outlasts a reset"),
    ]
    ticks_mean: Annotated[float, Meta(ge=0, description="Of an inference, in tick_unit")]
    ticks_most: Annotated[int, Meta(ge=0)]
    tick_unit: Unit
    input_mean: Annotated[float, Meta(description="Of the int8 values; trained_mean: expected")]
    input_spread: float
    trained_mean: float
    trained_spread: float
    class_names: tuple[str, ...]
    classes: Annotated[tuple[int, ...], Meta(description="Answers by class")]
    confidence: Annotated[tuple[int, ...], Meta(description="Answers by their largest value")]
    thresholds: Thresholds
    scores: Annotated[tuple[DriftScore, ...], Meta(description="Empty: nothing was judged")]
    alarm: Annotated[bool, Meta(description="Of one of the scores; false where there are none")]
