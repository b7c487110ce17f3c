"""Data sets that a machine may lack."""

import importlib.util

import pytest

from tinyedge.dataset import fashion_mnist


def needs_data(source: str) -> None:
    """Skip, with the reason, where the data set is not installed."""
    if source == "fashion-mnist" and not fashion_mnist.FOLDER.is_dir():
        pytest.skip("Debian's package dataset-fashion-mnist is not installed")
    if source == "digits" and importlib.util.find_spec("sklearn") is None:
        pytest.skip("scikit-learn is not installed")
