"""Data sets and TensorFlow, which a machine may lack."""

import importlib.util

from tests.support.tools import missing
from tinyedge.dataset import fashion_mnist


def needs_data(source: str) -> None:
    """Skip (on a laptop) or fail (in CI) where the data set is not installed."""
    if source == "fashion-mnist" and not fashion_mnist.FOLDER.is_dir():
        missing("Debian's package dataset-fashion-mnist")
    if source == "digits":
        needs_package("sklearn")


def needs_package(name: str) -> None:
    """Skip (on a laptop) or fail (in CI) where the Python package is not installed."""
    if importlib.util.find_spec(name) is None:
        missing(f"the Python package {name}")
