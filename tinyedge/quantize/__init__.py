"""Trained network -> fully int8 .tflite, with its accuracy by the TFLM reference.

What a device is sent is made here, too: :func:`inputs`. It needs numpy only, as does reading an
up-to-date result; only a conversion imports TensorFlow.
"""

from __future__ import annotations

import zlib
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tinyedge import backend, results
from tinyedge import dataset as datasets
from tinyedge.dataset import Dataset
from tinyedge.errors import CheckFailed, TinyedgeError
from tinyedge.graph import read_tflite
from tinyedge.lock import exclusive
from tinyedge.quantize import evaluate
from tinyedge.quantize.inputs import inputs
from tinyedge.quantize.verify import check_int8
from tinyedge.recipe import Recipe
from tinyedge.results import QuantizeReport, TrainReport
from tinyedge.train import adopted, architectures, compress
from tinyedge.workspace import (
    Workspace,
    is_current,
    sha256,
    sources_sha256,
    write_atomic,
    write_stamp,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tinyedge.quantize.convert import Converted
    from tinyedge.quantize.floats import Values

__all__ = [
    "QuantizeReport",
    "check_int8",
    "float_values",
    "inputs",
    "int8",
    "quantize",
    "require_accuracy",
    "tflite_path",
]

TFLITE = "model.tflite"
REPORT = "quantize.json"
STAMP = "quantize.stamp"
LAYERS = "layers.png"


def tflite_path(recipe: Recipe, workspace: Workspace) -> Path:
    """Where the int8 model is kept."""
    return workspace.model(recipe.name) / TFLITE


def quantize(
    recipe: Recipe,
    workspace: Workspace,
    trained: TrainReport,
    progress: evaluate.Advance | None = None,
    force: bool = False,
    *,
    layers: bool = False,
) -> QuantizeReport:
    """Quantize what ``train`` made, unless the last result was made from the same things.

    ``progress`` hears (done, total) of the test samples. The report's ``held`` says whether the
    accuracy is what the recipe asks for; :func:`require_accuracy` makes that an error. With
    ``layers`` it also says how far each layer's int8 output is from the float network's. Raises
    ModelError, naming it, if a float tensor or an unsupported op is left.
    """
    dataset = datasets.load(recipe.data, recipe.path, workspace.samples(recipe.name))
    folder = workspace.model(recipe.name)
    made = _made(recipe, folder)
    key = _key(recipe, dataset, made)
    report = None if force else results.earlier(folder / REPORT, QuantizeReport)
    if report is None or not is_current(folder / STAMP, key):
        with exclusive(folder):
            (folder / STAMP).unlink(missing_ok=True)
            dataset = adopted.judged(recipe, dataset, folder)
            report = _make(recipe, dataset, folder, trained, made, progress=progress)
            _keep(folder, report, key)
    if layers:
        with exclusive(folder):
            report = _with_layers(recipe, dataset, made, folder, report)
            (folder / STAMP).unlink(missing_ok=True)
            _keep(folder, report, key)
    allowed = recipe.quantize.max_accuracy_drop / 100  # not in the key: it changes no byte
    return msgspec.structs.replace(
        report,
        tflite_path=str(folder / TFLITE),
        layers_path=str(folder / LAYERS) if report.layers else "",
        max_accuracy_drop=allowed,
        held=_held(report.accuracy_drop, allowed),
    )


def _make(
    recipe: Recipe,
    dataset: Dataset,
    folder: Path,
    trained: TrainReport,
    made: _Made,
    *,
    progress: evaluate.Advance | None,
) -> QuantizeReport:
    converted = _convert(recipe, dataset, made)
    write_atomic(folder / TFLITE, converted.tflite)
    hear, task = progress or (lambda _done, _all: None), architectures.task(recipe)
    accuracy = evaluate.accuracy(converted.tflite, dataset.test, task, hear)
    return _report(recipe, dataset, trained, converted, accuracy)


def _keep(folder: Path, report: QuantizeReport, key: str) -> None:
    """The stamp comes last: it says what the files beside it were made from."""
    results.write(folder / REPORT, report)
    write_stamp(folder / STAMP, key, [folder / TFLITE, folder / REPORT])


def float_values(recipe: Recipe, workspace: Workspace, sample: NDArray[np.float32]) -> Values:
    """Every tensor of the float network for one sample (without batch), by its name in the .tflite.

    Raises ToolError without TensorFlow, and ConfigError if the recipe is not trained.
    """
    dataset = datasets.load(recipe.data, recipe.path, workspace.samples(recipe.name))
    made = _made(recipe, workspace.model(recipe.name))
    from tinyedge.quantize import convert  # noqa: PLC0415 - slow

    return convert.floating(recipe, dataset, made.model, sample)


def int8(recipe: Recipe, workspace: Workspace) -> bytes:
    """The int8 .tflite of what ``train`` made, not kept and not judged.

    Raises ModelError as :func:`quantize` does.
    """
    dataset = datasets.load(recipe.data, recipe.path, workspace.samples(recipe.name))
    return _convert(recipe, dataset, _made(recipe, workspace.model(recipe.name))).tflite


def require_accuracy(report: QuantizeReport) -> None:
    """Raise CheckFailed if int8 loses more than the recipe allows."""
    if not report.held:
        raise CheckFailed(
            f"{report.model}: int8 loses {report.accuracy_drop * 100:.2f} percentage points of "
            f"accuracy ({report.float_accuracy * 100:.2f} % -> {report.int8_accuracy * 100:.2f} %)"
            f", the recipe allows {report.max_accuracy_drop * 100:.2f}",
            'look where it is lost with "tinyedge quantize --layers", try quantize.calibration = '
            '"search" or method = "qat", or '
            "raise quantize.max_accuracy_drop",
        )


def _held(loss: float, allowed: float) -> bool:
    return loss <= allowed + 1e-9  # accuracies are quotients; equal must count as held


class _Made(msgspec.Struct, frozen=True):
    """What training has left: a .keras file, and weights of its quantization-aware twin."""

    model: bytes
    twin: Path | None


def _made(recipe: Recipe, folder: Path) -> _Made:
    model, twin = compress.final_paths(recipe, folder)
    if twin is not None:
        _trained(twin)
    return _Made(_trained(model), twin)


def _trained(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TinyedgeError(
            f"{path}: {error.strerror}", 'train the network first: "tinyedge train"'
        ) from error


def _convert(recipe: Recipe, dataset: Dataset, made: _Made) -> Converted:
    # imported here, because it is TensorFlow's part
    from tinyedge.quantize import convert  # noqa: PLC0415

    converted = convert.convert(recipe, dataset, made.model, made.twin)
    check_int8(converted.tflite, recipe.name)
    return converted


def _report(
    recipe: Recipe, dataset: Dataset, trained: TrainReport, converted: Converted, accuracy: float
) -> QuantizeReport:
    tflite = converted.tflite
    loss = trained.test_accuracy - accuracy
    allowed = recipe.quantize.max_accuracy_drop / 100
    return QuantizeReport(
        model=recipe.name,
        sha256=sha256(tflite),
        tflite_path=TFLITE,
        tflite_bytes=len(tflite),
        deflated_bytes=len(zlib.compress(tflite, 9)),
        sparsity=_sparsity(tflite),
        method=recipe.quantize.method,
        backend=recipe.quantize.backend,
        calibration=converted.calibration,
        calibrations=converted.trials,
        representative_samples=min(recipe.quantize.samples, len(dataset.train))
        if recipe.quantize.method == "ptq"
        else 0,
        test_samples=len(dataset.test),
        metric=trained.metric,
        float_accuracy=trained.test_accuracy,
        int8_accuracy=accuracy,
        accuracy_drop=loss,
        max_accuracy_drop=allowed,
        held=_held(loss, allowed),
    )


def _sparsity(tflite: bytes) -> float:
    """Part of the convolutions' and dense layers' int8 weights that is 0."""
    graph = read_tflite.read(tflite, "model")
    kernels = [
        tensor.data
        for op in graph.ops
        for tensor in op.inputs
        if tensor.data is not None and len(tensor.shape) > 1
    ]
    weights = sum(kernel.size for kernel in kernels)
    return sum(int((kernel == 0).sum()) for kernel in kernels) / max(1, weights)


def _with_layers(
    recipe: Recipe, dataset: Dataset, made: _Made, folder: Path, report: QuantizeReport
) -> QuantizeReport:
    from tinyedge.quantize import advice, convert, noise  # noqa: PLC0415 - TensorFlow's part

    tflite, aware = (folder / TFLITE).read_bytes(), made.twin is not None
    found = convert.layers(recipe, dataset, made.model, tflite, aware=aware)
    write_atomic(folder / LAYERS, noise.draw(recipe.name, found))
    return msgspec.structs.replace(
        report, layers=tuple(found), layers_path=LAYERS, treat=advice.treat(found)
    )


def _key(recipe: Recipe, dataset: Dataset, made: _Made) -> str:
    """Digest of all that the .tflite and its accuracy depend on."""
    settings = recipe.quantize
    parts = (
        repr(msgspec.structs.replace(settings, max_accuracy_drop=0.0)),
        dataset.fingerprint,
        sha256(made.model),
        sha256(made.twin.read_bytes()) if made.twin else "",
        sources_sha256(Path(__file__).parent),
        repr(backend.versions()),
        metadata.version("tflite-micro"),
    )
    return sha256("\n".join(parts).encode())
