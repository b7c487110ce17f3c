"""Pruning, clustering, quantization-aware training: what they promise holds in int8."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Trained
from tests.support.data import needs_package
from tests.support.training import EPOCHS, Heard, short_recipe
from tinyedge import recipe as recipes
from tinyedge.graph import read_tflite
from tinyedge.quantize import QuantizeReport, quantize
from tinyedge.recipe import Recipe
from tinyedge.results import TrainReport
from tinyedge.train import compress, train
from tinyedge.workspace import Workspace

pytestmark = pytest.mark.timeout(900)  # seconds where the machine is free

PRUNE = "[prune]\nepochs = 1\n"
CLUSTER = "[cluster]\nclusters = 8\n"
QAT = '[quantize]\nmethod = "qat"'


@pytest.fixture
def workspace(trained: Trained, tmp_path: Path) -> Workspace:
    """A copy of the short training, so that no test trains the network itself."""
    needs_package("tensorflow_model_optimization")
    shutil.copytree(trained.workspace.root, tmp_path / "build")
    return Workspace(tmp_path / "build")


def _recipe(folder: Path, *sections: str) -> Recipe:
    extra = "".join(section for section in sections if section != QAT)
    head = QAT if QAT in sections else '[quantize]\nmethod = "ptq"'
    return short_recipe(folder, **{'[quantize]\nmethod = "ptq"': extra + head})


def _kernels(report: QuantizeReport) -> list[np.ndarray]:
    graph = read_tflite.read(Path(report.tflite_path).read_bytes(), "x")
    return [
        tensor.data
        for op in graph.ops
        for tensor in op.inputs
        if tensor.data is not None and len(tensor.shape) > 1 and op.kind != "RESHAPE"
    ]


def _made(recipe: Recipe, workspace: Workspace) -> tuple[TrainReport, QuantizeReport]:
    heard = Heard()
    report = train(recipe, workspace, heard)
    assert len(heard.epochs) == sum(stage.epochs for stage in report.stages)  # and no more
    return report, quantize(recipe, workspace, report)


def test_half_of_the_weights_are_zero(trained: Trained, workspace: Workspace) -> None:
    plain = quantize(trained.recipe, trained.workspace, trained.report)
    report, quantized = _made(_recipe(workspace.root, PRUNE), workspace)
    (stage,) = report.stages
    assert (stage.stage, stage.epochs) == ("prune", 1)
    assert stage.sparsity == pytest.approx(0.5, abs=0.01)
    assert stage.test_accuracy > 0.7
    assert report.test_accuracy == trained.report.test_accuracy
    assert all((kernel == 0).mean() >= 0.49 for kernel in _kernels(quantized))
    assert quantized.sparsity >= 0.5
    assert quantized.deflated_bytes < 0.9 * plain.deflated_bytes
    assert quantized.tflite_bytes > quantized.deflated_bytes


def test_two_of_four_are_zero_along_the_input_channels(workspace: Workspace) -> None:
    _, quantized = _made(_recipe(workspace.root, PRUNE + 'structure = "2:4"\n'), workspace)
    for kernel in _kernels(quantized)[1:]:  # the first has one input channel
        groups = kernel.reshape(-1, 4)
        assert ((groups == 0).sum(axis=1) >= 2).all()


def test_clusters_keep_the_zeros_and_int8_keeps_both(workspace: Workspace) -> None:
    recipe = _recipe(workspace.root, PRUNE, CLUSTER, QAT)
    report, quantized = _made(recipe, workspace)
    prune, cluster, qat = report.stages
    assert [stage.stage for stage in report.stages] == ["prune", "cluster", "qat"]
    assert cluster.most_values <= 8
    assert cluster.sparsity >= prune.sparsity - 0.01
    assert cluster.deflated_bytes < prune.deflated_bytes
    assert qat.test_accuracy > 0.7
    assert (quantized.method, quantized.calibration) == ("qat", "")
    assert quantized.sparsity >= 0.45
    dense = [kernel for kernel in _kernels(quantized) if kernel.ndim == 2]
    assert all(len(np.unique(kernel)) <= 9 for kernel in dense)
    shown = quantize(recipe, workspace, report, layers=True)
    assert {layer.op for layer in shown.layers} >= {"CONV_2D", "FULLY_CONNECTED", "SOFTMAX"}
    assert all(10 < layer.snr_db < 70 for layer in shown.layers)
    assert shown.treat


def test_a_stage_that_was_stopped_goes_on_to_the_same_bytes(
    trained: Trained, workspace: Workspace
) -> None:
    recipe = _recipe(workspace.root, PRUNE.replace("1", "2"))
    report, _ = _made(recipe, workspace)
    kept = workspace.model(recipe.name) / "prune.keras"
    whole = kept.read_bytes()
    kept.unlink()
    with pytest.raises(KeyboardInterrupt):
        train(recipe, workspace, Heard(stop_after=1))
    rest = Heard()
    again = train(recipe, workspace, rest)
    assert rest.done_before == 1
    assert kept.read_bytes() == whole
    assert again.stages[0].test_accuracy == report.stages[0].test_accuracy
    heard = Heard()
    assert train(recipe, workspace, heard).stages == again.stages
    assert heard.done_before is None
    assert len(report.epochs) == EPOCHS


def test_a_change_of_a_stage_repeats_it_and_what_follows(workspace: Workspace) -> None:
    first = _recipe(workspace.root, PRUNE)
    keys = [compress._key(first, compress.stages(first)[0], "x")]
    changed = _recipe(workspace.root, PRUNE + "sparsity = 0.6\n", QAT)
    stages = compress.stages(changed)
    keys.append(compress._key(changed, stages[0], "x"))
    assert len(set(keys)) == 2
    assert [stage.name for stage in stages] == ["prune", "qat"]
    assert compress._key(changed, stages[1], "x") != compress._key(changed, stages[1], "y")


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("[prune]\nsparsity = 1.0\n", "prune.sparsity = 1.0 is not allowed"),
        ('[prune]\nstructure = "4:2"\n', 'prune.structure = "4:2" is not allowed'),
        ("[cluster]\nclusters = 1\n", "cluster.clusters = 1 is not allowed"),
        ("[cluster]\ncluster = 4\n", 'unknown key "cluster.cluster"; did you mean "clusters"'),
    ],
)
def test_settings_that_cannot_be_are_named(tmp_path: Path, section: str, message: str) -> None:
    with pytest.raises(recipes.ConfigError, match=message):
        _recipe(tmp_path, section)
