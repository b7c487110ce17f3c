"""What made a report's figures: versions, hashes, and the commands that repeat them."""

from __future__ import annotations

import platform
import shutil
from importlib import metadata

from tinyedge import __version__, tool
from tinyedge.devices import Built
from tinyedge.errors import ToolError
from tinyedge.report import Provenance
from tinyedge.results import BenchReport, ValidateReport
from tinyedge.samples import SEED

_PACKAGES = ("numpy", "tflite-micro")
_TRAINING = ("tensorflow", "tf-keras")
_PROGRAMS = {"qemu": "qemu-system-arm", "esptool": "esptool"}


def collect(built: Built, validate: ValidateReport, bench: BenchReport) -> Provenance:
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
            *((name, version) for name in packages if (version := _package(name))),
            *((name, version) for name in programs if (version := _program(name))),
        ),
        hashes=tuple(hashes),
        commands=_commands(built, validate, bench),
    )


def _commands(built: Built, validate: ValidateReport, bench: BenchReport) -> tuple[str, ...]:
    model = built.firmware.loaded.model
    what = model.name if model.recipe else str(model.tflite)
    target = f"{what} --board {bench.board} --runtime {bench.runtime}{model.compile.arguments()}"
    return (
        f"tinyedge validate {target} --samples {validate.samples}  # {validate.inputs}",
        f"tinyedge bench {target} --runs {bench.runs}  # pseudo-random inputs, seed {SEED}",
    )


def _package(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _program(name: str) -> str:
    """First line of ``name --version``; empty if the program is not there or does not say."""
    if not name or shutil.which(name) is None:
        return ""
    try:
        lines = tool.run([name, "--version"], timeout_s=20.0).stdout.splitlines()
    except ToolError:
        return ""
    return lines[0].strip() if lines else ""
