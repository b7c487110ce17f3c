"""What every verb writes with ``--json``: frozen, documented, versioned.

``schema`` names the layout and its version ("tinyedge-bench/1"). A field may be added within a
version; renaming, removing or changing the meaning of one makes a new version. Sizes are bytes,
accuracies fractions of 1, and a tick is what ``tick_unit`` says: never assume a time.
"""

from tinyedge.results.codec import VERBS, encode, json_schema, peek, read, schema_of, write
from tinyedge.results.counts import (
    AnchorsReport,
    Change,
    CompareReport,
    ModelCounts,
    StepCounts,
    TflmFigures,
)
from tinyedge.results.data import DataReport, Duplicates, SplitBalance
from tinyedge.results.debug import DebugReport, LayerTruth
from tinyedge.results.device import (
    BenchReport,
    ByteDifference,
    DemoReport,
    Mismatch,
    MonitorReport,
    ReportFiles,
    Spread,
    ValidateReport,
)
from tinyedge.results.fields import Result, TickUnit
from tinyedge.results.firmware import (
    BuildReport,
    FlashReport,
    GeneratedFile,
    GenerateReport,
    LayerSize,
    SectionSize,
    StopReport,
)
from tinyedge.results.matrix import MatrixCell, MatrixReport
from tinyedge.results.model import (
    ArenaBlock,
    BoardFit,
    BoardInfo,
    BoardsReport,
    CalibrationTrial,
    CompressionStage,
    Epoch,
    InspectReport,
    LayerInfo,
    LayerNoise,
    PlanStep,
    QuantizeReport,
    SkippedFile,
    Suggestion,
    TensorInfo,
    TrainReport,
)
from tinyedge.results.profile import LayerProfile, ProfileReport

__all__ = [
    "VERBS",
    "AnchorsReport",
    "ArenaBlock",
    "BenchReport",
    "BoardFit",
    "BoardInfo",
    "BoardsReport",
    "BuildReport",
    "ByteDifference",
    "CalibrationTrial",
    "Change",
    "CompareReport",
    "CompressionStage",
    "DataReport",
    "DebugReport",
    "DemoReport",
    "Duplicates",
    "Epoch",
    "FlashReport",
    "GenerateReport",
    "GeneratedFile",
    "InspectReport",
    "LayerInfo",
    "LayerNoise",
    "LayerProfile",
    "LayerSize",
    "LayerTruth",
    "MatrixCell",
    "MatrixReport",
    "Mismatch",
    "ModelCounts",
    "MonitorReport",
    "PlanStep",
    "ProfileReport",
    "QuantizeReport",
    "ReportFiles",
    "Result",
    "SectionSize",
    "SkippedFile",
    "SplitBalance",
    "Spread",
    "StepCounts",
    "StopReport",
    "Suggestion",
    "TensorInfo",
    "TflmFigures",
    "TickUnit",
    "TrainReport",
    "ValidateReport",
    "encode",
    "json_schema",
    "peek",
    "read",
    "schema_of",
    "write",
]
