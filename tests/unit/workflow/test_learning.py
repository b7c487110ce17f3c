"""The samples that a device learns from, or is fed with: of a recipe, with data beside its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from tests.support import learning as support
from tests.support.data import needs_package
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import flash, recipe
from tinyedge.cli import cli
from tinyedge.dataset import kept
from tinyedge.device import adapt as adapting
from tinyedge.errors import ConfigError
from tinyedge.graph import read_tflite
from tinyedge.learn.sgd import Settings
from tinyedge.recipe import Data
from tinyedge.samples import Samples
from tinyedge.workflow import learning, watching
from tinyedge.workflow.learning import Source
from tinyedge.workflow.pipeline import Loaded, Model

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


def test_a_sample_is_on_the_same_side_in_every_run() -> None:
    plan = adapting.Plan(Settings(0.02), epochs=1, decay=1.0, hold_out=0.3, seed=1)
    x = np.random.default_rng(6).integers(-128, 128, (2000, VALUES), np.int8)

    def held(rows: np.ndarray, plan: adapting.Plan) -> np.ndarray:
        return adapting.held_out(Samples("here", (rows,), None), plan)

    side = held(x, plan)
    assert 0.27 < side.mean() < 0.33
    order = np.random.default_rng(7).permutation(len(x))[:700]  # another count, another folder
    assert np.array_equal(held(x[order], plan), side[order])
    more = held(x, replace(plan, hold_out=0.5))
    assert 0.47 < more.mean() < 0.53
    assert more[side].all()
    assert (held(x, replace(plan, seed=2)) != side).any()


def _refused(of: Loaded, source: Source, words: str) -> None:
    with pytest.raises(ConfigError, match="no labels") as caught:
        learning.to_learn(of, source)
    assert words in (caught.value.hint or "")


def test_a_folder_for_a_bare_tflite_is_refused_before_a_board_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("make", "gcc")
    monkeypatch.setattr(flash, "_start", lambda *_, **__: pytest.fail("a board is written"))
    (tmp_path / "net.tflite").write_bytes(support.model(np.random.default_rng(4)))
    (tmp_path / "new").mkdir()
    argv = ["adapt", tmp_path / "net.tflite", "--data", tmp_path / "new", "--board", "host"]
    done = CliRunner().invoke(cli, [*map(str, argv), "--workspace", str(tmp_path / "build")])
    assert isinstance(done.exception, ConfigError)
    assert "new: a folder goes with a recipe" in done.exception.message
    assert "net is a bare .tflite" in done.exception.message
    assert "inputs=..., labels=..." in done.exception.hint


def test_loose_pictures_are_fed_and_read_before_the_device_is_opened(
    loaded: Loaded, tmp_path: Path
) -> None:
    needs_package("cv2")
    (tmp_path / "new").mkdir()
    for number, image in enumerate(X[:49]):
        (tmp_path / "new" / f"{number:06}.png").write_bytes(kept.png(image))
    device = watching.Watched(loaded, boards.load("host"), "socket://nowhere", None)
    feed = watching.Feed(tmp_path / "new", (), 60)
    with pytest.raises(ConfigError, match="new: 49 samples are too few to judge"):
        watching.send(device, feed, hear=lambda *_: None, on_log=print)
