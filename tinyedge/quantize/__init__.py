"""Trained network -> fully int8 .tflite, with its accuracy by the TFLM reference.

What a device is sent is made here, too: :func:`inputs`. It needs numpy only, as does reading an
up-to-date result; only a conversion imports TensorFlow.
"""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import msgspec

from tinyedge import backend, results
from tinyedge import dataset as datasets
from tinyedge.dataset import Dataset
from tinyedge.errors import CheckFailed, ConfigError, TinyedgeError
from tinyedge.quantize import evaluate
from tinyedge.quantize.inputs import inputs
from tinyedge.quantize.verify import check_int8
from tinyedge.recipe import Recipe
from tinyedge.results import QuantizeReport, TrainReport
from tinyedge.train import architectures, model_path
from tinyedge.workspace import (
    Workspace,
    is_current,
    sha256,
    sources_sha256,
    write_atomic,
    write_stamp,
)

__all__ = ["QuantizeReport", "check_int8", "inputs", "quantize", "require_accuracy", "tflite_path"]

TFLITE = "model.tflite"


def tflite_path(recipe: Recipe, workspace: Workspace) -> Path:
    """Where the int8 model is kept."""
    return workspace.model(recipe.name) / TFLITE


def quantize(
    recipe: Recipe,
    workspace: Workspace,
    trained: TrainReport,
    progress: evaluate.Advance | None = None,
    force: bool = False,
) -> QuantizeReport:
    """Quantize what ``train`` made, unless the last result was made from the same things.

    ``progress`` hears (done, total) of the test samples. The report's ``held`` says whether the
    accuracy is what the recipe asks for; :func:`require_accuracy` makes that an error. Raises
    ModelError, naming it, if a float tensor or an unsupported op is left.
    """
    dataset = datasets.load(recipe.data, recipe.path, workspace.samples(recipe.name))
    keras_model = _trained(model_path(recipe, workspace))
    folder = workspace.model(recipe.name)
    stamp, report_path = folder / "quantize.stamp", folder / "quantize.json"
    key = _key(recipe, dataset, keras_model)
    report = _earlier(report_path) if not force and is_current(stamp, key) else None
    if report is None:
        stamp.unlink(missing_ok=True)
        tflite = _convert(recipe, dataset, keras_model)
        write_atomic(folder / TFLITE, tflite)
        accuracy = evaluate.accuracy(
            tflite, dataset.test, architectures.task(recipe), progress or (lambda _done, _all: None)
        )
        report = _report(recipe, dataset, trained, tflite, accuracy)
        results.write(report_path, report)
        write_stamp(stamp, key, [folder / TFLITE, report_path])
    allowed = recipe.quantize.max_accuracy_drop / 100  # not in the key: it changes no byte
    return msgspec.structs.replace(
        report,
        tflite_path=str(folder / TFLITE),
        max_accuracy_drop=allowed,
        held=_held(report.accuracy_drop, allowed),
    )


def require_accuracy(report: QuantizeReport) -> None:
    """Raise CheckFailed if int8 loses more than the recipe allows."""
    if not report.held:
        raise CheckFailed(
            f"{report.model}: int8 loses {report.accuracy_drop * 100:.2f} percentage points of "
            f"accuracy ({report.float_accuracy * 100:.2f} % -> {report.int8_accuracy * 100:.2f} %)"
            f", the recipe allows {report.max_accuracy_drop * 100:.2f}",
            "give more quantize.samples, or raise quantize.max_accuracy_drop",
        )


def _earlier(path: Path) -> QuantizeReport | None:
    try:
        return results.read(path, QuantizeReport)
    except ConfigError:  # written by another version of tinyedge
        return None


def _held(loss: float, allowed: float) -> bool:
    return loss <= allowed + 1e-9  # accuracies are quotients; equal must count as held


def _trained(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TinyedgeError(
            f"{path}: {error.strerror}", 'train the network first: "tinyedge train"'
        ) from error


def _convert(recipe: Recipe, dataset: Dataset, keras_model: bytes) -> bytes:
    # imported here, because it is TensorFlow's part
    from tinyedge.quantize import ptq  # noqa: PLC0415

    settings = recipe.quantize
    samples = dataset.representative(settings.samples, settings.seed)
    tflite = ptq.convert(backend.load(), keras_model, samples.inputs, recipe.name)
    check_int8(tflite, recipe.name)
    return tflite


def _report(
    recipe: Recipe, dataset: Dataset, trained: TrainReport, tflite: bytes, accuracy: float
) -> QuantizeReport:
    loss = trained.test_accuracy - accuracy
    allowed = recipe.quantize.max_accuracy_drop / 100
    return QuantizeReport(
        model=recipe.name,
        sha256=sha256(tflite),
        tflite_path=TFLITE,
        tflite_bytes=len(tflite),
        representative_samples=min(recipe.quantize.samples, len(dataset.train)),
        test_samples=len(dataset.test),
        metric=trained.metric,
        float_accuracy=trained.test_accuracy,
        int8_accuracy=accuracy,
        accuracy_drop=loss,
        max_accuracy_drop=allowed,
        held=_held(loss, allowed),
    )


def _key(recipe: Recipe, dataset: Dataset, keras_model: bytes) -> str:
    """Digest of all that the .tflite and its accuracy depend on."""
    settings = recipe.quantize
    parts = (
        repr((settings.method, settings.samples, settings.seed)),
        dataset.fingerprint,
        sha256(keras_model),
        sources_sha256(Path(__file__).parent),
        repr(backend.versions()),
        metadata.version("tflite-micro"),
    )
    return sha256("\n".join(parts).encode())
