"""Handwritten digits, 1797 pictures of 8 x 8, as they come with scikit-learn."""

from __future__ import annotations

import numpy as np

from tinyedge.dataset.types import Pictures
from tinyedge.errors import ToolError


def read() -> Pictures:
    """Return all digits; pixels are 0 ... 16. Raises ToolError without scikit-learn."""
    try:
        from sklearn.datasets import load_digits  # noqa: PLC0415 - an extra, slow to import
    except ImportError as error:
        raise ToolError(
            "the data set digits comes with scikit-learn, which is not installed",
            'run pip install "tinyedge[train]"',
        ) from error
    pictures, labels = load_digits(return_X_y=True)
    raw = pictures.reshape(-1, 8, 8, 1).astype(np.uint8)
    return Pictures(
        train=raw,
        train_labels=labels.astype(np.int64),
        test=raw[:0],
        test_labels=labels[:0].astype(np.int64),
        classes=tuple(str(digit) for digit in range(10)),
        full_scale=16,
    )
