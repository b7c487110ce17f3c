"""A made-up result of ``monitor --drift``."""

from typing import Any

import msgspec

from tinyedge.results import DriftReport, Thresholds

_CALM = DriftReport(
    model="m",
    sha256="0" * 64,
    running="m",
    version="0.0.0",
    trained_sha256="0" * 64,
    board="host",
    url="here",
    inferences=7,
    failed=0,
    damaged=0,
    overruns=0,
    stack_peak_bytes=300,
    resets=(),
    ticks_mean=12.5,
    ticks_most=20,
    tick_unit="ns",
    input_mean=0,
    input_spread=1,
    trained_mean=0,
    trained_spread=1,
    class_names=("cat", "dog"),
    classes=(4, 2),
    confidence=(0,) * 16,
    thresholds=Thresholds(),
    scores=(),
    alarm=False,
)


def made(**changes: Any) -> DriftReport:
    """Seven answers and no score, but for ``changes``; the alarm is that of the scores."""
    report = msgspec.structs.replace(_CALM, **changes)
    alarm = any(score.state == "alarm" for score in report.scores)
    return msgspec.structs.replace(report, alarm=alarm)
