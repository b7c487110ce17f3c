"""``tinyedge inspect``: the model, layer by layer, and the boards it fits."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from rich.text import Text

from tinyedge import board as boards
from tinyedge.cli import _console, _stages
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import (
    DEFAULT_BOARD,
    compile_options,
    json_option,
    model_argument,
    runtime_option,
    save,
    workspace_option,
)
from tinyedge.errors import ModelError
from tinyedge.fitting import smaller_inputs
from tinyedge.recipe import Compile
from tinyedge.report import arena_svg
from tinyedge.results import BoardFit, InspectReport, LayerInfo, TensorInfo
from tinyedge.workflow import fits
from tinyedge.workflow.pipeline import Loaded
from tinyedge.workspace import Workspace, write_atomic

_NO_BOARD = "no board runs it with the aot runtime; --runtime tflm may"


@click.command(
    epilog=by_example(
        ("tinyedge inspect fashion-cnn", "every board: does it fit?"),
        (
            "tinyedge inspect model.tflite --board netduinoplus2 --plan",
            "what runs step by step, on which kernel, and where in RAM",
        ),
    )
)
@model_argument
@click.option("--board", metavar="ID", help="Only this board (default: all of them).")
@click.option("--plan", is_flag=True, help="Show what the aot runtime runs, and where in RAM.")
@click.option(
    "--draw",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.svg",
    help="Draw the arena over time into this file.",
)
@runtime_option
@compile_options
@workspace_option
@json_option
def command(
    *,
    model: str,
    board: str | None,
    plan: bool,
    draw: Path | None,
    runtime: str | None,
    given: Compile,
    workspace: Workspace,
    json_path: Path | None,
) -> None:
    """Show MODEL's layers, quantization, work and memory, and whether it fits each board.

    Nothing is built: what firmware takes besides the model is a rounded-up estimate. The kernels,
    the arena and the plan are those of the first board listed. A recipe is not trained for this:
    until it is, its network is shown with random weights, and with input sizes that would fit.
    """
    wanted = _all_boards() if board is None else [boards.load(board)]
    loaded = _stages.load_or_sketch(model, workspace, given)
    report = fits.examine(loaded, wanted, runtime)
    if not report.trained:
        _console.note(f"{report.model} is not trained: shown with random weights")
        report = _suggest(report, loaded, wanted, runtime)
    _console.show(_layers(report), _totals(report))
    if plan:
        _console.show(_plan(report), _estimates(report), _memory(report), _arena(report))
    if draw:
        _draw(report, draw)
    _console.show(_boards(report) if report.boards else _NO_BOARD)
    if report.suggestions:
        _console.show(_suggestions(report))
    save(json_path, report)


def _suggest(
    report: InspectReport, loaded: Loaded, wanted: list[boards.Board], runtime: str | None
) -> InspectReport:
    """Add the input sizes at which the network would fit the boards that it does not."""
    small = {fit.board for fit in report.boards if not fit.fits}
    if not small:
        return report
    with _console.progress("look for a size that fits") as advance:
        found = smaller_inputs.search(
            loaded.model, [board for board in wanted if board.id in small], runtime, advance
        )
    return msgspec.structs.replace(report, suggestions=found)


def _suggestions(report: InspectReport) -> object:
    rows = [
        (
            found.board,
            f"size = [{found.size[0]}, {found.size[1]}]",
            found.flash_needed,
            found.ram_needed,
        )
        for found in report.suggestions
    ]
    columns = ["board", "fits with, in [data]", ">flash needed", ">RAM needed"]
    return _console.table("Smaller inputs", columns, rows)


def _all_boards() -> list[boards.Board]:
    """Every board whose file is right, the default one first."""
    found, wrong = boards.survey()
    for path in wrong:
        _console.note(f'{path} is left out: "tinyedge boards" says what is wrong with it')
    return sorted(found, key=lambda board: (board.id != DEFAULT_BOARD, board.id))


def _layers(report: InspectReport) -> object:
    columns = ["#", "operator", "output", "quantization", ">MACs", ">weights", "kernel"]
    rows = [_layer(layer) for layer in report.layers]
    return _console.table(f"Layers of {report.model}", columns, rows)


def _layer(layer: LayerInfo) -> tuple[object, ...]:
    channels = f", {layer.weight_scales} channels" if layer.weight_scales > 1 else ""
    return (
        layer.index,
        layer.op,
        _shape(layer.output),
        _quantization(layer.output) + channels,
        layer.macs,
        layer.weight_bytes,
        f"{layer.kernel}{', portable' if layer.portable else ''}" or "-",
    )


def _shape(tensor: TensorInfo) -> str:
    return "x".join(map(str, tensor.shape))


def _quantization(tensor: TensorInfo) -> str:
    if tensor.scale is None:
        return tensor.dtype
    return f"{tensor.dtype}, {tensor.scale:.6g} * (q {-(tensor.zero_point or 0):+d})"


def _totals(report: InspectReport) -> object:
    tensors = [(f"input {t.name}", t) for t in report.inputs]
    tensors += [(f"output {t.name}", t) for t in report.outputs]
    rows: list[tuple[str, object]] = [
        (name, f"{_shape(tensor)}, {_quantization(tensor)}") for name, tensor in tensors
    ]
    rows += [
        ("multiply-accumulates", report.macs),
        ("weights", f"{report.weight_bytes:,} bytes"),
        (".tflite", f"{report.tflite_bytes:,} bytes, sha256 {report.sha256[:16]}..."),
    ]
    if report.arena_bytes is not None:
        rows.append(("arena, aot runtime", f"{report.arena_bytes:,} bytes"))
        rows.append(("in portable C", _portable(report)))
    if report.training_bytes is not None:
        text = f"{report.training_bytes:,} bytes of RAM, with --feature learn"
        rows.append(("training on the device", text))
    if report.refused:
        rows.append(("aot runtime", f"cannot run it: {report.refused}"))
    return _console.facts("Totals", rows)


def _portable(report: InspectReport) -> str:
    """How much of the work no kernel made for the core does."""
    layers = [layer for layer in report.layers if layer.portable]
    if not layers:
        return "no layer"
    macs = sum(layer.macs for layer in layers)
    share = f", {macs / report.macs:.0%} of the multiply-accumulates" if report.macs else ""
    return f"{len(layers)} of {len(report.layers)} layers{share}"


def _plan(report: InspectReport) -> object:
    rows = [
        (
            step.name,
            step.kernel,
            " ".join(map(str, step.ops)),
            step.macs,
            step.instructions,
            step.cycles,
            step.constant_bytes,
        )
        for step in report.steps
    ]
    columns = ["step", "kernel", "operators", ">MACs", ">instructions", ">cycles", ">constants"]
    return _console.table("Plan of the aot runtime", columns, rows)


def _memory(report: InspectReport) -> object:
    rows = [
        (
            step.name,
            ", ".join(step.reads),
            step.output_offset,
            step.output_bytes,
            step.scratch_bytes,
        )
        for step in report.steps
    ]
    columns = ["step", "reads", ">writes at", ">bytes", ">scratch"]
    return _console.table("What its steps read and write", columns, rows)


def _estimates(report: InspectReport) -> object:
    rows: list[tuple[str, object]] = [
        ("instructions, Cortex-M4", f"about {report.instructions or 0:,}"),
        ("cycles, Cortex-M4", f"about {report.cycles or 0:,}, by a model not checked on silicon"),
        ("code of the runtime", f"about {report.code_bytes or 0:,} bytes"),
    ]
    rows += [(f"{step.name}: {step.kernel}", step.why) for step in report.steps if step.why]
    return _console.facts("Estimates, and why portable kernels run", rows)


def _draw(report: InspectReport, path: Path) -> None:
    if report.refused:
        raise ModelError(
            f"{report.model} has no plan to draw: {report.refused}",
            "leave out --draw, or convert the model so that the aot runtime takes it",
        )
    write_atomic(path, arena_svg(report))
    _console.path("drawing", str(path))


def _arena(report: InspectReport) -> object:
    rows = [
        (
            block.name,
            block.offset,
            block.bytes,
            f"{max(block.first_step, 0)} to {max(block.last_step, 0)}",
        )
        for block in report.arena
    ]
    return _console.table("Arena", ["tensor", ">offset", ">bytes", "steps"], rows)


def _boards(report: InspectReport) -> object:
    columns = ["board", "fits", ">flash needed", ">available", ">RAM needed", ">available", ""]
    return _console.table("Boards (estimate)", columns, [_board(fit) for fit in report.boards])


def _board(fit: BoardFit) -> tuple[object, ...]:
    return (
        fit.board,
        Text("yes", style="green") if fit.fits else Text("NO", style="red"),
        fit.flash_needed,
        fit.flash_available,
        fit.ram_needed,
        fit.ram_available,
        fit.help,
    )
