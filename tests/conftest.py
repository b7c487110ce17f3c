"""What tests of several folders share."""

import os
import signal
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings

from tests.support.training import short_recipe
from tinyedge import flash
from tinyedge.link.deadlines import Deadlines
from tinyedge.recipe import Recipe
from tinyedge.results import TrainReport
from tinyedge.train import train
from tinyedge.workspace import Workspace

# Tables are as wide as where there is no terminal, whatever the one that tests are run from says.
for name in ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(name, None)
# No result may depend on how fast the machine is: sessions wait longer than any is busy for, and
# ask again so late that what is sent can be counted.
Deadlines.__init__.__defaults__ = (120.0, 120.0, 240.0, 10.0, 10.0)
flash._START_S = 120.0
# Who is started by a shell in the background ignores Ctrl-C, and so would what tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
# The same examples everywhere, however long one takes.
settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("same")


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
