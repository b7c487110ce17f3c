"""Feature maps of one layer: the device's, in real numbers, and how far they are apart."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]
_SHOWN = 8  # channels, those with the largest differences


def draw(title: str, device: Values, real: Values) -> bytes:
    """Return a PNG. ``device`` and ``real``: values of one NHWC tensor."""
    # half a second to import, and no display needed
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    gap = np.abs(device[0] - real[0])
    worst = np.argsort(-gap.max(axis=(0, 1)), kind="stable")[:_SHOWN]
    rows = (("device", device[0]), ("real numbers", real[0]), ("difference", gap))
    figure = Figure(figsize=(1.3 * len(worst) + 1.2, 4.6), layout="constrained")
    figure.suptitle(title, fontsize=9)
    grid = figure.subplots(len(rows), len(worst), squeeze=False)
    for line, (name, values) in zip(grid, rows, strict=True):
        for axes, channel in zip(line, worst, strict=True):
            low, high = (0.0, gap.max()) if values is gap else (real.min(), real.max())
            axes.imshow(values[..., channel], cmap="viridis", vmin=low, vmax=high or 1.0)
            axes.set(xticks=[], yticks=[])
            axes.set_title(f"channel {channel}", fontsize=7)
        line[0].set_ylabel(name, fontsize=8)
    picture = io.BytesIO()
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(picture, metadata={"Software": None})
    return picture.getvalue()
