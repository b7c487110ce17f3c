"""A package into a running device, checked there and here, and then kept or rolled back."""

from __future__ import annotations

import math
from collections.abc import Callable

from tinyedge.errors import CheckFailed, ConfigError, LinkError
from tinyedge.link import statistics
from tinyedge.link.protocol import Feature
from tinyedge.link.session import Session
from tinyedge.link.updating import COMPILED, Manifest, State, Updating
from tinyedge.oracle import Oracle
from tinyedge.packaging import Package
from tinyedge.results import SlotModel, VersionsReport
from tinyedge.samples import Samples

Hear = Callable[[int, int], None]


def require_fit(package: Package, architecture: bytes, board: str) -> None:
    """Raise ConfigError if the package is not for this firmware, before anything is sent."""
    if package.manifest.board != board:
        raise ConfigError(
            f"the package is made for {package.manifest.board}, not {board}",
            f'make one with "tinyedge package --board {board}"',
        )
    if package.manifest.architecture != architecture:
        raise ConfigError(
            "the package is made for another architecture than this firmware's",
            "package it with the options that the firmware was built with; a network of another "
            "shape needs new firmware",
        )


def require_arena(needed: int, reserved: int) -> None:
    """Raise ConfigError if the package's model needs a larger arena than the firmware has."""
    if needed > reserved:
        raise ConfigError(
            f"the package's model needs an arena of {needed:,} bytes, "
            f"and this firmware has one of {reserved:,}",
            "a network with larger layers needs new firmware",
        )


def update(session: Session, package: Package, samples: Samples, hear: Hear) -> tuple[int, int]:
    """Send the package, compare the new model's answers, keep it if all are the reference's.

    If it is on trial already, because a host went away, it is compared without being sent. Returns
    how many were compared and how many differ. Raises LinkError with the device's reason where it
    refuses, or if another model is on trial, CheckFailed where answers differ; then the old model
    runs again.
    """
    updating = Updating(session)
    if not _on_trial(session, updating, package):
        updating.send(package.signed, package.signature, package.content, hear)
    differing = _differing(session, package, samples)
    updating.decide(keep=differing == 0)
    if session.hello.features & Feature.MONITOR:
        statistics.clear(session)  # of the samples that were compared
    if differing:
        raise CheckFailed(
            f"{differing} of {len(samples)} answers of the new model are not the reference's",
            "it was rolled back: the old model runs; is the firmware the one that was built here?",
        )
    return len(samples), differing


def _on_trial(session: Session, updating: Updating, package: Package) -> bool:
    state, slots = updating.versions()
    if not state.trial:
        return False
    active = slots[state.active]
    if active is not None and active.pack() == package.signed:
        return True
    name = "a model" if active is None else f"{active.name} {_text(active)}"
    raise LinkError(
        f"{session.name}: {name} is on trial, and no host has decided on it",
        'end the trial with "tinyedge rollback", or with "tinyedge update" and its own package',
    )


def _text(manifest: Manifest) -> str:
    return ".".join(map(str, manifest.version))


def _differing(session: Session, package: Package, samples: Samples) -> int:
    oracle = Oracle(package.tflite)
    wrong = 0
    for number in range(len(samples)):
        got = session.infer(samples.payload(number)).outputs
        wrong += list(got) != [array.tobytes() for array in oracle.run(samples[number])]
    return wrong


def report(
    session: Session, model: str, board: str, url: str, compared: tuple[int, int] = (0, 0)
) -> VersionsReport:
    """The models that the device has now; ``compared``: answers, and how many of them differ."""
    state, slots = Updating(session).versions()
    own = SlotModel(
        slot=COMPILED,
        name=session.hello.model,
        version="0.0.0",
        sha256="",
        accuracy=None,
        active=state.active == COMPILED,
    )
    held = tuple(_slot(slot, found, state) for slot, found in enumerate(slots) if found)
    return VersionsReport(
        model=model,
        board=board,
        url=url,
        models=(own, *held),
        active=state.active,
        previous=state.previous,
        trial=state.trial,
        crashes=state.crashes,
        slot_bytes=state.slot_bytes,
        lasts=state.lasts,
        compared=compared[0],
        differing=compared[1],
    )


def _slot(slot: int, found: Manifest, state: State) -> SlotModel:
    return SlotModel(
        slot=slot,
        name=found.name,
        version=_text(found),
        sha256=found.tflite.hex(),
        accuracy=None if math.isnan(found.accuracy) else round(found.accuracy, 6),
        active=state.active == slot,
    )
