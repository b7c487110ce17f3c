"""Class and score alone come back from a device: against the reference's, and what that saves."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tinyedge import results
from tinyedge.device import validate as validating
from tinyedge.device import wire
from tinyedge.errors import ConfigError
from tinyedge.graph.types import DType, Graph
from tinyedge.link.frames import require
from tinyedge.link.protocol import Feature
from tinyedge.oracle import Oracle
from tinyedge.results import ValidateReport
from tinyedge.workflow import devices
from tinyedge.workflow.devices import Advance, Built, Log

_COUNTED = 20  # samples whose bytes are counted in every way


def validate(
    built: Built, url: str, *, count: int, vectors: Path | None, progress: Advance, on_log: Log
) -> ValidateReport:
    """Compare class and score of each sample; count the bytes beside those of whole outputs.

    The result is kept as results-only.json. Raises ConfigError for a model whose first output is of
    real numbers, LinkError for a device without the feature "compress".
    """
    loaded = built.firmware.loaded
    _require_integers(loaded.graph)
    samples = loaded.samples(count, vectors)
    with devices.connect(built, url, on_log) as session:
        require(session, Feature.COMPRESS)
        report = validating.validate(
            session,
            Oracle(loaded.tflite, loaded.model.name),
            samples,
            model=built.report.model,
            elf_sha256=built.report.elf_sha256,
            url=url,
            baud=built.firmware.board.link.baud,
            results_only=True,
            progress=progress,
        )
        cost = wire.measure(session, loaded.samples(min(count, _COUNTED), vectors), None)
    assert report.results_only is not None
    counted = msgspec.structs.replace(report.results_only, wire=cost)
    report = msgspec.structs.replace(report, results_only=counted)
    results.write(built.firmware.target / "results-only.json", report)
    return report


def _require_integers(graph: Graph) -> None:
    if graph.outputs[0].dtype == DType.FLOAT32:
        raise ConfigError(
            f"{graph.name}: its first output is of real numbers, whose score does not go alone",
            "leave out --results-only, or quantize the output",
        )
