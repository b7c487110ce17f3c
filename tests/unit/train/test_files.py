"""A folder of pictures, some of them damaged, all the way to int8."""

from pathlib import Path

from click.testing import CliRunner

from tests.support.data import needs_package
from tests.support.pictures import folder
from tinyedge import recipe, results
from tinyedge.cli import cli
from tinyedge.results import TrainReport
from tinyedge.workflow import pipeline
from tinyedge.workspace import Workspace

RECIPE = """
schema = 1
name = "photos"
title = "Bright and dark pictures"
[data]
source = "pictures"
path = "photos"
size = [8, 8]
channels = 1
test = 0.25
validation = 0.25
[network]
architecture = "cnn"
parameters = { filters = [4] }
[training]
epochs = 2
batch = 8
[quantize]
max_accuracy_drop = 100.0
"""


def test_pictures_are_trained_on_and_the_skipped_are_told(tmp_path: Path) -> None:
    needs_package("tensorflow")
    (tmp_path / "recipe.toml").write_text(RECIPE)
    root = folder(tmp_path / "photos", each=20)
    (root / "dark" / "cut.png").write_bytes((root / "dark" / "00.png").read_bytes()[:99])
    arguments = ["quantize", str(tmp_path / "recipe.toml"), "--workspace", str(tmp_path / "build")]
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "1 files are no samples and were left out:\n  dark/cut.png: truncated PNG" in done.output
    report = results.read(tmp_path / "build" / "photos" / "train.json", TrainReport)
    assert [(file.path, file.reason) for file in report.skipped] == [
        ("dark/cut.png", "truncated PNG")
    ]
    assert (report.train_samples, report.test_samples) == (21, 10)
    workspace = Workspace(tmp_path / "build")
    model = pipeline.resolve(str(tmp_path))
    assert model.recipe == recipe.load(str(tmp_path))
    samples = pipeline.load(model, workspace).samples(5)
    assert samples.inputs[0].shape == (5, 8, 8, 1)
