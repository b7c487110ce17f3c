"""The stages after training that make a network smaller: prune, cluster, quantization-aware.

Each is kept in build/<model>/ and done again only if what it depends on has changed; each goes on
after its last whole epoch.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tinyedge import backend, importing, results
from tinyedge.backend import Backend
from tinyedge.dataset import Dataset
from tinyedge.errors import ToolError
from tinyedge.lock import exclusive
from tinyedge.recipe import Cluster, Prune, Quantize, Recipe, Training
from tinyedge.results import CompressionStage
from tinyedge.train import architectures, artefact, wrappers
from tinyedge.train.checkpoint import Checkpoint, State
from tinyedge.train.fit import Course, fit
from tinyedge.train.progress import Progress
from tinyedge.workspace import is_current, sha256, write_atomic, write_stamp

Judge = Callable[[Any], float]
"""Test accuracy of a model."""


@dataclass(frozen=True)
class Stage:
    """One stage that a recipe asks for: its name and its settings."""

    name: str
    settings: Prune | Cluster | Quantize

    @property
    def kept(self) -> str:
        """Name of the file with the result."""
        return f"{self.name}.npz" if self.name == "qat" else f"{self.name}.keras"


def stages(recipe: Recipe) -> tuple[Stage, ...]:
    """In the order in which they are done."""
    wanted = []
    if recipe.prune:
        wanted.append(Stage("prune", recipe.prune))
    if recipe.cluster:
        wanted.append(Stage("cluster", recipe.cluster))
    if recipe.quantize.method == "qat":
        wanted.append(Stage("qat", recipe.quantize))
    return tuple(wanted)


def run(
    recipe: Recipe,
    dataset: Dataset,
    folder: Path,
    key: str,
    judge: Judge,
    *,
    progress: Progress,
    force: bool,
) -> tuple[CompressionStage, ...]:
    """Do all stages on ``folder``'s model.keras, which ``key`` names; return what each has made."""
    done = []
    before = folder / base(recipe)
    for stage in stages(recipe):
        key = _key(recipe, stage, key)
        stamp, told = folder / f"{stage.name}.stamp", folder / f"{stage.name}.json"
        report = _earlier(told) if not force and is_current(stamp, key) else None
        if report is None:
            with exclusive(folder):
                stamp.unlink(missing_ok=True)
                checkpoint = Checkpoint(folder / f"{stage.name}-checkpoint.npz", key)
                if force:
                    checkpoint.remove()
                report = _Work(recipe, dataset, judge, progress).do(stage, before, checkpoint)
                results.write(told, report)
                write_stamp(stamp, key, [folder / stage.kept, told])
                checkpoint.remove()
        done.append(report)
        before = folder / stage.kept
    return tuple(done)


def base(recipe: Recipe) -> str:
    """Name of the file with the network before all stages."""
    if recipe.imported is None or importing.has_layers(importing.find(recipe)):
        return "model.keras"
    return importing.FLOAT


def final_paths(recipe: Recipe, folder: Path) -> tuple[Path, Path | None]:
    """The network to quantize, and the weights of its quantization-aware twin, if any.

    It is a .keras file, or the float .tflite of one that was imported and is none of Keras 2.
    """
    model, twin = folder / base(recipe), None
    for stage in stages(recipe):
        if stage.name == "qat":
            twin = folder / stage.kept
        else:
            model = folder / stage.kept
    return model, twin


def aware_twin(recipe: Recipe, model: bytes, weights: Path) -> Any:
    """The quantization-aware model that the last stage has trained, to be converted."""
    twin = _aware(recipe, read(backend.load(), model))
    state = Checkpoint(weights, "").load()
    assert state is not None
    twin.set_weights(state.weights)
    return wrappers.without_wrappers(twin) if recipe.cluster else twin


