"""Transfer: layers of a saved model are taken, held, then trained on with the others."""

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Trained
from tests.support.training import Heard, short_recipe
from tinyedge import backend, dataset
from tinyedge.errors import ConfigError
from tinyedge.recipe import Recipe
from tinyedge.train import model_path, train, transfer
from tinyedge.train.fit import Course, class_weights, fresh
from tinyedge.workspace import Workspace

pytestmark = pytest.mark.timeout(900)  # seconds where the machine is free


def _recipe(folder: Path, path: Path, epochs: int = 1, frozen: int = 1) -> Recipe:
    """Another last dense layer than the saved model's."""
    section = f'[transfer]\npath = "{path}"\nfrozen_epochs = {frozen}\n[training]'
    changes = {"dense = [32]": "dense = [24]", "epochs = 12": f"epochs = {epochs}"}
    return short_recipe(folder, **{"[training]": section, **changes})


def _saved(trained: Trained) -> Path:
    return model_path(trained.recipe, trained.workspace).resolve()


def test_layers_of_the_same_name_and_shape_are_taken(trained: Trained, tmp_path: Path) -> None:
    recipe = _recipe(tmp_path, _saved(trained))
    data = dataset.load(recipe.data, recipe.path)
    model = fresh(backend.load(), recipe, data)
    before = model.get_layer("dense1").get_weights()
    taken = transfer.adopt(recipe, backend.load().keras, model)
    assert [layer.name for layer in taken] == ["conv1", "conv2"]
    assert np.array_equal(before[0], model.get_layer("dense1").get_weights()[0])
    saved = backend.load().keras.models.load_model(_saved(trained), compile=False)
    kept, got = (m.get_layer("conv1").get_weights() for m in (saved, model))
    assert all(np.array_equal(a, b) for a, b in zip(kept, got, strict=True))


def test_it_begins_better_and_goes_on_to_the_same_bytes(trained: Trained, tmp_path: Path) -> None:
    recipe, whole = _recipe(tmp_path, _saved(trained)), Workspace(tmp_path / "whole")
    heard = Heard()
    report = train(recipe, whole, heard)
    assert len(heard.epochs) == 2  # the frozen one is no epoch of the report
    assert len(report.epochs) == 1
    assert report.epochs[0].validation_accuracy > trained.report.epochs[0].validation_accuracy
    assert not list(whole.model(recipe.name).glob("*checkpoint*"))
    stopped = Workspace(tmp_path / "stopped")
    with pytest.raises(KeyboardInterrupt):
        train(recipe, stopped, Heard(stop_after=0))
    train(recipe, stopped)
    made = [model_path(recipe, where).read_bytes() for where in (whole, stopped)]
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "there is no"), (b"no model", "no model that tf_keras can read")],
)
def test_a_model_that_cannot_be_read_is_named(
    trained: Trained, tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "saved.keras"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        train(_recipe(tmp_path, path), Workspace(tmp_path / "build"))


def test_a_model_without_a_common_layer_is_named(trained: Trained, tmp_path: Path) -> None:
    keras = backend.load().keras
    keras.utils.set_random_seed(1)
    other = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(2, name="alone")])
    other.save(tmp_path / "other.keras")
    recipe = _recipe(tmp_path, tmp_path / "other.keras")
    with pytest.raises(ConfigError, match="none of its layers") as caught:
        train(recipe, Workspace(tmp_path / "build"))
    assert "alone" in caught.value.hint


def test_balanced_weights_let_classes_count_the_same(trained: Trained) -> None:
    import msgspec  # noqa: PLC0415

    data = dataset.load(trained.recipe.data, trained.recipe.path)
    plain = Course(trained.recipe.training, data, "classify")
    assert class_weights(data.train, plain) is None
    settings = msgspec.structs.replace(trained.recipe.training, class_weights="balanced")
    weights = class_weights(data.train, Course(settings, data, "classify"))
    assert weights is not None
    sums = np.bincount(data.train.labels) * np.array([weights[n] for n in range(10)])
    assert np.allclose(sums, len(data.train) / 10)
