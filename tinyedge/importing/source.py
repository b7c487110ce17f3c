"""What file a recipe's ``[import]`` names: its format, found without loading it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tinyedge.errors import ConfigError, ModelError
from tinyedge.importing import keras_config, pt2
from tinyedge.recipe import Recipe
from tinyedge.workspace import sha256

TITLES = {
    "tf-keras": "Keras 2",
    "keras": "Keras 3",
    "saved-model": "SavedModel",
    "onnx": "ONNX",
    "torch": "PyTorch (torch.export)",
    "tflite": "float .tflite",
}
"""Formats, and what they are called."""

GRAPH = "saved_model.pb"
_AGAIN = "save it again, or copy it again if it was transferred"
_ALLOWED = "a SavedModel's folder, .keras, .h5, .onnx, .pt2 or a float .tflite"


@dataclass(frozen=True)
class Source:
    """A file or folder with a network. ``kind`` is a key of :data:`TITLES`."""

    path: Path
    kind: str

    @property
    def title(self) -> str:
        """The format, for people."""
        return TITLES[self.kind]

    def digest(self) -> str:
        """Hex digest of the file, or of all the folder's files."""
        if self.path.is_file():
            return sha256(self.path.read_bytes())
        files = sorted(path for path in self.path.rglob("*") if path.is_file())
        parts = [(str(path.relative_to(self.path)), sha256(path.read_bytes())) for path in files]
        return sha256(repr(parts).encode())


def find(recipe: Recipe) -> Source:
    """The file that ``import.path`` names.

    Raises ConfigError if it is not there or of no known format, ModelError if it is damaged or
    holds code.
    """
    assert recipe.imported is not None
    path = recipe.path.parent / Path(recipe.imported.path).expanduser()
    where = f"{recipe.path}: import.path"
    if not path.exists():
        raise ConfigError(f"{where}: there is no {path}", f"name {_ALLOWED}")
    if path.is_dir():
        if not (path / GRAPH).is_file():
            raise ModelError(f"{path}: no SavedModel: there is no {GRAPH} in it", _AGAIN)
        return Source(path, "saved-model")
    if path.suffix in (".pt", ".pth"):
        raise ConfigError(
            f"{where}: {path} holds pickled Python, which is not loaded", f"write {pt2.EXPORT}"
        )
    if path.suffix not in _READERS:
        raise ConfigError(
            f'{where}: {path.name}: the format "{path.suffix}" is not known', f"name {_ALLOWED}"
        )
    return Source(path, _READERS[path.suffix](path))


def _keras(path: Path) -> str:
    members = _members(path, ("config.json", "metadata.json"))
    try:
        config, facts = (json.loads(data) for data in members)
        version = str(facts["keras_version"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(f"{path}: no .keras file: {error!r}", _AGAIN) from error
    keras_config.refuse_code(config, path)
    return _generation(version)


def _h5(path: Path) -> str:
    import h5py  # noqa: PLC0415 - comes with TensorFlow, and is slow

    try:
        with h5py.File(path, "r") as file:
            text, version = file.attrs.get("model_config"), file.attrs.get("keras_version", "2")
    except OSError as error:
        raise ModelError(f"{path}: no HDF5 file that can be read: {error}", _AGAIN) from error
    if text is None:
        raise ModelError(
            f"{path}: it holds weights, but no network",
            "save the whole model with model.save(path), not model.save_weights(path)",
        )
    try:
        config = json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise ModelError(f"{path}: model_config is no JSON: {error}", _AGAIN) from error
    keras_config.refuse_code(config, path)
    return _generation(version.decode() if isinstance(version, bytes) else str(version))


def _pt2(path: Path) -> str:
    pt2.check(path)
    return "torch"


def _members(path: Path, names: tuple[str, ...]) -> list[bytes]:
    try:
        with zipfile.ZipFile(path) as file:
            damaged = file.testzip()
            if damaged is not None:
                raise ModelError(f"{path}: {damaged} in it is damaged", _AGAIN)
            return [file.read(name) for name in names]
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as error:
        raise ModelError(f"{path}: no .keras file: {error}", _AGAIN) from error
    except KeyError as error:
        raise ModelError(f"{path}: no .keras file: {error.args[0]}", _AGAIN) from error


def _generation(version: str) -> str:
    return "tf-keras" if version.startswith("2") else "keras"


_READERS: dict[str, Callable[[Path], str]] = {
    ".keras": _keras,
    ".h5": _h5,
    ".hdf5": _h5,
    ".onnx": lambda _: "onnx",
    ".pt2": _pt2,
    ".tflite": lambda _: "tflite",
}
"""Suffix -> what finds the format in the file."""