def read(tensorflow: Backend, model: bytes) -> Any:
    """A .keras file's bytes -> model, in a fresh session."""
    tensorflow.keras.backend.clear_session()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        path.write_bytes(model)
        return tensorflow.keras.models.load_model(path, compile=False)


@dataclass(frozen=True, eq=False)
class _Work:
    recipe: Recipe
    dataset: Dataset
    judge: Judge
    progress: Progress

    def do(self, stage: Stage, before: Path, checkpoint: Checkpoint) -> CompressionStage:
        """Train the stage's model from the file ``before``; write what it has made beside it."""
        tensorflow = backend.load()
        model = read(tensorflow, before.read_bytes())
        tensorflow.keras.utils.set_random_seed(self.recipe.training.seed)
        task = architectures.task(self.recipe)
        course = Course(self._training(stage), self.dataset, task, augment=self.recipe.augment)
        wrapped, callbacks = self._wrap(stage, model, course)
        course = replace(course, callbacks=callbacks)
        state = fit(tensorflow, wrapped, course, checkpoint, self.progress)
        wrapped.set_weights(state.weights)  # the last epoch's: earlier ones are not as small
        kept = before.with_name(stage.kept)
        if stage.name == "qat":
            Checkpoint(kept, "").save(State(state.weights, (), ()))
            made = wrappers.without_wrappers(wrapped) if self.recipe.cluster else wrapped
        else:
            made = wrappers.without_wrappers(wrapped)
            write_atomic(kept, artefact.pack(made))
        return _report(stage, state, made, self.judge(made))

    def _training(self, stage: Stage) -> Training:
        return msgspec.structs.replace(
            self.recipe.training,
            epochs=stage.settings.epochs,
            learning_rate=stage.settings.learning_rate,
            schedule="constant",
            patience=0,
        )

    def _wrap(self, stage: Stage, model: Any, course: Course) -> tuple[Any, tuple[Any, ...]]:
        recipe = self.recipe
        if stage.name == "prune":
            assert recipe.prune is not None
            return wrappers.prune(model, recipe.prune, course.steps * course.training.epochs)
        if stage.name == "cluster":
            assert recipe.cluster is not None
            return wrappers.cluster(model, recipe.cluster, pruned=recipe.prune is not None), ()
        return _aware(recipe, model), ()


def _aware(recipe: Recipe, model: Any) -> Any:
    return wrappers.quantize_aware(
        model,
        str(recipe.path),
        pruned=recipe.prune is not None,
        clustered=recipe.cluster is not None,
    )


def _report(stage: Stage, state: State, model: Any, accuracy: float) -> CompressionStage:
    kernels = [weight for weight in model.get_weights() if weight.ndim > 1]
    weights = sum(kernel.size for kernel in kernels)
    return CompressionStage(
        stage=stage.name,
        epochs=len(state.epochs),
        test_accuracy=accuracy,
        sparsity=sum(int((kernel == 0).sum()) for kernel in kernels) / max(1, weights),
        most_values=max((len(np.unique(kernel)) for kernel in kernels), default=0),
        weight_bytes=4 * weights,
        deflated_bytes=len(zlib.compress(b"".join(kernel.tobytes() for kernel in kernels), 9)),
        seconds=state.seconds,
    )


def _earlier(path: Path) -> CompressionStage | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=CompressionStage)
    except (OSError, msgspec.MsgspecError):  # written by another version of tinyedge
        return None


def _key(recipe: Recipe, stage: Stage, before: str) -> str:
    try:
        version = metadata.version("tensorflow-model-optimization")
    except metadata.PackageNotFoundError as error:
        raise ToolError(
            "compression needs tensorflow-model-optimization, which is not installed",
            'run pip install "tinyedge[train]"',
        ) from error
    if stage.name == "qat":
        quantize = recipe.quantize
        settings = repr((quantize.epochs, quantize.learning_rate))
    else:
        settings = repr(stage.settings)
    return sha256("\n".join([before, stage.name, settings, version]).encode())
