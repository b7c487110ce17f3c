"""ONNX and PyTorch -> float .tflite in another Python, which has their converter.

Their packages pin other versions of TensorFlow and numpy than training needs; so they run in an
environment of their own, which ``make setup-import`` makes, or in a Python that the user names.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tinyedge import resources, tool
from tinyedge.errors import ModelError, ToolError
from tinyedge.importing.source import Source
from tinyedge.importing.types import Converted, Floats

PACKAGES = {"onnx": "onnx2tf", "torch": "litert-torch"}
"""Format -> the package that converts it."""

_SCRIPT = Path(__file__).parent / "converters" / "run.py"
_REFUSED = 3
_TIMEOUT_S = 3600.0


def variable(kind: str) -> str:
    """Name of the environment variable that names the Python."""
    return f"TINYEDGE_IMPORT_{kind.upper()}"


def python(kind: str) -> str | None:
    """A Python with the converter: the user's, this one, or make's; None if there is none."""
    named = os.environ.get(variable(kind))
    if named:
        return named
    if importlib.util.find_spec(PACKAGES[kind].replace("-", "_")) is not None:
        return sys.executable
    made = resources.root("models").parent / f".venv-import-{kind}" / "bin" / "python"
    return str(made) if made.is_file() else None


def convert(source: Source, inputs: Floats) -> Converted:
    """Convert it and let its own framework answer ``inputs`` (samples, height, width, channels).

    Raises ToolError without the converter, ModelError with its reason where it refuses the file.
    """
    program = python(source.kind)
    if program is None:
        raise ToolError(
            f"{source.title} needs {PACKAGES[source.kind]}, which is not installed",
            f'run "make setup-import", or set {variable(source.kind)} to a Python that has done '
            f'pip install "tinyedge[import-{source.kind}]"',
        )
    with tempfile.TemporaryDirectory() as folder:
        return _run(program, source, inputs, Path(folder))


def _run(program: str, source: Source, inputs: Floats, folder: Path) -> Converted:
    np.save(folder / "inputs.npy", inputs)
    request = {
        "model": str(source.path.absolute()),
        "shape": inputs.shape[1:],
        "inputs": str(folder / "inputs.npy"),
        "out": str(folder),
    }
    (folder / "request.json").write_text(json.dumps(request))
    argv = [program, "-I", str(_SCRIPT), source.kind, str(folder / "request.json")]
    done = tool.run(argv, cwd=folder, env=_environment(), timeout_s=_TIMEOUT_S, check=False)
    if done.returncode == _REFUSED:
        refusal = _read(folder / "refusal.json", program)
        raise ModelError(f"{source.path}: {refusal['message']}", refusal["hint"])
    if done.returncode != 0:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-15:])
        raise ToolError(
            f"{source.path}: the conversion failed with exit code {done.returncode}:\n{tail}",
            f"is {program} a Python with {PACKAGES[source.kind]}?",
        )
    facts = _read(folder / "facts.json", program)
    try:
        return Converted(
            floating=(folder / "float.tflite").read_bytes(),
            answers=np.load(folder / "answers.npy", allow_pickle=False),
            input_shape=tuple(facts["input_shape"]),
            converter=facts["converter"],
            framework=facts["framework"],
            channels_moved=facts["channels_moved"],
        )
    except (OSError, ValueError, KeyError) as error:
        raise ToolError(f"{program} left no converted network: {error}", _name(source)) from error


def _read(path: Path, program: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ToolError(f"{program} left no {path.name}: {error}", "name another Python") from error
    return found


def _name(source: Source) -> str:
    return f"set {variable(source.kind)} to another Python"


def _environment() -> dict[str, str]:
    """Ours, without what would load other code or reach for the network."""
    hidden = ("PYTHON", "TF_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return kept | {"HF_HUB_OFFLINE": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
