"""``tinyedge inspect`` of a recipe that is not trained: sizes at once, and what would fit."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.conftest import Trained
from tests.support.data import needs_package
from tinyedge import results
from tinyedge.cli import cli
from tinyedge.results import InspectReport

LARGE = """
schema = 1
name = "large"
title = "More weights than the board has flash"
[data]
source = "pictures"
path = "."
classes = ["cat", "dog", "hen"]
size = [96, 96]
test = 0.2
[network]
architecture = "cnn"
parameters = { filters = [4], kernel = 3, padding = "same", pool = 4, dense = [512] }
[training]
epochs = 1000
"""


def _inspect(recipe: Path, workspace: Path, out: Path) -> tuple[InspectReport, str]:
    arguments = ["inspect", str(recipe), "--board", "netduinoplus2"]
    where = ["--workspace", str(workspace), "--json", str(out)]
    done = CliRunner().invoke(cli, [*arguments, *where], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return results.read(out, InspectReport), done.output


def test_a_network_that_fits_no_board_says_so_before_training(tmp_path: Path) -> None:
    needs_package("tensorflow")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(LARGE)
    report, shown = _inspect(recipe, tmp_path / "build", tmp_path / "out.json")
    assert "not trained" in shown
    assert not report.trained
    dense = 24 * 24 * 4 * 512
    assert report.weight_bytes > dense
    assert report.macs == 96 * 96 * 27 * 4 + dense + 512 * 3
    (board,) = report.boards
    assert not board.fits
    assert f"{dense:,}" in board.help.replace(f"{dense + 512 * 4:,}", f"{dense:,}")
    (found,) = report.suggestions
    assert found.size == (72, 72)  # the largest size tried whose weights fit 1 MiB
    assert f"size = [{found.size[0]}, {found.size[1]}]" in shown
    assert found.flash_needed <= board.flash_available
    assert not (tmp_path / "build").exists()


def test_a_trained_recipe_is_shown_as_it_is(trained: Trained, tmp_path: Path) -> None:
    report, shown = _inspect(trained.recipe.path, trained.workspace.root, tmp_path / "out.json")
    assert report.trained
    assert not report.suggestions
    assert "not trained" not in shown


@pytest.mark.parametrize("missing", ["classes = ", "size = "])
def test_what_is_missing_to_say_anything_is_named(tmp_path: Path, missing: str) -> None:
    lines = [line for line in LARGE.splitlines() if not line.startswith(missing)]
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("\n".join(lines))
    done = CliRunner().invoke(cli, ["inspect", str(recipe), "--workspace", str(tmp_path / "b")])
    assert done.exit_code != 0
    assert missing.split(maxsplit=1)[0] in str(done.exception)
