"""A user's network and an autoencoder, trained as the zoo's are."""

from pathlib import Path

import numpy as np
import pytest

from tests.support.data import needs_package
from tests.support.networks import own
from tests.support.training import Heard
from tinyedge import dataset
from tinyedge.quantize import quantize
from tinyedge.recipe import Data, Network, Quantize, Recipe, Training
from tinyedge.train import model_path, tasks, train
from tinyedge.workflow import pipeline
from tinyedge.workflow.pipeline import Model
from tinyedge.workspace import Workspace

pytestmark = pytest.mark.timeout(900)  # seconds where the machine is free


def test_a_network_with_dropout_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    needs_package("tensorflow")
    recipe, whole = own(tmp_path), Workspace(tmp_path / "whole")
    train(recipe, whole)
    stopped = Workspace(tmp_path / "stopped")
    with pytest.raises(KeyboardInterrupt):
        train(recipe, stopped, Heard(stop_after=1))
    train(recipe, stopped)
    made = [model_path(recipe, where).read_bytes() for where in (whole, stopped)]
    assert made[0] == made[1]


def test_a_change_of_the_user_s_file_trains_again(tmp_path: Path) -> None:
    needs_package("tensorflow")
    recipe, workspace = own(tmp_path), Workspace(tmp_path / "build")
    train(recipe, workspace)
    heard = Heard(stop_after=0)
    train(recipe, workspace, heard)
    assert heard.done_before is None
    (tmp_path / "nets.py").write_text((tmp_path / "nets.py").read_text() + "\n# changed\n")
    with pytest.raises(KeyboardInterrupt):
        train(recipe, workspace, heard)


def _anomalies(folder: Path) -> Recipe:
    """Normal samples lie on a line; abnormal ones anywhere."""
    random = np.random.RandomState(1)
    place = random.uniform(0, 1, (400, 1))
    normal = place * np.linspace(0, 255, 12) + random.uniform(-4, 4, (400, 12))
    abnormal = random.uniform(0, 255, (100, 12))
    x = np.clip(np.concatenate([normal, abnormal]), 0, 255).astype(np.uint8)
    np.savez(folder / "x.npz", x=x.reshape(500, 3, 4), y=np.repeat([0, 1], [400, 100]))
    (folder / "recipe.toml").write_text("")
    return Recipe(
        path=folder / "recipe.toml",
        schema=1,
        name="anomalies",
        title="x",
        data=Data(source="npz", path="x.npz", test=0.4),
        network=Network(
            architecture="autoencoder", parameters={"units": 16, "layers": 1, "code": 2}
        ),
        training=Training(epochs=15, batch=16, learning_rate=0.01),
        quantize=Quantize(samples=100, max_accuracy_drop=5.0),
    )


def test_an_autoencoder_tells_the_abnormal_apart(tmp_path: Path) -> None:
    needs_package("tensorflow")
    recipe, workspace = _anomalies(tmp_path), Workspace(tmp_path / "build")
    report = train(recipe, workspace)
    assert (report.metric, len(report.class_names)) == ("AUC", 2)
    assert report.test_accuracy > 0.9
    assert report.epochs[-1].accuracy > report.epochs[0].accuracy
    quantized = quantize(recipe, workspace, report)
    assert quantized.metric == "AUC"
    assert quantized.held
    loaded = pipeline.load(Model(recipe.name, recipe, None), workspace)
    assert loaded.samples(3).labels is None


def test_auc_counts_pairs() -> None:
    error, labels = np.array([1.0, 2.0, 2.0, 3.0]), np.array([0, 0, 1, 1])
    pairs = [(a > b) + (a == b) / 2 for a in error[labels == 1] for b in error[labels == 0]]
    assert tasks.auc(error, labels) == np.mean(pairs) == 0.875


def test_only_normal_samples_are_learned(tmp_path: Path) -> None:
    recipe = _anomalies(tmp_path)
    loaded = dataset.load(recipe.data, recipe.path)
    learned = tasks.learned(loaded.train, "reconstruct")
    assert set(loaded.train.labels[learned]) == {0}
    assert len(tasks.learned(loaded.train, "classify")) == len(loaded.train)
