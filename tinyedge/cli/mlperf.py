"""``tinyedge mlperf``: MLPerf Tiny's performance and accuracy mode, and its quality targets."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import click

from tinyedge import board as boards
from tinyedge import mlperf
from tinyedge.board import Board
from tinyedge.cli import _console, _stages
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import (
    Finite,
    Target,
    board_option,
    compile_options,
    json_option,
    port_option,
    runtime_option,
    save,
    workspace_option,
)
from tinyedge.emit.mlperf import view
from tinyedge.errors import CheckFailed, ConfigError, LinkError, TinyedgeError
from tinyedge.link.mlperf import Client
from tinyedge.mlperf import Entry, Stimuli, Task
from tinyedge.mlperf.rules import SECONDS
from tinyedge.mlperf.run import STATE, Kept, key
from tinyedge.mlperf.stimuli import LABELS, labelled, read
from tinyedge.recipe import Compile
from tinyedge.results import (
    MlperfAccuracy,
    MlperfPerformance,
    MlperfReport,
    MlperfTask,
)
from tinyedge.workflow import devices, pipeline
from tinyedge.workflow.devices import Built
from tinyedge.workspace import Workspace

Mode = Literal["performance", "accuracy", "both"]
_EVERY = 1 << 30  # samples: all


@dataclass(frozen=True)
class Wanted:
    """What is asked of every task. ``samples``: so many stimuli at most."""

    board: Board
    board_id: str
    runtime: str
    workspace: Workspace
    given: Compile
    mode: Mode
    datasets: Path | None
    samples: int
    seconds: float
    port: str | None
    flash: bool
    again: bool


@click.command(
    epilog=by_example(
        (
            "tinyedge mlperf --suite tiny --models trained_models --datasets datasets",
            "the suite's models and stimuli, from a clone of mlcommons/tiny",
        ),
        (
            "tinyedge mlperf --task digits-cnn --quality 0.9 --mode accuracy",
            "a model of your own against a target of your own",
        ),
    )
)
@click.option(
    "--suite", type=click.Choice(["tiny"]), default="tiny", show_default=True, help="Whose rules."
)
@click.option(
    "--models",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with the suite's models (.tflite, known by their shapes).",
)
@click.option(
    "--task", "own", multiple=True, metavar="MODEL", help="Another model; may be given again."
)
@click.option("--quality", type=Finite(0, 1), help="Top-1 accuracy that --task must reach.")
@click.option(
    "--mode",
    type=click.Choice(["performance", "accuracy", "both"]),
    default="both",
    show_default=True,
    help="Time inferences, or ask about every stimulus.",
)
@click.option(
    "--datasets",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help=f"The runner's folder of stimuli: TASK/*.bin and TASK/{LABELS}.",
)
@click.option(
    "--samples", type=click.IntRange(min=1), help="The first so many stimuli (default: all)."
)
@click.option(
    "--seconds",
    type=Finite(min=0),
    default=SECONDS,
    show_default=True,
    help="What a timed run must take; the rules say ten.",
)
@board_option
@runtime_option
@port_option
@click.option("--no-flash", is_flag=True, help="The device at --port has the firmware already.")
@click.option("--again", is_flag=True, help="Do again what was done with the same firmware, too.")
@workspace_option
@json_option
@compile_options
def command(
    *,
    suite: str,  # noqa: ARG001  there is one
    models: Path | None,
    own: tuple[str, ...],
    quality: float | None,
    mode: Mode,
    datasets: Path | None,
    samples: int | None,
    seconds: float,
    board: str,
    runtime: str | None,
    port: str | None,
    no_flash: bool,
    again: bool,
    workspace: Workspace,
    json_path: Path | None,
    given: Compile,
) -> None:
    """Drive firmware through MLPerf Tiny over the benchmark's own protocol; print the table.

    Performance: inferences a second by the device's time stamps, the median of five runs; on
    boards whose clock counts instructions, instructions an inference. Accuracy: over the stimuli of
    --datasets, or a recipe's test split. What is done is kept, and a run that was stopped goes on.
    A real board gets each firmware in turn. Exit code 1 where a quality target is missed.
    """
    loaded = boards.load(board)
    _stages.require_ports(port)
    if no_flash and port is None:
        raise ConfigError("--no-flash: there is no --port", "name the device's port")
    entries, missing = _entries(models, own, quality)
    wanted = Wanted(
        board=loaded,
        board_id=board,
        runtime=runtime or loaded.runtime,
        workspace=workspace,
        given=given,
        mode=mode,
        datasets=datasets,
        samples=samples or _EVERY,
        seconds=seconds,
        port=port,
        flash=not no_flash,
        again=again,
    )
    tasks = tuple(_task(entry, wanted) for entry in entries)
    report = MlperfReport(
        board=loaded.id,
        runtime=wanted.runtime,
        mode=mode,
        tasks=tasks,
        missing=tuple(missing),
        held=all(_held(task) for task in tasks),
    )
    show(report)
    save(json_path, report)
    _require(report)


def _entries(
    models: Path | None, own: Sequence[str], quality: float | None
) -> tuple[list[Entry], list[str]]:
    """What to run, and the suite's tasks that ``models`` has no model for."""
    entries, missing = mlperf.suite(models) if models else ([], [])
    entries += [Entry(mlperf.own(pipeline.resolve(name).name, quality), name) for name in own]
    if not entries:
        raise _nothing(models)
    return entries, missing


