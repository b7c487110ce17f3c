"""ONNX and PyTorch: what the other Python says and leaves; and it itself, where it is installed."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.imported import importing
from tinyedge import dataset
from tinyedge import importing as imports
from tinyedge.compile import Options, compile_graph
from tinyedge.compile.execute import execute
from tinyedge.errors import ModelError, TinyedgeError, ToolError
from tinyedge.importing import foreign
from tinyedge.importing.converters.run import Job, Refusal
from tinyedge.importing.source import Source
from tinyedge.oracle import Oracle
from tinyedge.recipe import Data, Recipe
from tinyedge.workflow import pipeline
from tinyedge.workflow.pipeline import Model
from tinyedge.workspace import Workspace

pytestmark = pytest.mark.timeout(900)  # seconds where the machine is free

INPUTS = np.zeros((2, 8, 8, 3), np.float32)


def _python(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something that is started instead of the other Python; ``out`` is its folder."""
    path = folder / "python"
    begin = (
        f"#!{sys.executable}\nimport json, sys, pathlib\n"
        "out = pathlib.Path(json.loads(open(sys.argv[4]).read())['out'])\n"
    )
    path.write_text(begin + text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("TINYEDGE_IMPORT_ONNX", str(path))


def _convert(folder: Path) -> foreign.Converted:
    (folder / "x.onnx").write_bytes(b"x")
    return foreign.convert(Source(folder / "x.onnx", "onnx"), INPUTS)


def test_what_it_leaves_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {
        "input_shape": [3, 8, 8], "channels_moved": True, "converter": "a", "framework": "b",
    }  # fmt: skip
    text = (
        "import numpy\n(out / 'float.tflite').write_bytes(b'model')\n"
        "given = numpy.load(json.loads(open(sys.argv[4]).read())['inputs'])\n"
        "numpy.save(out / 'answers.npy', given.sum((1, 2, 3)))\n"
        f"(out / 'facts.json').write_text({json.dumps(facts)!r})\n"
        "assert sys.argv[1] == '-I' and sys.argv[3] == 'onnx'\n"
    )
    _python(tmp_path, text, monkeypatch)
    made = _convert(tmp_path)
    assert (made.floating, made.input_shape, made.channels_moved) == (b"model", (3, 8, 8), True)
    assert made.answers.shape == (2,)


@pytest.mark.parametrize(
    ("text", "error", "expected"),
    [
        (
            "(out / 'refusal.json').write_text(json.dumps({'message': 'no', 'hint': 'do'}))\n"
            "sys.exit(3)",
            ModelError,
            r"x\.onnx: no",
        ),
        ("sys.exit('out of memory')", ToolError, "exit code 1:\nout of memory"),
        ("", ToolError, r"left no facts\.json"),
        ("(out / 'facts.json').write_text('{}')", ToolError, "left no converted network"),
        ("(out / 'facts.json').write_text('{')", ToolError, r"left no facts\.json"),
    ],
)
def test_what_goes_wrong_there_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    error: type[TinyedgeError],
    expected: str,
) -> None:
    _python(tmp_path, text, monkeypatch)
    with pytest.raises(error, match=expected) as caught:
        _convert(tmp_path)
    assert caught.value.hint


def test_without_a_converter_one_command_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign, "python", lambda _kind: None)
    with pytest.raises(ToolError, match="ONNX needs onnx2tf") as caught:
        _convert(tmp_path)
    assert "make setup-import" in caught.value.hint
    assert "TINYEDGE_IMPORT_ONNX" in caught.value.hint


def _job(shape: tuple[int, int, int]) -> Job:
    inputs = np.arange(np.prod(shape), dtype=np.float32).reshape(1, *shape)
    return Job(Path("x"), shape, inputs, Path("x"))


