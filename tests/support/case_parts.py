"""What random single-operator models are drawn from."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.support.tflite_writer import Handle, ModelWriter

Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass(frozen=True, eq=False)
class Case:
    """A model, inputs for it, and a line that says what was drawn."""

    data: bytes
    inputs: list[NDArray[Any]]
    summary: str

    def __repr__(self) -> str:
        return f"Case({self.summary})"


ZERO_POINTS = st.one_of(st.integers(-128, 127), st.sampled_from([-128, -1, 0, 127]))
# Powers of two and short decimals have ratios that make exact and almost exact ties, at which
# a rounding rule or the last bit of a multiplier shows.
SCALES = st.one_of(
    st.floats(-4, 1).map(lambda exponent: float(np.float32(10.0**exponent))),
    st.integers(-8, 1).map(lambda exponent: 2.0**exponent),
    st.integers(1, 40).map(lambda steps: float(np.float32(steps / 100))),
)
# By what an output scale departs from the one that suits.
GAINS = st.one_of(
    st.floats(-4, 4).map(lambda exponent: 2.0**exponent),
    st.integers(-4, 4).map(lambda exponent: 2.0**exponent),
    st.integers(0, 3).map(lambda exponent: 2.0**exponent),
    st.integers(1, 30).map(lambda numerator: numerator / 10),
)
ACTIVATION = st.sampled_from(("NONE", "RELU", "RELU6", "RELU_N1_TO_1"))
PADDING = st.sampled_from(("SAME", "VALID"))
SMALL = st.integers(1, 4)


def generator(draw: Draw) -> np.random.Generator:
    return np.random.default_rng(draw(st.integers(0, 2**32 - 1)))


def draw_int8(draw: Draw, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.int8]:
    """Uniform over int8, or only its two ends (where sums are largest)."""
    if draw(st.sampled_from([False, False, False, True])):
        return rng.choice(np.array([-128, 127], np.int8), shape)
    return rng.integers(-128, 128, shape).astype(np.int8)


def draw_weight_scales(draw: Draw, channels: int) -> float | list[float]:
    if draw(st.booleans()):
        return draw(SCALES)
    base = draw(SCALES)
    factors = draw(st.lists(st.floats(0.01, 1), min_size=channels, max_size=channels))
    return [float(np.float32(base * factor)) for factor in factors]


def draw_output_scale(draw: Draw, acc_scale: float, depth: int) -> float:
    """A scale near the one at which sums of ``depth`` products fill int8."""
    natural = acc_scale * 2.0 ** round(math.log2(math.sqrt(depth) * 74 * 74 / 40))
    return float(np.float32(natural * draw(GAINS)))


def finish(
    model: ModelWriter,
    outputs: Handle | list[Handle],
    inputs: list[NDArray[Any]],
    **drawn: object,
) -> Case:
    """The case of a model with one or several outputs."""
    summary = ", ".join(f"{key}={value}" for key, value in drawn.items())
    several = outputs if isinstance(outputs, list) else [outputs]
    return Case(model.finish(*several), inputs, summary)


def draw_image(draw: Draw) -> tuple[int, int, int, int]:
    return (
        draw(st.sampled_from([1, 1, 2])),
        draw(st.integers(1, 9)),
        draw(st.integers(1, 9)),
        draw(st.integers(1, 9)),
    )


def draw_window(draw: Draw, shape: tuple[int, ...], *, dilated: bool) -> dict[str, Any]:
    """Stride, padding and (for convolutions) dilation, with a window that fits."""
    padding = draw(PADDING)
    dilation = (draw(st.integers(1, 3)), draw(st.integers(1, 3))) if dilated else (1, 1)
    window = []
    for size, step in zip(shape[1:3], dilation, strict=True):
        largest = 5 if padding == "SAME" else (size - 1) // step + 1
        window.append(draw(st.integers(1, min(5, largest))))
    drawn = {"window": tuple(window), "stride": (draw(SMALL), draw(SMALL)), "padding": padding}
    return drawn | ({"dilation": dilation} if dilated else {})


def draw_bias(
    draw: Draw, rng: np.random.Generator, channels: int, depth: int
) -> NDArray[np.int32] | None:
    if draw(st.sampled_from([False, True, True, True])):
        reach = max(1, depth * 4000)
        return rng.integers(-reach, reach, channels).astype(np.int32)
    return None


def whole_range(rng: np.random.Generator) -> NDArray[np.int8]:
    return rng.permutation(np.arange(-128, 128)).astype(np.int8)[np.newaxis]