def _nothing(models: Path | None) -> ConfigError:
    if models is None:
        return ConfigError("there is nothing to run", "give --models FOLDER, or --task MODEL")
    return ConfigError(
        f"{models}: no .tflite in it has a benchmark's shapes",
        f"put models of {', '.join(mlperf.TASKS)} there, or name any other with --task MODEL",
    )


def _task(entry: Entry, wanted: Wanted) -> MlperfTask:
    """One row; what fails is told in it, and the others go on."""
    name, sha256, url = pipeline.resolve(entry.model).name, None, None
    performance = accuracy = None
    task, problem, failed = entry.task, "", False
    try:
        if wanted.mode != "accuracy":
            devices.require_clock(wanted.board)
        built = _build(entry.model, wanted)
        sha256, task = built.report.sha256, _known(task, built)
        stimuli, problem = _stimuli(task, built, wanted)
        name = built.report.model
        if wanted.mode != "accuracy" or stimuli.items:
            baud = built.firmware.board.link.baud
            with _device(built, wanted) as url, Client(url, baud) as client:
                _require_model(client, built, url)
                performance, accuracy = _run(client, built, task, stimuli, wanted)
    except TinyedgeError as error:
        problem, failed = error.sentence, True
    return MlperfTask(
        task=task.id,
        model=name,
        sha256=sha256,
        url=url,
        performance=performance,
        accuracy=accuracy,
        problem=problem,
        failed=failed,
    )


def _known(task: Task, built: Built) -> Task:
    """The benchmark that a model of one's own has the shapes of, unless a quality is asked."""
    model = view(built.firmware.loaded.graph).model
    return mlperf.TASKS.get(model, task) if task.target is None else task


def _stimuli(task: Task, built: Built, wanted: Wanted) -> tuple[Stimuli, str]:
    """What accuracy mode asks about, and why there is none."""
    none = Stimuli("", ())
    if wanted.mode == "performance":
        return none, ""
    loaded = built.firmware.loaded
    seen = view(loaded.graph)
    folder = wanted.datasets / task.id if wanted.datasets else None
    if folder is not None and folder.is_dir():
        found = read(folder, task, seen, loaded.graph.outputs[0].elements)
        return replace(found, items=found.items[: wanted.samples]), ""
    if loaded.model.recipe is not None:
        found = labelled(loaded.samples(wanted.samples), loaded.graph, seen)
        if found.items:
            return found, ""
    where = f"{folder} is missing" if folder else "--datasets is not given"
    return none, f"no stimuli: {where}"


def _build(model: str, wanted: Wanted) -> Built:
    target = Target(model, wanted.board_id, wanted.runtime, wanted.given, wanted.workspace)
    return _stages.build(target, protocol="mlperf")


@contextlib.contextmanager
def _device(built: Built, wanted: Wanted) -> Iterator[str]:
    if wanted.port is not None and not wanted.flash:
        yield wanted.port
        return
    with _stages.ungreeted(built, wanted.port or "") as url:
        yield url


def _require_model(client: Client, built: Built, url: str) -> None:
    """A device that is there may have other firmware."""
    wanted, found = view(built.firmware.loaded.graph).model, client.model()
    if found != wanted:
        raise LinkError(f"{url}: the device has {found}, not {wanted}", "leave out --no-flash")


