"""From built firmware and new samples to what its device has learned."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tinyedge import results
from tinyedge import samples as sampling
from tinyedge.dataset import given, shift
from tinyedge.dataset.given import Given
from tinyedge.device import adapt as adapting
from tinyedge.device import bench as benching
from tinyedge.device import validate as validating
from tinyedge.errors import CheckFailed, ConfigError
from tinyedge.graph.types import Quant
from tinyedge.learn import head as heads
from tinyedge.learn.head import Head
from tinyedge.learn.sgd import Settings
from tinyedge.learn.write import patched
from tinyedge.link import statistics
from tinyedge.link.learning import Learning
from tinyedge.link.session import Session
from tinyedge.oracle import Oracle
from tinyedge.quantize import inputs
from tinyedge.results import AdaptClass, AdaptLayer, AdaptReport, TickUnit, ValidateReport
from tinyedge.samples import Samples
from tinyedge.workflow import devices
from tinyedge.workflow.pipeline import Loaded
from tinyedge.workspace import Workspace, sha256, write_atomic

LEARNED = "adapted.tflite"
_RESULT = "adapt.json"
_VALIDATED = "learned.json"


@dataclass(frozen=True)
class Source:
    """At most ``count`` samples of ``data``, else of the test split, shifted.

    Without ``labels_wanted`` a folder's files are samples wherever they are in it.
    """

    data: Path | None
    shifts: tuple[str, ...]
    count: int
    labels_wanted: bool = True

    def __post_init__(self) -> None:
        """Raises ConfigError for a shift that there is not."""
        shift.require(self.shifts)


def adapt(
    built: devices.Built,
    url: str,
    samples: Samples,
    *,
    hear: adapting.Hear,
    on_log: devices.Log,
    forget: bool = False,
) -> AdaptReport:
    """Train the last dense layers on the device with ``samples``; the result is kept as adapt.json.

    What the device runs is written as adapted.tflite beside it, each time that it keeps something;
    where it runs the firmware's own in the end, there is no such file. ``forget``: what it has
    learned before.
    """
    firmware, loaded = built.firmware, built.firmware.loaded
    wanted = loaded.model.adapt
    head, path = heads.find(loaded.graph, wanted.layers), firmware.target / LEARNED
    settings = Settings(wanted.learning_rate, wanted.momentum, wanted.l2, wanted.batch)
    plan = adapting.Plan(settings, wanted.epochs, wanted.decay, wanted.hold_out, wanted.seed)
    with (
        devices.connect(built, url, on_log) as session,
        statistics.uncounted(session),
        _mirrored(path, on_log) as runs,
    ):
        found = adapting.adapt(
            session, loaded.tflite, head, samples, plan=plan, hear=hear, runs=runs, forget=forget
        )
        timed = benching.in_unit(firmware.board, session.hello.tick_hz, [round(found.ticks)])
    report = _report(built, url, samples.source, head=head, plan=plan, found=found, timed=timed)
    results.write(firmware.target / _RESULT, report)
    return report


def _report(
    built: devices.Built,
    url: str,
    source: str,
    *,
    head: Head,
    plan: adapting.Plan,
    found: adapting.Adapted,
    timed: tuple[TickUnit, list[int]],
) -> AdaptReport:
    """``timed``: the ticks of training on one sample, and their unit."""
    settings, (unit, ticks) = plan.settings, timed
    return AdaptReport(
        model=built.report.model,
        sha256=built.report.sha256,
        board=built.report.board,
        url=url,
        data=source,
        begun_learned=found.begun_learned,
        samples=found.samples,
        held_out=found.held_out,
        layers=tuple(
            AdaptLayer(op=layer.op.index, inputs=layer.inputs, outputs=layer.outputs)
            for layer in head.layers
        ),
        learning_rate=settings.learning_rate,
        decay=plan.decay,
        momentum=settings.momentum,
        l2=settings.l2,
        batch=settings.batch,
        accuracy_before=found.accuracy_before,
        accuracy_after=found.accuracy_after,
        classes=_classes(built.firmware.loaded, found),
        epochs=found.epochs,
        kept=found.kept,
        steps=found.samples * plan.epochs,
        ticks=ticks[0],
        tick_unit=unit,
        ram_bytes=head.ram_bytes,
        weights_equal=found.weights_equal,
        answers=found.answers,
        answers_differ=found.answers_differ,
        tflite=str(built.firmware.target / LEARNED) if found.tflite else "",
        tflite_sha256=sha256(found.tflite) if found.tflite else "",
        held=found.weights_equal and found.answers_differ == 0,
    )


@contextlib.contextmanager
def _mirrored(path: Path, note: devices.Log) -> Iterator[adapting.Runs]:
    """``path`` has what the device runs, however this ends; no file: the firmware's own weights."""
    own = False

    def runs(tflite: bytes | None) -> None:
        nonlocal own
        own = tflite is None
        if tflite is not None:
            write_atomic(path, tflite)

    try:
        yield runs
    finally:
        if own and path.exists():
            path.unlink()
            note(f"{path} was removed: the device runs the firmware's own weights")