@pytest.mark.parametrize(
    ("own", "given", "expected"),
    [
        ((1, 3, 8, 6), (8, 6, 3), ((3, 8, 6), True)),
        ((None, 3, None, None), (8, 6, 3), ((3, 8, 6), True)),
        ((1, 8, 6, 3), (8, 6, 3), ((8, 6, 3), False)),
        ((1, 1, 8, 8), (8, 8, 1), ((1, 8, 8), True)),
        ((None, 3, 3, 3), (3, 3, 3), ((3, 3, 3), True)),
        ((1, 144), (8, 6, 3), ((144,), False)),
    ],
)
def test_channels_are_found(
    own: tuple[int | None, ...],
    given: tuple[int, int, int],
    expected: tuple[tuple[int, ...], bool],
) -> None:
    job = _job(given)
    shape, first = job.layout(own)
    assert (shape, first) == expected
    (sample,) = job.arranged(shape, first=first)
    wanted = job.inputs.transpose(0, 3, 1, 2) if first else job.inputs
    assert np.array_equal(sample, wanted.reshape(1, *shape))


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ((8, 3, 8, 6), "its batch is 8"),
        ((1, 3, 9, 6), "it takes 3 x 9 x 6, and the data set has 8 x 6 x 3"),
        ((1, 6, 8, 3), "it takes 6 x 8 x 3"),  # as many values, in another order
        ((1, None), "the size of its input is open"),
        ((), "its batch is missing"),
    ],
)
def test_an_input_that_does_not_fit_is_refused(own: tuple[int | None, ...], expected: str) -> None:
    with pytest.raises(Refusal) as caught:
        _job((8, 6, 3)).layout(own)
    assert expected in caught.value.args[0]


def _needs(kind: str) -> str:
    """The Python with the converter, which the lock file of this project does not bring."""
    found = foreign.python(kind)
    if found is None:
        pytest.skip(
            f"no Python with {foreign.PACKAGES[kind]}: run make setup-import, or set "
            f"{foreign.variable(kind)}"
        )
    return found


SOURCES = Path(__file__).parents[2] / "support" / "foreign"


@pytest.fixture(scope="module", params=["onnx", "torch"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Networks that the framework itself has written."""
    folder = tmp_path_factory.mktemp(request.param)
    argv = [_needs(request.param), str(SOURCES / f"write_{request.param}.py"), str(folder)]
    subprocess.run(argv, check=True, capture_output=True, cwd=folder)
    return folder


def _recipe(made: Path, stem: str, channels: int = 3) -> Recipe:
    (path,) = made.glob(f"{stem}.*")
    data = Data(source="digits", test=0.2, channels=channels)
    return importing(made, path.name, data)


@pytest.mark.parametrize("stem", ["fixed", "free"])
def test_a_network_with_channels_first_becomes_firmware(
    made: Path, stem: str, tmp_path: Path
) -> None:
    recipe = _recipe(made, stem)
    loaded = pipeline.load(Model(recipe.name, recipe, None), Workspace(tmp_path))
    assert loaded.trained is not None
    origin = loaded.trained.imported
    assert origin is not None
    assert origin.channels_moved
    assert origin.input_shape == (3, 8, 8)
    assert origin.max_error <= 1e-4 * origin.max_output
    assert loaded.graph.inputs[0].shape == (1, 8, 8, 3)
    plan = compile_graph(loaded.graph, "cortex-m4f", Options())
    oracle = Oracle(loaded.tflite)
    for sample in loaded.samples(20).inputs[0]:
        assert np.array_equal(execute(plan, [sample])[0].ravel(), oracle.run([sample])[0].ravel())


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("strange", "not supported|refuses it"),
        ("two", "it has 2 inputs and 1 outputs"),
        ("damaged", r"no ONNX model|no \.pt2 archive"),
    ],
)
def test_what_cannot_be_imported_is_told(made: Path, stem: str, expected: str) -> None:
    recipe = _recipe(made, stem)
    data = dataset.load(recipe.data, recipe.path)
    with pytest.raises(ModelError, match=expected) as caught:
        imports.convert(recipe, data)
    assert caught.value.hint


def test_data_of_another_size_is_told(made: Path) -> None:
    recipe = _recipe(made, "fixed", channels=1)
    with pytest.raises(ModelError, match="takes 3 x 8 x 8, and the data set has 8 x 8 x 1"):
        imports.convert(recipe, dataset.load(recipe.data, recipe.path))