def _run(
    client: Client, built: Built, task: Task, stimuli: Stimuli, wanted: Wanted
) -> tuple[MlperfPerformance | None, MlperfAccuracy | None]:
    board, graph = built.firmware.board, built.firmware.loaded.graph
    timed = stimuli if stimuli.items else mlperf.stand_ins(graph, view(graph), mlperf.RUNS)
    path = built.firmware.target / STATE
    if wanted.again:
        path.unlink(missing_ok=True)
    kept = Kept(path, key(built.report.elf_sha256, timed, wanted.seconds))
    performance = accuracy = None
    if wanted.mode != "accuracy":
        with _console.progress(f"{task.id}: performance") as advance:
            performance = mlperf.performance(
                client, board, task, timed, kept, seconds=wanted.seconds, progress=advance
            )
    if wanted.mode != "performance" and stimuli.items:
        with _console.progress(f"{task.id}: accuracy") as advance:
            accuracy = mlperf.accuracy(client, task, stimuli, kept, progress=advance)
    return performance, accuracy


def show(report: MlperfReport) -> None:
    """Print a row a task, then what is missing."""
    columns = [
        "task",
        "model",
        ">speed",
        ">inferences",
        ">accuracy",
        ">target",
        ">stimuli",
        "result",
    ]
    title = f"MLPerf Tiny on {report.board}, runtime {report.runtime}"
    _console.show(_console.table(title, columns, [_row(task) for task in report.tasks]))
    for task in report.tasks:
        if task.problem:
            _console.show(f"{task.task}: {task.problem}")
        if task.performance and task.performance.long_enough is False:
            _console.show(f"{task.task}: its runs are shorter than the rules' ten seconds")
        if task.accuracy and task.accuracy.stimuli < task.accuracy.official:
            official = task.accuracy.official
            _console.show(f"{task.task}: the benchmark's data set has {official:,} stimuli")
    if report.missing:
        _console.show(f"no model of {', '.join(report.missing)}")
    good = sum(_held(task) for task in report.tasks)
    _console.verdict(report.held, f"{good} of {len(report.tasks)} tasks without a shortfall")


def _row(task: MlperfTask) -> tuple[object, ...]:
    timed, found = task.performance, task.accuracy
    speed = inferences = "-"
    if timed is not None:
        speed = "-" if timed.instructions is None else f"{timed.instructions:,.0f} instructions"
        speed = speed if timed.per_second is None else f"{timed.per_second:,.3f} inf/s"
        inferences = f"{len(timed.lap_us)} x {timed.inferences:,}"
    if found is None:
        return (task.task, task.model, speed, inferences, "-", "-", "-", _word(task))
    value = f"{found.metric} {_figure(found.metric, found.value)}"
    target = "-" if found.target is None else _figure(found.metric, found.target)
    return (task.task, task.model, speed, inferences, value, target, found.stimuli, _word(task))


def _figure(metric: str, value: float) -> str:
    return f"{value:.3f}" if metric == "AUC" else _console.percent(value)


def _word(task: MlperfTask) -> str:
    if task.failed:
        return "FAILED"
    if task.accuracy is None or task.accuracy.target is None:
        return "measured" if task.performance or task.accuracy else "-"
    return "reached" if task.accuracy.held else "MISSED"


def _held(task: MlperfTask) -> bool:
    return not task.failed and (task.accuracy is None or task.accuracy.held)


def _require(report: MlperfReport) -> None:
    """Raise CheckFailed unless all held, and ConfigError if accuracy was asked of nothing."""
    if report.mode == "accuracy" and not any(t.accuracy or t.failed for t in report.tasks):
        raise ConfigError(
            "accuracy mode had no stimuli",
            f"give --datasets FOLDER with FOLDER/{report.tasks[0].task}/{LABELS} and its files",
        )
    for task in report.tasks:
        if task.failed:
            raise CheckFailed(
                f"{task.task}: {task.problem}", "run it again after that: what is done is kept"
            )
        if task.accuracy is not None and not task.accuracy.held:
            figure = _figure(task.accuracy.metric, task.accuracy.value)
            raise CheckFailed(
                f"{task.task}: {task.accuracy.metric} {figure} misses its target",
                f"asked were {task.accuracy.stimuli:,} of its {task.accuracy.official:,} stimuli; "
                "ask more, or train and quantize the model better",
            )