def validate(
    built: devices.Built,
    url: str,
    *,
    count: int,
    vectors: Path | None,
    progress: devices.Advance,
    on_log: devices.Log,
) -> ValidateReport:
    """Compare the answers of a device that has learned with adapted.tflite's, byte for byte.

    The result is kept as learned.json. Raises CheckFailed where the device runs another model than
    that file, ConfigError without the file.
    """
    firmware, path = built.firmware, built.firmware.target / LEARNED
    samples = firmware.loaded.samples(count, vectors)
    try:
        tflite = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}: what this device has learned is not here",
            'it is written where "tinyedge adapt" runs, as long as the device keeps something',
        ) from error
    with devices.connect(built, url, on_log) as session:
        _require_runs(session, built, tflite, path)
        report = validating.validate(
            session,
            Oracle(tflite, path.stem),
            samples,
            model=built.report.model,
            elf_sha256=built.report.elf_sha256,
            url=url,
            baud=firmware.board.link.baud,
            progress=progress,
        )
    report = msgspec.structs.replace(report, sha256=sha256(tflite), learned=True)
    results.write(firmware.target / _VALIDATED, report)
    return report


def _require_runs(session: Session, built: devices.Built, tflite: bytes, path: Path) -> None:
    """The firmware's own .tflite with the weights that the device runs must be ``tflite``."""
    loaded = built.firmware.loaded
    head = heads.find(loaded.graph, loaded.model.adapt.layers)
    learned = adapting.learned_head(Learning(session), head)
    if learned is None:
        raise CheckFailed(
            f"{session.name}: the device has learned nothing since it started",
            f'leave out --learned, or let it learn with "tinyedge adapt"; {path} may be flashed',
        )
    if patched(loaded.tflite, learned) != tflite:
        raise CheckFailed(
            f"{session.name}: the device has learned other weights than those of {path}",
            'another host has trained it, or another device was: "tinyedge adapt" goes on from '
            "what it runs, and writes that file anew",
        )


def origin(loaded: Loaded, workspace: Workspace) -> AdaptReport | None:
    """What wrote this very .tflite: the result beside it, or one in the workspace; None: none."""
    path = loaded.model.tflite
    beside = (path.with_name(_RESULT),) if path else ()
    for result in (*beside, *sorted(workspace.root.glob(f"*/*/*/{_RESULT}"))):
        found = results.earlier(result, AdaptReport)
        if found is not None and found.tflite_sha256 == loaded.graph.sha256:
            return found
    return None


def _classes(loaded: Loaded, found: adapting.Adapted) -> tuple[AdaptClass, ...]:
    """By the data set's names, where there are any."""
    names = loaded.dataset.classes if loaded.dataset and loaded.dataset.labelled else ()
    unseen = loaded.model.recipe.data.unseen if loaded.model.recipe else ()
    return tuple(
        AdaptClass(
            name=(name := names[label] if label < len(names) else str(label)),
            unseen=name in unseen,
            held_out=count,
            right_before=before,
            right_after=after,
        )
        for label, (count, before, after) in found.classes.items()
    )


def labelled(loaded: Loaded, source: Source, quant: Quant | None = None) -> Samples:
    """The samples of ``source``, with labels if it has any.

    A file is read as the recipe's data, or, for a bare .tflite, as ``validate --inputs`` does. A
    folder is read as one with the recipe's data, or as one that was collected. ``quant``: of the
    inputs that are made of a recipe's data; None: that of its own network's.
    """
    recipe, dataset = loaded.model.recipe, loaded.dataset
    if recipe is None or dataset is None:
        if source.data is None or source.shifts:
            raise ConfigError(
                f"{loaded.model.name}: a .tflite has no data set",
                "give labelled samples with --data, without --shift, or a recipe",
            )
        if source.data.is_dir():
            raise ConfigError(
                f"{source.data}: a folder goes with a recipe, which says its classes and how its "
                f"files are read; {loaded.model.name} is a bare .tflite",
                "name the recipe, or give an .npz: numpy.savez(path, inputs=..., labels=...)",
            )
        return sampling.from_npz(source.data, loaded.graph, source.count)
    if source.data is None:
        found = Given(dataset.test.first(source.count), dataset.labelled)
        name = f"test split of {dataset.name}"
    else:
        found = given.read(
            source.data,
            recipe.data,
            recipe.path,
            dataset,
            source.count,
            labels_wanted=source.labels_wanted,
        )
        name = str(source.data)
    made = shift.shifted(found.split, source.shifts)
    text = "".join(f", {each}" for each in source.shifts)
    array = inputs(made, quant or loaded.graph.inputs[0].q)
    return Samples(f"{name}{text}", (array,), made.labels if found.labelled else None)


def to_learn(loaded: Loaded, source: Source) -> Samples:
    """The samples of ``source`` to train with. Raises ConfigError if they have no labels."""
    samples = labelled(loaded, source)
    if samples.labels is None:
        keys = "inputs=..., labels=..." if loaded.model.recipe is None else "x=..., y=..."
        raise ConfigError(
            f"{samples.source}: it has no labels: training needs the class of each sample",
            f"write them, too: numpy.savez(path, {keys})",
        )
    return samples
