"""``tinyedge bench-anchors``: exact counts, model by model and layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from tinyedge import board as boards
from tinyedge import published
from tinyedge.board import Board
from tinyedge.cli import _console
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import json_option, save, workspace_option
from tinyedge.compile.options import Optimize
from tinyedge.errors import CheckFailed, ConfigError
from tinyedge.lock import exclusive
from tinyedge.recipe import Compile
from tinyedge.results import AnchorsReport, ModelCounts, StepCounts
from tinyedge.trace.run import require_counts
from tinyedge.workflow import anchors, devices, pipeline
from tinyedge.workspace import Workspace

BOARD = "qemu-mps2-an386"
OPTIMIZE: tuple[Optimize, ...] = ("speed", "size")


@click.command(
    epilog=by_example(
        (
            "tinyedge bench-anchors models/ --json anchors.json",
            "every .tflite in a folder, optimized for speed and for size",
        ),
    )
)
@click.argument("models", metavar="FOLDER|MODEL...", nargs=-1, required=True)
@click.option("--board", default=BOARD, show_default=True, metavar="ID", help="An emulated one.")
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=4,
    show_default=True,
    help="Answers of each model to compare with the reference, byte for byte.",
)
@click.option(
    "--optimize",
    type=click.Choice(OPTIMIZE),
    multiple=True,
    default=OPTIMIZE,
    show_default=True,
    help="What the compiler aims at; may be given again.",
)
@workspace_option
@json_option
def command(
    *,
    models: tuple[str, ...],
    board: str,
    samples: int,
    optimize: tuple[Optimize, ...],
    workspace: Workspace,
    json_path: Path | None,
) -> None:
    """Count every instruction and load of compiled models, by layer, beside TFLM's counts.

    A folder stands for all .tflite files in it. Counts are exact: they are what the emulator
    executed. Cycles are estimated for a Cortex-M4.
    """
    paths = [path for argument in models for path in _models(argument)]
    report = measure(paths, boards.load(board), optimize, samples, workspace)
    show(report)
    save(json_path, report)
    if not report.held:
        raise CheckFailed(
            "an answer differs from the reference: see the table",
            f'find the layer with "tinyedge debug MODEL --board {board}", and report it',
        )


def measure(
    paths: Sequence[str],
    board: Board,
    optimize: Sequence[Optimize],
    samples: int,
    workspace: Workspace,
) -> AnchorsReport:
    """Build and count every model; with a progress bar."""
    require_counts(board)
    counts: list[ModelCounts] = []
    compiler = ""
    jobs = [(path, aim) for path in paths for aim in optimize]
    with _console.progress(f"count on {board.id}") as advance:
        for done, (path, aim) in enumerate(jobs):
            advance(done, len(jobs), f"{Path(path).stem} for {aim}")
            model = pipeline.resolve(path, Compile(optimize=aim))
            loaded = pipeline.load(model, workspace)
            with exclusive(workspace.target(model.name, "aot", board.id)):
                built = devices.build(pipeline.generate(loaded, board, "aot", workspace))
            counts.append(anchors.measure(built, samples))
            compiler = compiler or anchors.compiler(built)
        advance(len(jobs), len(jobs))
    return AnchorsReport(
        board=board.id,
        compiler=compiler,
        tflm_source=published.cmsis_nn().source,
        models=tuple(counts),
        held=not any(one.mismatches for one in counts),
    )


def _models(argument: str) -> list[str]:
    """The models that an argument stands for. Raises ConfigError for a folder without any."""
    folder = Path(argument)
    if not folder.is_dir() or (folder / "recipe.toml").is_file():
        return [argument]
    found = sorted(str(path) for path in folder.glob("*.tflite"))
    if not found:
        raise ConfigError(f"{folder}: there is no .tflite in it", "name a folder that holds some")
    return found


def show(report: AnchorsReport) -> None:
    """Print a table of the models, then one of each model's layers."""
    _console.show(_overview(report))
    for one in report.models:
        _console.show(_layers(one))
    _console.show("Code: the runtime's own, without application, port and start-up.")
    _console.show(f"TFLM: {report.tflm_source}.")
    _console.show("Cycles are estimated by a model of the Cortex-M4, not measured on silicon.")


def _overview(report: AnchorsReport) -> object:
    columns = ["model, for", ">instructions", ">TFLM", ">a MAC", ">loads", ">est. cycles"]
    columns += [">arena", ">TFLM", ">code", ">TFLM", ">constants", "bytes"]
    rows = [
        (
            f"{one.model}, {one.optimize}",
            one.instructions,
            one.tflm and one.tflm.instructions,
            _ratio(one.instructions, one.macs),
            _ratio(one.loads, one.macs),
            one.cycles,
            one.arena_bytes,
            one.tflm and one.tflm.arena_bytes,
            one.flash_runtime_bytes,
            one.tflm and one.tflm.flash_code_bytes,
            one.flash_weights_bytes,
            "equal" if not one.mismatches else f"{one.mismatches} of {one.samples} DIFFER",
        )
        for one in report.models
    ]
    return _console.table(f"An inference on {report.board}", columns, rows)


def _layers(one: ModelCounts) -> object:
    columns = [">", "step", "kernel", "output", ">MACs", ">instructions", ">TFLM", ">share"]
    columns += [">a MAC", ">TFLM", ">loads", ">cycles"]
    rows = [_layer(step, one.traced_instructions) for step in one.steps]
    around = f"{one.outside_instructions} more around them"
    return _console.table(f"{one.model} for {one.optimize}, by step; {around}", columns, rows)


def _layer(step: StepCounts, total: int) -> tuple[object, ...]:
    return (
        step.index,
        step.name.replace("+", " + "),
        step.kernel.removeprefix("te_"),
        "x".join(map(str, step.output_shape[1:])),
        step.macs,
        step.instructions,
        step.tflm_instructions,
        f"{100 * step.instructions / total:.1f} %",
        _ratio(step.instructions, step.macs),
        _range(step.tflm_per_mac),
        _ratio(step.loads, step.macs),
        _ratio(step.cycles, step.macs),
    )


def _ratio(count: int, macs: int) -> str:
    return f"{count / macs:.3f}" if macs else "-"


def _range(ends: tuple[float, ...] | None) -> str:
    if ends is None:
        return "-"
    low, high = ends
    return f"{low:.2f}" if low == high else f"{low:g} to {high:g}"
