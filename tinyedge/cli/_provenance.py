"""What made a report's figures: versions, hashes, and the commands that repeat them."""

from __future__ import annotations

import platform

from tinyedge import __version__
from tinyedge.report import Provenance
from tinyedge.results import BenchReport, DebugReport, ProfileReport, ValidateReport
from tinyedge.samples import SEED
from tinyedge.workflow import bill
from tinyedge.workflow.devices import Built

_PACKAGES = ("numpy", "tflite-micro")
_TRAINING = ("tensorflow", "tf-keras")
_PROGRAMS = {"qemu": "qemu-system-arm", "esptool": "esptool"}


def collect(
    built: Built,
    validate: ValidateReport,
    bench: BenchReport,
    profile: ProfileReport | None = None,
    debug: DebugReport | None = None,
) -> Provenance:
    """Ask the programs and packages that were used."""
    loaded, board = built.firmware.loaded, built.firmware.board
    packages = _PACKAGES + (_TRAINING if loaded.trained else ())
    programs = [board.build.toolchain, _PROGRAMS.get(board.flash.method, "")]
    hashes = [("model.tflite", loaded.graph.sha256)]
    if loaded.trained:
        hashes.insert(0, ("recipe.toml", loaded.trained.recipe_sha256))
        hashes.insert(1, ("data set", loaded.trained.dataset_sha256))
    hashes.append(("firmware.elf", built.report.elf_sha256))
    return Provenance(
        versions=(
            ("tinyedge", __version__),
            ("Python", platform.python_version()),
            *((name, version) for name in packages if (version := bill.package(name))),
            *((name, version) for name in programs if (version := bill.program(name))),
        ),
        hashes=tuple(hashes),
        commands=_commands(built, validate, bench, profile, debug),
    )


def target(built: Built) -> str:
    """The arguments that name this firmware on the command line."""
    model, report = built.firmware.loaded.model, built.report
    what = model.name if model.recipe else str(model.tflite)
    return f"{what} --board {report.board} --runtime {report.runtime}{model.compile.arguments()}"


def _commands(
    built: Built,
    validate: ValidateReport,
    bench: BenchReport,
    profile: ProfileReport | None,
    debug: DebugReport | None,
) -> tuple[str, ...]:
    named = target(built)
    found = [
        f"tinyedge validate {named} --samples {validate.samples}  # {validate.inputs}",
        f"tinyedge bench {named} --runs {bench.runs}  # pseudo-random inputs, seed {SEED}",
    ]
    if profile is not None:
        found.append(f"tinyedge profile {named} --runs {profile.runs}")
    if debug is not None:
        found.append(f"tinyedge debug {named} --sample {debug.sample}  # {debug.inputs}")
    return (*found, f"tinyedge report {named}")
