"""From a model to a package, and from a package to a device that runs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tinyedge import keys, packaging
from tinyedge.device import update as updating
from tinyedge.emit import tflm_image
from tinyedge.emit import updating as emitted
from tinyedge.emit.updating import Replaceable
from tinyedge.errors import ConfigError
from tinyedge.link.session import Session
from tinyedge.link.updating import Updating
from tinyedge.packaging import Package, version
from tinyedge.results import PackageReport, VersionsReport
from tinyedge.samples import random
from tinyedge.workflow import devices, learning
from tinyedge.workflow.devices import Built, Log
from tinyedge.workflow.pipeline import Firmware, Loaded
from tinyedge.workspace import Workspace

__all__ = ["load", "package", "rollback", "running", "update", "version", "versions"]


def package(
    firmware: Firmware,
    key: Ed25519PrivateKey,
    number: tuple[int, int, int],
    *,
    downgrade: bool,
    out: Path | None,
    workspace: Workspace,
) -> PackageReport:
    """Package and sign the model of ``firmware``.

    A .tflite that ``adapt`` wrote has the name of the model that learned, and its accuracy then.
    """
    loaded = firmware.loaded
    name, accuracy = _known(loaded, workspace)
    made = packaging.make(
        _replaceable(firmware),
        loaded.tflite,
        loaded.samples(packaging.VECTORS),
        key,
        board=firmware.board.id,
        name=name,
        number=number,
        downgrade=downgrade,
        accuracy=accuracy,
    )
    text = ".".join(map(str, number))
    path = out or firmware.target / f"{name}-{text}.tepkg"
    packaging.write(path, made)
    return PackageReport(
        model=name,
        sha256=loaded.graph.sha256,
        board=firmware.board.id,
        version=text,
        downgrade=downgrade,
        architecture=made.manifest.architecture.hex(),
        accuracy=accuracy,
        content_bytes=len(made.content),
        vectors=made.manifest.vectors,
        path=str(path),
    )


def _replaceable(firmware: Firmware) -> Replaceable:
    loaded = firmware.loaded
    return emitted.replaceable(loaded.graph, firmware.plan, firmware.board, loaded.tflite)


def _known(loaded: Loaded, workspace: Workspace) -> tuple[str, float | None]:
    """The model's name and, as far as it is known, its accuracy."""
    if loaded.quantized:
        return loaded.model.name, loaded.quantized.int8_accuracy
    if learned := learning.origin(loaded, workspace):
        return learned.model, learned.accuracy_after
    return loaded.model.name, None


def running(built: Built, port: str | None) -> str:
    """The URL of a device that keeps what it is given. Raises ConfigError if none is there."""
    url = port or devices.left_running(built)
    if url is None:
        raise ConfigError(
            f"no {built.report.board} runs this firmware",
            'start one with "tinyedge flash" and the same options, or name one with --port',
        )
    return url


def load(path: Path, built: Built, workspace: Workspace) -> Package:
    """Read a package for the firmware ``built``. Raises ConfigError if it is not for it."""
    found = packaging.read(path, keys.public(workspace.keys / keys.PUBLIC))
    firmware = built.firmware
    own = _replaceable(firmware).architecture
    updating.require_fit(found, own, firmware.board.id)
    if firmware.plan is None:
        updating.require_arena(tflm_image.arena_bytes(found.content), firmware.arena_bytes)
    return found


def update(
    built: Built,
    url: str,
    found: Package,
    count: int,
    *,
    hear: Callable[[int, int], None],
    on_log: Log,
) -> VersionsReport:
    """Send the package; keep it if ``count`` answers are the reference's."""
    samples = random(built.firmware.loaded.graph, count)
    with _session(built, url, on_log) as session:
        compared = updating.update(session, found, samples, hear)
        return _report(built, url, session, compared)


def versions(built: Built, url: str, *, on_log: Log) -> VersionsReport:
    """The models in the device's slots, and which one runs. Raises LinkError as sessions do."""
    with _session(built, url, on_log) as session:
        return _report(built, url, session)


def rollback(built: Built, url: str, *, on_log: Log) -> VersionsReport:
    """Run the model before the one that runs; what the device has then. Raises LinkError."""
    with _session(built, url, on_log) as session:
        Updating(session).decide(keep=False)
        return _report(built, url, session)


def _session(built: Built, url: str, on_log: Log) -> Session:
    """Whichever model it runs."""
    return devices.open_session(built, url, on_log)


def _report(
    built: Built, url: str, session: Session, compared: tuple[int, int] = (0, 0)
) -> VersionsReport:
    return updating.report(session, built.report.model, built.report.board, url, compared)
