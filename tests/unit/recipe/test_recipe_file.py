"""A recipe that is written reads back the same, with its comments, and never over another."""

from pathlib import Path

import msgspec
import pytest

from tests.support.networks import own
from tinyedge import recipe
from tinyedge.errors import ConfigError
from tinyedge.recipe import Augment, Cluster, Compile, Prune, Recipe, Search, Transfer
from tinyedge.recipe import text as recipe_file


def _write(path: Path, given: Recipe, *, force: bool = False) -> Recipe:
    notes = {"network.parameters": "was narrower"}
    return recipe_file.write(path, given, ["Why it is", "", "there"], notes, force=force)


@pytest.mark.parametrize("name", recipe.available())
def test_every_recipe_reads_back(tmp_path: Path, name: str) -> None:
    given = recipe.load(name)
    path = tmp_path / "written.toml"
    assert _write(path, given) == msgspec.structs.replace(given, path=path)
    lines = path.read_text().splitlines()
    assert lines[:3] == ["# Why it is", "#", "# there"]
    noted = [line for line in lines if line.startswith("parameters = {") and "# was narr" in line]
    assert len(noted) == bool(given.network.parameters)


def test_every_section_reads_back(tmp_path: Path) -> None:
    given = msgspec.structs.replace(
        recipe.load("fashion-cnn"),
        title='"quoted" \\ and ü',
        augment=Augment(flip=False, zoom=1e-05),
        prune=Prune(sparsity=0.75),
        cluster=Cluster(),
        compile=Compile(max_arena=12_345, optimize="size"),
        search=Search(width=(0.25, 1.0), method=("ptq", "qat"), sparsity=(0.0, 0.5)),
    )
    path = tmp_path / "written.toml"
    assert _write(path, given) == msgspec.structs.replace(given, path=path)


def test_no_section_is_forgotten() -> None:
    plain = {"schema", "name", "title", "path", "imported"}  # the last cannot be made anew
    assert set(recipe_file._ABOUT) == {f.name for f in msgspec.structs.fields(Recipe)} - plain


def test_paths_are_turned_to_the_new_place(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    (old / "pictures").mkdir(parents=True)
    new.mkdir()
    base = recipe.load("fashion-cnn")
    data = msgspec.structs.replace(base.data, source="pictures", path="pictures", size=(8, 8))
    given = msgspec.structs.replace(
        base, path=old / "recipe.toml", data=data, transfer=Transfer(path="absent.keras")
    )
    written = _write(new / "written.toml", given)
    assert written.data.path == "../old/pictures"
    assert written.transfer == given.transfer  # it is not there: nothing to turn to
    assert _write(old / "written.toml", given).data.path == "pictures"


def test_another_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "written.toml"
    path.write_text("mine")
    with pytest.raises(ConfigError, match="is there already"):
        _write(path, recipe.load("digits-cnn"))
    assert path.read_text() == "mine"
    _write(path, recipe.load("digits-cnn"), force=True)
    with pytest.raises(ConfigError, match=r"ends in \.toml"):
        _write(tmp_path / "recipe", recipe.load("digits-cnn"))


def test_a_function_of_the_user_s_stays_beside_its_recipe(tmp_path: Path) -> None:
    given = own(tmp_path)
    assert _write(tmp_path / "written.toml", given).network == given.network
    with pytest.raises(ConfigError, match="must be beside the recipe"):
        _write(tmp_path / "elsewhere" / "written.toml", given)


@pytest.mark.parametrize("suffix", ["netduinoplus2", "My_Board.v2", "x" * 60])
def test_a_name_is_one_that_recipes_may_have(tmp_path: Path, suffix: str) -> None:
    named = recipe_file.named(recipe.load("photos-mobilenet-v2"), suffix)
    assert _write(tmp_path / "written.toml", named).name == named.name
