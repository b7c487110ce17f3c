"""Recipes: those that come with tinyedge are right, and each mistake is named."""

from pathlib import Path

import pytest

from tests.support.data import needs_data
from tinyedge import dataset, recipe
from tinyedge.errors import ConfigError
from tinyedge.train import architectures

INVALID = sorted((Path(__file__).parents[2] / "recipes").glob("invalid_*.toml"))


@pytest.mark.parametrize("name", recipe.available())
def test_a_recipe_that_comes_with_tinyedge_is_named_like_its_folder(name: str) -> None:
    assert recipe.load(name).name == name


def test_a_recipe_is_found_by_name_file_and_folder(tmp_path: Path) -> None:
    text = recipe.load("digits-cnn").path.read_text()
    (tmp_path / "recipe.toml").write_text(text)
    by_name = recipe.load("digits-cnn")
    for given in (tmp_path, tmp_path / "recipe.toml"):
        found = recipe.load(str(given))
        assert found.path == tmp_path / "recipe.toml"
        assert (found.data, found.training) == (by_name.data, by_name.training)


def _check(path: Path) -> None:
    loaded = recipe.load(str(path))
    needs_data(loaded.data.source)
    architectures.check(loaded, dataset.load(loaded.data, loaded.path).shape)


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_a_wrong_recipe_is_refused_with_file_key_and_next_step(path: Path) -> None:
    expected = path.read_text().splitlines()[0].removeprefix("# expect: ")
    with pytest.raises(ConfigError) as caught:
        _check(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert expected in caught.value.message


def test_a_value_that_is_not_allowed_comes_with_those_that_are() -> None:
    path = next(path for path in INVALID if path.stem == "invalid_method")
    with pytest.raises(ConfigError) as caught:
        recipe.read(path)
    assert caught.value.hint == 'allowed: "ptq", "qat"'


@pytest.mark.parametrize("given", ["digit-cnn", "nowhere/recipe.toml"])
def test_a_recipe_that_does_not_exist_is_refused(given: str) -> None:
    with pytest.raises(ConfigError, match=given) as caught:
        recipe.load(given)
    assert "digits-cnn" in str(caught.value)
