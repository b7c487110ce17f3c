"""Short form of ``python -m tests.hostile``, what it must notice, and names that lead astray."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.hostile import trial
from tests.hostile.kinds import KINDS, Kind
from tests.support import tiny_model
from tests.support.data import needs_package
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import recipe
from tinyedge.dataset import npz
from tinyedge.errors import TinyedgeError
from tinyedge.workflow import devices, pipeline
from tinyedge.workspace import Workspace

NAMES = ("...tflite", "$(touch x).tflite", "-rf;touch x.tflite", "a\nb'\".tflite")


@pytest.mark.parametrize("name", KINDS)
def test_damaged_files_are_refused_or_whole(name: str) -> None:
    if name == "picture":
        needs_package("cv2")
    refused, problems = trial.run(name, 100, seed=0)
    assert not problems
    assert refused > 20


@pytest.mark.parametrize(
    ("read", "outcome"),
    [
        (lambda path: {}[path.name], "KeyError: 'x.toml'"),
        (recipe.read, "refused"),
        (Path.read_bytes, ""),
    ],
)
def test_what_is_no_refusal_is_found(tmp_path: Path, read: object, outcome: str) -> None:
    (tmp_path / "x.toml").write_text("schema = 0")
    kind = Kind(".toml", list, read)  # type: ignore[arg-type]
    assert trial._read(kind, tmp_path / "x.toml") == outcome


@pytest.mark.parametrize(
    "text", ["x = " + "[" * 100_000, "schema = " + "9" * 5000, "schema = 0x" + "9" * 5000, "\udcff"]
)
def test_toml_that_breaks_its_parser_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    for read in (recipe.read, boards.read):
        with pytest.raises(TinyedgeError, match="not valid TOML"):
            read(path)


def _npy(shape: str, data: bytes) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.zeros(1, np.uint8))
    header = stream.getvalue()[:128].replace(b"(1,)", shape.encode())
    return header[:127].rstrip(b"\n")[:127].ljust(127) + b"\n" + data


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (_npy("(9999999999,)", b"\0"), "says that it holds 9,999,999,999 bytes"),
        (_npy("(99999,99999,9999)", b"\0"), "says that it holds"),
        (_npy("(-4,)", b"\0" * 8), "says that it holds"),
        (_npy("(2,)", b"\0"), "does not hold the 2 bytes"),
        (_npy("(2,)", b"\0\0\0"), "does not hold the 2 bytes"),
        (bytes(300 << 20), "unpacks to more than 200 times its size"),
    ],
    ids=["long", "overflow", "negative", "short", "more", "bomb"],
)
def test_an_archive_that_says_too_much_takes_no_memory(
    tmp_path: Path, member: bytes, message: str
) -> None:
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", member)
    with pytest.raises(TinyedgeError, match=message):
        npz.read(path)


@pytest.mark.parametrize("name", NAMES)
def test_a_files_name_leads_nowhere_else(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("make", "gcc")
    monkeypatch.chdir(tmp_path)
    model = tiny_model.write(tmp_path / name)
    workspace = Workspace(tmp_path / "build")
    loaded = pipeline.load(pipeline.resolve(str(model)), workspace)
    built = devices.build(pipeline.generate(loaded, boards.load("host"), "aot", workspace))
    assert built.artifact.elf.resolve().is_relative_to(workspace.root.resolve())
    assert {path.name for path in tmp_path.iterdir()} == {name, "build"}
