"""The samples that a device learns from, or is fed with: of a recipe, with data beside its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import numpy as np
import pytest

from tests.support import learning as support
from tests.support.data import needs_package
from tinyedge import learning, recipe
from tinyedge.dataset import kept
from tinyedge.errors import ConfigError
from tinyedge.graph import read_tflite
from tinyedge.learning import Source
from tinyedge.pipeline import Loaded, Model
from tinyedge.recipe import Data

COUNT, VALUES = 100, 12
X = np.random.default_rng(1).integers(0, 256, (COUNT, 1, VALUES, 1), np.uint8)
Y = np.arange(COUNT) % support.CLASSES


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    """Raw 0 ... 255 are the int8 values -128 ... 127 of its input."""
    np.savez(tmp_path / "own.npz", x=X, y=Y)
    data = Data(
        source="npz",
        path=str(tmp_path / "own.npz"),
        test=0.3,
        validation=0.3,
        range=(-3.63, 4.02),
        unseen=("4",),
    )
    of = msgspec.structs.replace(recipe.load("digits-cnn"), data=data)
    tflite = support.model(np.random.default_rng(4))
    return Loaded(Model("learner", of, None), tflite, read_tflite.read(tflite, "learner"))


def _bare(loaded: Loaded) -> Loaded:
    return Loaded(Model("learner", None, None), loaded.tflite, loaded.graph)


def test_an_npz_and_a_folder_give_a_recipe_the_same_samples(loaded: Loaded, tmp_path: Path) -> None:
    needs_package("cv2")
    for number, (image, label) in enumerate(zip(X, Y, strict=True)):
        (tmp_path / "new" / str(label)).mkdir(parents=True, exist_ok=True)
        (tmp_path / "new" / str(label) / f"{number:06}.png").write_bytes(kept.png(image))
    pairs = []
    for place in (tmp_path / "own.npz", tmp_path / "new"):
        found = learning.labelled(loaded, Source(place, ("invert",), COUNT))
        assert found.labels is not None
        assert found.source == f"{place}, invert"
        raw = 127 - found.inputs[0].astype(int)
        pairs.append(
            {
                (bytes(x.astype(np.uint8)), y)
                for x, y in zip(raw, found.labels.tolist(), strict=True)
            }
        )
    assert pairs[0] == pairs[1] == {(bytes(x), y) for x, y in zip(X, Y.tolist(), strict=True)}


@pytest.mark.parametrize(("bare", "words"), [(True, "inputs=..., labels=..."), (False, "y=...")])
def test_without_labels_it_says_so_and_what_to_write(
    loaded: Loaded, tmp_path: Path, bare: bool, words: str
) -> None:
    path = tmp_path / "new.npz"
    if bare:
        np.savez(path, inputs=np.zeros((30, VALUES), np.int8))
    else:
        np.savez(path, x=X)
    of = _bare(loaded) if bare else loaded
    assert learning.labelled(of, Source(path, (), 30)).labels is None  # enough to be fed with
    _refused(of, Source(path, (), 30), words)


def test_a_recipe_whose_own_data_has_no_labels_learns_from_an_npz_that_has(
    loaded: Loaded, tmp_path: Path
) -> None:
    """A network that is imitated needs none."""
    np.savez(tmp_path / "new.npz", x=X, y=Y)
    assert loaded.model.recipe is not None
    data = msgspec.structs.replace(loaded.model.recipe.data, unseen=())
    np.savez(tmp_path / "own.npz", x=X)
    of = msgspec.structs.replace(loaded.model.recipe, data=data)
    without = replace(loaded, model=replace(loaded.model, recipe=of))
    _refused(without, Source(None, (), 30), "y=...")
    found = learning.labelled(without, Source(tmp_path / "new.npz", (), COUNT))
    assert found.labels is not None
    assert sorted(found.labels.tolist()) == sorted(Y.tolist())


def _refused(of: Loaded, source: Source, words: str) -> None:
    built = cast("Any", SimpleNamespace(firmware=SimpleNamespace(loaded=of)))
    with pytest.raises(ConfigError, match="no labels") as caught:
        learning.adapt(built, "", source, hear=lambda *_: None, on_log=print)
    assert words in (caught.value.hint or "")
