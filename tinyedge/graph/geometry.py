"""Where windows lie: output sizes, leading padding and broadcasting, as TensorFlow defines them."""

from __future__ import annotations

from tinyedge.graph.types import Padding


def window_output(
    size: int, window: int, stride: int, dilation: int = 1, padding: Padding = Padding.VALID
) -> int:
    """Positions of a window along an axis of ``size`` elements (0 or less: it does not fit)."""
    if padding is Padding.SAME:
        return -(-size // stride)
    return (size + stride - _extent(window, dilation)) // stride


def leading_padding(size: int, window: int, stride: int, dilation: int, padding: Padding) -> int:
    """Elements before the first of the axis; an odd total puts the larger half behind."""
    return total_padding(size, window, stride, dilation, padding) // 2


def total_padding(size: int, window: int, stride: int, dilation: int, padding: Padding) -> int:
    """Elements before and behind the axis that its windows reach."""
    positions = window_output(size, window, stride, dilation, padding)
    return max((positions - 1) * stride + _extent(window, dilation) - size, 0)


def _extent(window: int, dilation: int) -> int:
    return (window - 1) * dilation + 1


def broadcast(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...] | None:
    """NumPy's broadcast shape of two, or None where they do not match."""
    rank = max(len(a), len(b))
    long_a = (1,) * (rank - len(a)) + a
    long_b = (1,) * (rank - len(b)) + b
    if any(m != n and 1 not in (m, n) for m, n in zip(long_a, long_b, strict=True)):
        return None
    return tuple(n if m == 1 else m for m, n in zip(long_a, long_b, strict=True))
