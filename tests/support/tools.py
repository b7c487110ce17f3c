"""What a test needs from the machine: missing in CI is a failure, on a laptop a skip."""

import os
from pathlib import Path

import pytest

from tinyedge import tool

CHECKOUT = Path(__file__).resolve().parents[2]


def missing(what: str, how: str = '"make setup" installs it') -> None:
    """Fail in CI, skip on a laptop: ``what`` is not installed."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing on a CI machine", pytrace=False)
    pytest.skip(f"{what} is missing; {how}")


def need(*programs: str) -> None:
    """Skip (on a laptop) or fail (in CI) unless all programs are on the PATH."""
    for program in programs:
        if tool.find(program) is None:
            missing(f'the program "{program}"')


def find_shared_models() -> Path | None:
    """Folder of the MLPerf Tiny models, which the project does not carry; None without it."""
    named = os.environ.get("TINYEDGE_MODELS")
    folder = Path(named) if named else CHECKOUT.parent / "shared" / "models"
    return folder if (folder / "kws.tflite").is_file() else None


def shared_models() -> Path:
    """Folder of the MLPerf Tiny models; skips without it."""
    folder = find_shared_models()
    if folder is None:
        pytest.skip("no MLPerf Tiny models: set TINYEDGE_MODELS to a folder with kws.tflite, ...")
    return folder
