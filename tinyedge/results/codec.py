"""Results <-> JSON files, and the JSON Schema of each verb's."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

from tinyedge.errors import ConfigError
from tinyedge.results.adapt import AdaptReport
from tinyedge.results.counts import AnchorsReport, CompareReport
from tinyedge.results.data import DataReport
from tinyedge.results.debug import DebugReport
from tinyedge.results.device import (
    BenchReport,
    BridgeReport,
    CollectReport,
    DemoReport,
    FleetReport,
    MonitorReport,
    ReportFiles,
    ValidateReport,
)
from tinyedge.results.drift import DriftReport
from tinyedge.results.energy import EnergyReport
from tinyedge.results.fields import Result
from tinyedge.results.firmware import BuildReport, FlashReport, GenerateReport, StopReport
from tinyedge.results.fitting import FitReport, SearchReport
from tinyedge.results.matrix import MatrixReport
from tinyedge.results.mlperf import MlperfReport
from tinyedge.results.model import (
    BoardsReport,
    DoctorReport,
    InspectReport,
    QuantizeReport,
    TrainReport,
)
from tinyedge.results.profile import ProfileReport
from tinyedge.results.size import SizeReport
from tinyedge.results.update import KeysReport, PackageReport, VersionsReport
from tinyedge.workspace import write_atomic

VERBS: dict[str, type[Result]] = {
    "data": DataReport,
    "train": TrainReport,
    "quantize": QuantizeReport,
    "inspect": InspectReport,
    "fit": FitReport,
    "search": SearchReport,
    "generate": GenerateReport,
    "build": BuildReport,
    "size": SizeReport,
    "flash": FlashReport,
    "validate": ValidateReport,
    "fleet": FleetReport,
    "bench": BenchReport,
    "bench-anchors": AnchorsReport,
    "compare": CompareReport,
    "matrix": MatrixReport,
    "profile": ProfileReport,
    "debug": DebugReport,
    "energy": EnergyReport,
    "report": ReportFiles,
    "demo": DemoReport,
    "mlperf": MlperfReport,
    "monitor": MonitorReport,
    "drift": DriftReport,
    "collect": CollectReport,
    "bridge": BridgeReport,
    "adapt": AdaptReport,
    "keys": KeysReport,
    "package": PackageReport,
    "versions": VersionsReport,
    "boards": BoardsReport,
    "doctor": DoctorReport,
    "stop": StopReport,
}


class _Named(msgspec.Struct):
    schema: str


_R = TypeVar("_R", bound=Result)
_GIVE = "give a file that --json wrote"


def schema_of(kind: type[Result]) -> str:
    """The value of ``schema``, e.g. ``tinyedge-bench/1``."""
    return str(get_args(get_type_hints(kind)["schema"])[0])


def json_schema(verb: str) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of what the verb writes."""
    return msgspec.json.schema(VERBS[verb])


def encode(result: Result) -> bytes:
    """UTF-8 JSON, indented, ending in a newline."""
    return msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n"


def write(path: Path, result: Result) -> None:
    """Write the whole file or none. Raises TinyedgeError if it cannot be written."""
    write_atomic(path, encode(result))


def peek(path: Path) -> str:
    """The ``schema`` of a JSON file. Raises ConfigError if it is none of ours."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Named).schema
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", _GIVE) from error
    except msgspec.DecodeError as error:
        raise ConfigError(f"{path}: not a result of tinyedge: {error}", _GIVE) from error


def read(path: Path, kind: type[_R]) -> _R:
    """Read a result back. Raises ConfigError if it is missing, damaged or of another version."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", _GIVE) from error
    except msgspec.DecodeError as error:
        raise ConfigError(
            f"{path}: not a {schema_of(kind)} result: {error}", "run the verb again"
        ) from error


def earlier(path: Path, kind: type[_R]) -> _R | None:
    """The same of what an earlier run has left; None where :func:`read` raises."""
    try:
        return read(path, kind)
    except ConfigError:
        return None
