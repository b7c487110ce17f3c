"""What each kernel family computes: one frozen dataclass a family, with nothing left to derive.

These are semantics, not layouts: filters and biases are in the graph's own order, zero points are
not folded. How a kernel wants its weights is the kernel's business (``compile/kernels``).
Tensors are NHWC; activations are int8 unless a family says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Shape4 = tuple[int, int, int, int]
Int8Array = NDArray[np.int8]
Int32Array = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Params:
    """Base of all families."""


@dataclass(frozen=True, eq=False)
class Requantization:
    """acc -> clamp(zero_point + round(acc * multiplier * 2**(shift - 31)), low, high).

    ``multipliers`` and ``shifts`` are int32, one an output channel (or one for all); a positive
    shift is to the left. Rounding is TFLM's double rounding.
    """

    multipliers: Int32Array
    shifts: Int32Array
    zero_point: int
    low: int
    high: int


@dataclass(frozen=True, eq=False)
class Conv2D(Params):
    """CONV_2D. ``filter`` int8 OHWI, ``bias`` int32 O; ``padding`` is (top, left) in elements.

    What lies outside the input counts as its zero point; the output's shape says where to stop.
    """

    input_shape: Shape4
    output_shape: Shape4
    filter: Int8Array
    bias: Int32Array
    stride: tuple[int, int]
    dilation: tuple[int, int]
    padding: tuple[int, int]
    input_zero_point: int
    requant: Requantization


@dataclass(frozen=True, eq=False)
class DepthwiseConv2D(Params):
    """DEPTHWISE_CONV_2D. ``filter`` int8 HWC, output channel c reads c // depth_multiplier."""

    input_shape: Shape4
    output_shape: Shape4
    filter: Int8Array
    bias: Int32Array
    stride: tuple[int, int]
    dilation: tuple[int, int]
    padding: tuple[int, int]
    depth_multiplier: int
    input_zero_point: int
    requant: Requantization


@dataclass(frozen=True, eq=False)
class TransposeConv(Params):
    """TRANSPOSE_CONV. ``filter`` int8 OHWI, ``bias`` int32 O.

    Tap t of the filter for input i goes to output i * ``stride`` + t - ``padding``, per axis.
    """

    input_shape: Shape4
    output_shape: Shape4
    filter: Int8Array
    bias: Int32Array
    stride: tuple[int, int]
    padding: tuple[int, int]
    input_zero_point: int
    requant: Requantization


@dataclass(frozen=True, eq=False)
class FullyConnected(Params):
    """FULLY_CONNECTED of ``batches`` rows: ``filter`` int8 [outputs, inputs], ``bias`` int32."""

    batches: int
    filter: Int8Array
    bias: Int32Array
    input_zero_point: int
    requant: Requantization


@dataclass(frozen=True, eq=False)
class Trainable(Params):
    """FULLY_CONNECTED whose weights the device may change; ``layer`` counts those of a model."""

    dense: FullyConnected
    layer: int


@dataclass(frozen=True, eq=False)
class Pool(Params):
    """Base of the 2D poolings; elements outside the input do not count. Clamped to low..high."""

    input_shape: Shape4
    output_shape: Shape4
    window: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    low: int
    high: int


@dataclass(frozen=True, eq=False)
class MaxPool(Pool):
    """MAX_POOL_2D."""


@dataclass(frozen=True, eq=False)
class AveragePool(Pool):
    """AVERAGE_POOL_2D: rounds half away from zero."""


@dataclass(frozen=True, eq=False)
class Broadcast(Params):
    """Base of the functions of two elements, with broadcasting. The shapes have one rank."""

    a_shape: tuple[int, ...]
    b_shape: tuple[int, ...]
    output_shape: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Sum(Broadcast):
    """Base of ADD and SUB. Each operand: (q - zero point) << left_shift, scaled, then summed.

    ``*_multiplier`` and ``*_shift`` scale the operands; ``requant`` (one multiplier) makes the
    output.
    """

    left_shift: int
    a_zero_point: int
    a_multiplier: int
    a_shift: int
    b_zero_point: int
    b_multiplier: int
    b_shift: int
    requant: Requantization


@dataclass(frozen=True, eq=False)
class Add(Sum):
    """ADD."""


@dataclass(frozen=True, eq=False)
class Sub(Sum):
    """SUB: b is taken from a, after both were scaled."""


@dataclass(frozen=True, eq=False)
class Mul(Broadcast):
    """MUL."""

    a_zero_point: int
    b_zero_point: int
    requant: Requantization


@dataclass(frozen=True, eq=False)
class Minimum(Broadcast):
    """MINIMUM of the bytes."""


@dataclass(frozen=True, eq=False)
class Maximum(Broadcast):
    """MAXIMUM of the bytes."""


