"""A MODEL argument is understood or refused by name; what is written is whole and the same."""

from pathlib import Path

import numpy as np
import pytest

from tests.support import tiny_model
from tinyedge import board as boards
from tinyedge import recipe as recipes
from tinyedge.errors import CheckFailed, ConfigError, ModelError
from tinyedge.recipe import Compile
from tinyedge.workflow import fits, pipeline
from tinyedge.workspace import Workspace, sha256

HOST = boards.load("host")


def test_a_path_and_a_recipe_are_models(tmp_path: Path) -> None:
    bare = pipeline.resolve(str(tiny_model.write(tmp_path / "my net.v2.tflite")))
    assert (bare.name, bare.recipe) == ("my-net.v2", None)
    recipe = pipeline.resolve("digits-cnn")
    assert recipe.recipe is not None
    assert (recipe.name, recipe.tflite) == ("digits-cnn", None)
    (own := tmp_path / "recipe.toml").write_text(recipe.recipe.path.read_text())
    assert bare.argument == str(tmp_path / "my net.v2.tflite")
    assert recipe.argument == "digits-cnn"
    assert pipeline.resolve(str(own)).argument == str(own)
    assert pipeline.resolve(str(tmp_path)).argument == str(own)


def test_what_the_command_line_aims_at_goes_before_the_recipe(tmp_path: Path) -> None:
    text = recipes.load("digits-cnn").path.read_text()
    path = tmp_path / "recipe.toml"
    path.write_text(f'{text}\n[compile]\noptimize = "size"\n')
    assert pipeline.resolve(str(path)).options.optimize == "size"
    assert pipeline.resolve(str(path), Compile(optimize="speed")).options.optimize == "speed"
    assert pipeline.resolve("digits-cnn").options.optimize == "speed"
    bare = str(tiny_model.write(tmp_path / "x.tflite"))
    assert pipeline.resolve(bare, Compile(optimize="size")).options.optimize == "size"


def test_limits_are_kept_or_refused_with_the_bytes_that_lack(tmp_path: Path) -> None:
    path, workspace = str(tiny_model.write(tmp_path / "x.tflite")), Workspace(tmp_path / "build")
    need = pipeline.generate(
        pipeline.load(pipeline.resolve(path), workspace), HOST, "aot", workspace
    ).arena_bytes
    enough = pipeline.resolve(path, Compile(max_arena=str(need), max_flash="1M"))
    kept = pipeline.generate(pipeline.load(enough, workspace), HOST, "aot", workspace)
    assert kept.arena_bytes == need
    for given, lack in ((Compile(max_arena=need - 1), "1 bytes"), (Compile(max_flash=1), "max_fl")):
        loaded = pipeline.load(pipeline.resolve(path, given), workspace)
        with pytest.raises(CheckFailed, match=lack):
            pipeline.generate(loaded, HOST, "aot", workspace)


def test_a_damaged_file_is_told_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "a folder" / "net.tflite"
    path.parent.mkdir()
    path.write_bytes(tiny_model.write(tmp_path / "whole.tflite").read_bytes()[:100])
    with pytest.raises(ModelError) as caught:
        pipeline.load(pipeline.resolve(str(path)), Workspace(tmp_path))
    assert caught.value.message.startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("none.tflite", r"none\.tflite: there is no such file\n.*digits-cnn"),
        ("digit-cnn", 'there is no model "digit-cnn"; did you mean "digits-cnn"'),
        ("none/recipe.toml", "none/recipe.toml"),
    ],
)
def test_other_arguments_are_refused_by_name(argument: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        pipeline.resolve(argument)
    caught.match(message)


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tflite"
    path.write_bytes(b"no model")
    with pytest.raises(ModelError, match="x"):
        pipeline.load(pipeline.resolve(str(path)), Workspace(tmp_path / "build"))


def test_generate_writes_what_it_lists_and_no_more(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "build")
    loaded = pipeline.load(
        pipeline.resolve(str(tiny_model.write(tmp_path / "x.tflite"))), workspace
    )
    firmware = pipeline.generate(loaded, HOST, "aot", workspace)
    assert firmware.folder == tmp_path / "build" / "x" / "aot" / "host" / "firmware"
    listed = {file.path: file.sha256 for file in firmware.files}
    found = {
        path.relative_to(firmware.folder).as_posix(): sha256(path.read_bytes())
        for path in firmware.folder.rglob("*")
        if path.is_file()
    }
    assert found == listed
    assert firmware.report().arena_bytes == firmware.arena_bytes > 0


def test_generating_again_touches_nothing_and_removes_the_stale(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "build")
    loaded = pipeline.load(
        pipeline.resolve(str(tiny_model.write(tmp_path / "x.tflite"))), workspace
    )
    folder = pipeline.generate(loaded, HOST, "aot", workspace).folder
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*.[ch]")}
    (folder / "model" / "stale.c").write_text("int x;\n")
    pipeline.generate(loaded, HOST, "aot", workspace)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.[ch]")} == times


def test_samples_without_a_data_set_are_pseudo_random_or_a_files(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "build")
    loaded = pipeline.load(
        pipeline.resolve(str(tiny_model.write(tmp_path / "x.tflite"))), workspace
    )
    assert loaded.samples(5).source == "pseudo-random, seed 1"
    np.savez(tmp_path / "v.npz", inputs=np.zeros((9, 4), np.int8))
    given = loaded.samples(5, tmp_path / "v.npz")
    assert (given.source, len(given)) == ("v.npz", 5)


def test_examine_says_what_fits(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "build")
    loaded = pipeline.load(
        pipeline.resolve(str(tiny_model.write(tmp_path / "x.tflite"))), workspace
    )
    wanted = [boards.load(name) for name in boards.available()]
    report = fits.examine(loaded, wanted, "aot")
    assert [fit.board for fit in report.boards] == boards.available()
    assert all(fit.fits for fit in report.boards)
    assert report.refused == ""
