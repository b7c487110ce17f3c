"""What ``[search]`` names is drawn within its ranges, and becomes the recipe's own keys."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.networks import small
from tinyedge import recipe
from tinyedge.errors import ConfigError
from tinyedge.recipe import Recipe, Search
from tinyedge.tuning import space

ALL = Search(
    width=(0.3, 1.0),
    depth=(1, 2),
    size=(8, 11),
    learning_rate=(0.001, 0.01),
    epochs=(2, 4),
    batch=(16, 32),
    method=("ptq", "qat"),
    sparsity=(0.0, 0.75),
)


class _Most:
    """Draws the greatest value, and keeps what it was asked for."""

    def __init__(self) -> None:
        self.asked: dict[str, tuple[Any, ...]] = {}

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        assert (high - low) % step == 0
        self.asked[name] = (low, high, step, log)
        return high

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        self.asked[name] = (low, high, step, log)
        return high

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        self.asked[name] = tuple(choices)
        return choices[-1]


def _with(search: Search | None, architecture: str = "cnn") -> Recipe:
    return msgspec.structs.replace(small(architecture), search=search)


def test_everything_drawn_becomes_a_key_of_the_recipe() -> None:
    given, most = _with(ALL), _Most()
    search, known = space.check(given)
    drawn = space.draw(search, known, most)
    assert list(drawn) == [name for name in Search.__struct_fields__ if name != "seed"]
    assert most.asked["width"] == (0.3, pytest.approx(0.9875), 0.0625, False)
    assert most.asked["learning_rate"][3]  # by its logarithm
    assert most.asked["size"] == (8, 10, 2, False)
    made = space.applied(given, known, drawn)
    assert made.network.parameters == {**given.network.parameters, "width": 0.9875, "convs": 2}
    assert made.data.size == (10, 10)
    assert (made.training.learning_rate, made.training.epochs, made.training.batch) == (0.01, 4, 32)
    assert made.quantize.method == "qat"
    assert made.prune is not None
    assert made.prune.sparsity == 0.75
    assert made.search is None


def test_no_pruning_is_a_choice_and_the_rest_stays() -> None:
    given = msgspec.structs.replace(_with(Search(sparsity=(0.5, 0.0))), prune=recipe.Prune())
    search, known = space.check(given)
    drawn = space.draw(search, known, _Most())
    assert drawn == {"sparsity": 0.0}
    made = space.applied(given, known, drawn)
    assert made == msgspec.structs.replace(given, prune=None, search=None)


def test_a_count_is_drawn_in_steps() -> None:
    search, known = space.check(_with(Search(width=(6, 31)), "ds-cnn"))
    most = _Most()
    assert space.draw(search, known, most) == {"width": 30}
    assert most.asked["width"] == (6, 30, 4, False)


@pytest.mark.parametrize(
    ("search", "architecture", "message"),
    [
        (None, "cnn", "says nothing that varies"),
        (Search(seed=4), "cnn", "says nothing that varies"),
        (Search(depth=(1, 2)), "lenet5", r"search\.depth has no use"),
        (Search(size=(2, 8)), "cnn", r"search\.size = \[2, 8\] is not allowed"),
    ],
)
def test_what_cannot_be_searched_is_refused(
    search: Search | None, architecture: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        space.check(_with(search, architecture))


def test_a_range_that_falls_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(recipe.load("digits-cnn").path.read_text() + "[search]\nepochs = [4, 2]\n")
    with pytest.raises(ConfigError, match=r"search\.epochs = \[4, 2\] is not allowed"):
        recipe.read(path)