@dataclass(frozen=True, eq=False)
class Prelu(Broadcast):
    """PRELU: a less its zero point, times b (alpha) less its own where negative; then scaled.

    ``positive`` (one multiplier) scales what is not negative and makes the output of both.
    """

    input_zero_point: int
    alpha_zero_point: int
    positive: Requantization
    negative_multiplier: int
    negative_shift: int


@dataclass(frozen=True, eq=False)
class Pad(Params):
    """PAD and PADV2: ``value`` (int8) around the input, ``before`` and ``after`` an axis."""

    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    before: tuple[int, ...]
    value: int


@dataclass(frozen=True, eq=False)
class Mean(Params):
    """MEAN over ``axes`` of an input of ``shape``, ``count`` elements an output.

    ``requant`` (one multiplier) has the division by ``count`` folded in.
    """

    shape: tuple[int, ...]
    axes: tuple[int, ...]
    count: int
    input_zero_point: int
    requant: Requantization


@dataclass(frozen=True, eq=False)
class Gather(Params):
    """Bytes at regular distances: STRIDED_SLICE, TRANSPOSE, and each output of SPLIT.

    Output element i[0], i[1], ... of ``shape`` is byte ``offset`` + sum(i * ``stride``) of the
    input.
    """

    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class ResizeNearest(Params):
    """RESIZE_NEAREST_NEIGHBOR: row y of the output is row ``rows[y]`` of the input (int16)."""

    input_shape: Shape4
    rows: NDArray[np.int16]
    columns: NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class ResizeBilinear(Params):
    """RESIZE_BILINEAR: pixel i of the output lies at i * step + offset, with 10 fractional bits.

    ``steps`` and ``offsets`` are of height and width.
    """

    input_shape: Shape4
    output_shape: Shape4
    steps: tuple[int, int]
    offsets: tuple[int, int]


@dataclass(frozen=True, eq=False)
class ArgExtreme(Params):
    """Base of ARG_MAX and ARG_MIN: int32 index along the middle one of three axes.

    The first of equal elements counts.
    """

    outer: int
    size: int
    inner: int


@dataclass(frozen=True, eq=False)
class ArgMax(ArgExtreme):
    """ARG_MAX."""


@dataclass(frozen=True, eq=False)
class ArgMin(ArgExtreme):
    """ARG_MIN."""


@dataclass(frozen=True, eq=False)
class Concatenation(Params):
    """CONCATENATION: ``outer`` times, ``chunks[i]`` bytes of input i after one another."""

    outer: int
    chunks: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Lookup(Params):
    """Any function of one int8: ``table[q + 128]`` (int8, 256 entries), ``size`` elements.

    LOGISTIC, TANH, HARD_SWISH, the ReLUs, and QUANTIZE from int8 or uint8. ``function`` is the
    graph's name of it. A uint8 input byte is looked up as the same byte read as int8.
    """

    function: str
    size: int
    table: Int8Array


@dataclass(frozen=True, eq=False)
class Softmax(Params):
    """SOFTMAX over rows of ``depth``: TFLM's fixed-point form, beta folded into the multiplier.

    A difference to the row's maximum below ``diff_min`` counts as minus infinity.
    """

    rows: int
    depth: int
    multiplier: int
    shift: int
    diff_min: int


@dataclass(frozen=True, eq=False)
class Quantize(Params):
    """QUANTIZE: ``size`` float32 -> int8."""

    size: int
    scale: float
    zero_point: int


@dataclass(frozen=True, eq=False)
class Dequantize(Params):
    """DEQUANTIZE: ``size`` int8 -> float32."""

    size: int
    scale: float
    zero_point: int


@dataclass(frozen=True, eq=False)
class Flip(Params):
    """``size`` elements from one domain to the other: the top bit of each byte inverted."""

    size: int


@dataclass(frozen=True, eq=False)
class Copy(Params):
    """``size`` bytes as they are (a reshape whose two sides must both stay)."""

    size: int


@dataclass(frozen=True, eq=False)
class Strips(Params):
    """A 1x1 convolution and the windowed layer behind it, run together some rows at a time.

    ``first`` computes one row (height 1 on both sides); ``second`` computes some rows of the output
    from a strip of rows, without padding above and below. ``input_rows`` is the input's height and
    ``top`` the padding above it; a strip's rows outside the input hold ``second``'s zero point.
    """

    first: Conv2D
    second: Conv2D | DepthwiseConv2D
    input_rows: int
    strips: int
    top: int

    @property
    def strip_rows(self) -> int:
        """Rows of a strip."""
        return self.second.input_shape[1]

    @property
    def advance(self) -> int:
        """Rows from one strip to the next."""
        return self.second.output_shape[1] * self.second.stride[0]
