"""What tests of several folders share."""

from typing import NamedTuple

import pytest

from tests.support.training import short_recipe
from tinyedge.recipe import Recipe
from tinyedge.results import TrainReport
from tinyedge.train import train
from tinyedge.workspace import Workspace


class Trained(NamedTuple):
    """A short training: recipe, workspace and report. Tests must leave them as they are."""

    recipe: Recipe
    workspace: Workspace
    report: TrainReport


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """digits-cnn, trained for a few epochs."""
    folder = tmp_path_factory.mktemp("trained")
    recipe, workspace = short_recipe(folder), Workspace(folder / "build")
    return Trained(recipe, workspace, train(recipe, workspace))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--device",
        action="append",
        help="where tests/target runs: host, a board's id, or a URL (default: all emulated)",
    )
