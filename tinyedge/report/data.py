"""Everything that a report shows, as the verbs' results and where they come from."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.results import (
    BenchReport,
    BoardInfo,
    BuildReport,
    DebugReport,
    InspectReport,
    ProfileReport,
    QuantizeReport,
    SizeReport,
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
class Example:
    """One sample that the device was sent: a PNG of ``width`` by ``height`` pixels.

    ``label`` and ``answer`` are classes, as numbers.
    """

    sample: int
    label: int
    answer: int
    png: bytes
    width: int
    height: int


@dataclass(frozen=True)
class ReportData:
    """One model on one board. ``train`` and ``quantize`` are None for a bare .tflite.

    ``profile`` and ``debug`` are None where nothing was measured, ``examples`` is empty without
    labelled pictures. ``target``: the arguments that name this firmware on the command line.
    """

    board: BoardInfo
    inspect: InspectReport
    build: BuildReport
    size: SizeReport
    validate: ValidateReport
    bench: BenchReport
    profile: ProfileReport | None
    debug: DebugReport | None
    train: TrainReport | None
    quantize: QuantizeReport | None
    examples: tuple[Example, ...]
    spectrograms: bool
    target: str
    provenance: Provenance
