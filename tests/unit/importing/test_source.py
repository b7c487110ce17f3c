"""Files to import that are damaged, of another kind, or made to run code."""

import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.support.data import needs_package
from tests.support.imported import importing
from tinyedge.backend import load
from tinyedge.errors import ConfigError, ModelError, TinyedgeError
from tinyedge.importing import find, tensorflow
from tinyedge.importing.source import Source

PLAIN = {"class_name": "Functional", "module": "keras", "config": {"layers": []}}
LAMBDA = {
    "class_name": "Lambda",
    "module": "keras.layers",
    "config": {"name": "evil", "function": {"class_name": "__lambda__", "config": {}}},
}
FOREIGN = {"class_name": "Popen", "module": "subprocess", "config": {"args": "true"}}
NODE = {"target": "torch.ops.aten.relu.default", "inputs": [], "expr_str": "Symbol('s7')*2"}


def _zip(path: Path, **members: Any) -> None:
    with zipfile.ZipFile(path, "w") as file:
        for name, value in members.items():
            file.writestr(name.replace("__", "/").replace("_json", ".json"), json.dumps(value))


def _keras(path: Path, config: Any, version: str = "3.4.0") -> None:
    _zip(path, config_json=config, metadata_json={"keras_version": version})


def _h5(path: Path, **attributes: str) -> None:
    needs_package("h5py")
    import h5py  # noqa: PLC0415

    with h5py.File(path, "w") as file:
        file.attrs.update(attributes)


@pytest.mark.parametrize(("version", "kind"), [("3.4.0", "keras"), ("2.15.0", "tf-keras")])
def test_the_generation_of_keras_is_read_from_the_file(
    tmp_path: Path, version: str, kind: str
) -> None:
    _keras(tmp_path / "x.keras", PLAIN, version)
    assert find(importing(tmp_path, "x.keras")).kind == kind
    _h5(tmp_path / "x.h5", model_config=json.dumps(PLAIN), keras_version=version)
    assert find(importing(tmp_path, "x.h5")).kind == kind


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("none.keras", "there is no"),
        ("x.bin", 'the format ".bin" is not known'),
        ("x.pth", "holds pickled Python, which is not loaded"),
    ],
)
def test_what_is_no_network_is_a_mistake_in_the_recipe(
    tmp_path: Path, path: str, expected: str
) -> None:
    for name in ("x.bin", "x.pth"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(ConfigError, match=expected) as caught:
        find(importing(tmp_path, path))
    assert "import.path" in caught.value.message
    assert caught.value.hint


def test_a_folder_without_a_graph_is_no_saved_model(tmp_path: Path) -> None:
    (tmp_path / "folder" / "variables").mkdir(parents=True)
    with pytest.raises(ModelError, match=r"there is no saved_model\.pb in it"):
        find(importing(tmp_path, "folder"))


@pytest.mark.parametrize("name", ["x.keras", "x.pt2", "x.h5"])
def test_every_truncation_is_told(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "x.h5":
        _h5(path, model_config=json.dumps(PLAIN))
    elif name == "x.keras":
        _keras(path, PLAIN)
    else:
        _zip(path, net__models__model_json={"graph": [NODE]})
    find(importing(tmp_path, name))
    whole = path.read_bytes()
    for keep in range(0, len(whole), max(1, len(whole) // 40)):
        path.write_bytes(whole[:keep])
        with pytest.raises(ModelError, match=name):
            find(importing(tmp_path, name))


def test_a_flipped_byte_in_a_member_is_found(tmp_path: Path) -> None:
    path = tmp_path / "x.keras"
    _keras(path, PLAIN)
    data = bytearray(path.read_bytes())
    data[data.index(b"Functional")] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"config\.json"):
        find(importing(tmp_path, "x.keras"))


@pytest.mark.parametrize(
    ("layer", "expected"),
    [(LAMBDA, 'layer "evil" is a Lambda'), (FOREIGN, '"Popen" comes from the package subprocess')],
)
def test_code_in_a_keras_file_is_refused(
    tmp_path: Path, layer: dict[str, Any], expected: str
) -> None:
    config = PLAIN | {"config": {"layers": [layer]}}
    _keras(tmp_path / "x.keras", config)
    _h5(tmp_path / "x.h5", model_config=json.dumps(config), keras_version="2.15.0")
    for name in ("x.keras", "x.h5"):
        with pytest.raises(ModelError, match=expected):
            find(importing(tmp_path, name))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"target": "torch.hub.load"}, 'operator "torch.hub.load" is none of PyTorch\'s own'),
        ({"target": "torch.ops.aten.__class__.mro"}, "is none of PyTorch's own"),
        ({"expr_str": "__import__('os').system('true')"}, "is no size of a tensor"),
        ({"expr_str": "eval(chr(49))"}, "is no size of a tensor"),
    ],
)
def test_code_in_a_torch_program_is_refused(
    tmp_path: Path, change: dict[str, str], expected: str
) -> None:
    path = tmp_path / "x.pt2"
    _zip(path, net__models__model_json={"graph": {"nodes": [NODE]}})
    assert find(importing(tmp_path, "x.pt2")).kind == "torch"
    _zip(path, net__models__model_json={"graph": {"nodes": [NODE, NODE | change]}})
    with pytest.raises(ModelError, match=expected):
        find(importing(tmp_path, "x.pt2"))


def test_a_state_dict_is_no_program(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.pt2", "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps({"weight": 1}))
    with pytest.raises(ModelError, match=r"no program of torch\.export") as caught:
        find(importing(tmp_path, "x.pt2"))
    assert "torch.export.save" in caught.value.hint


@pytest.mark.parametrize("name", ["x.keras", "sm", "x.h5"])
def test_what_only_loading_finds_is_told(tmp_path: Path, name: str) -> None:
    import numpy as np  # noqa: PLC0415

    needs_package("tensorflow")
    kind = {"x.keras": "keras", "sm": "saved-model", "x.h5": "tf-keras"}[name]
    if name == "sm":
        (tmp_path / "sm").mkdir()
        (tmp_path / "sm" / "saved_model.pb").write_bytes(b"\xff no protocol buffer")
    elif name == "x.h5":
        _h5(tmp_path / name, model_config=json.dumps(PLAIN))
    else:
        _keras(tmp_path / name, PLAIN)
    source = Source(tmp_path / name, kind)
    with pytest.raises(TinyedgeError, match="model that can be loaded"):
        tensorflow.convert(load(), source, np.zeros((1, 8, 8, 1), np.float32))
