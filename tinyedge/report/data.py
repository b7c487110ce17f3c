"""Everything that a report shows, as the verbs' results and where they come from."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.results import (
    BenchReport,
    BoardInfo,
    BuildReport,
    InspectReport,
    QuantizeReport,
    TrainReport,
    ValidateReport,
)


@dataclass(frozen=True)
class Provenance:
    """What made the figures, and how to make them again. All pairs are (name, value)."""

    versions: tuple[tuple[str, str], ...]
    hashes: tuple[tuple[str, str], ...]
    commands: tuple[str, ...]


@dataclass(frozen=True)
class ReportData:
    """One model on one board. ``train`` and ``quantize`` are None for a bare .tflite."""

    board: BoardInfo
    inspect: InspectReport
    build: BuildReport
    validate: ValidateReport
    bench: BenchReport
    train: TrainReport | None
    quantize: QuantizeReport | None
    provenance: Provenance
