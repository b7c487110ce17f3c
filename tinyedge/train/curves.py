"""Loss and accuracy by epoch, as a picture."""

from __future__ import annotations

import io
from typing import Any

from tinyedge.results import TrainReport


def draw(report: TrainReport) -> bytes:
    """Return a PNG: training and validation, loss on the left, accuracy on the right."""
    # half a second to import, and no display needed
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    figure.suptitle(f"{report.model}: test accuracy {report.test_accuracy * 100:.2f} %")
    numbers = [epoch.epoch for epoch in report.epochs]
    for axes, what in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for series, name in (("training", what), ("validation", f"validation_{what}")):
            values = [getattr(epoch, name) for epoch in report.epochs]
            axes.plot(numbers, values, marker="o", label=series)
        axes.set(xlabel="epoch", ylabel=what)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.legend()
    picture = io.BytesIO()
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(picture, metadata={"Software": None})
    return picture.getvalue()
