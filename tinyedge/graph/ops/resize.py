"""RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from tinyedge.graph.types import Op


class ResizeKind(enum.Enum):
    """Which interpolation."""

    NEAREST = "RESIZE_NEAREST_NEIGHBOR"
    BILINEAR = "RESIZE_BILINEAR"


@dataclass(frozen=True, eq=False)
class Resize(Op):
    """An NHWC tensor brought to the output's height and width.

    ``align_corners``: the centres of the corner pixels coincide; ``half_pixel_centers``: pixel i
    stands for i + 1/2.
    """

    function: ResizeKind
    align_corners: bool
    half_pixel_centers: bool

    @property
    def kind(self) -> str:
        return self.function.value
