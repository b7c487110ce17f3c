"""Figures as a person reads them."""

from __future__ import annotations

NOTHING = "–"  # noqa: RUF001  an en dash: not known, or no such thing


def percent(fraction: float | None) -> str:
    """``0.9123`` -> ``91.23 %``, which does not break; nothing known: a dash."""
    return NOTHING if fraction is None else f"{fraction * 100:.2f}\u00a0%"


def short(count: float) -> str:
    """``13532032`` -> ``13.5 M``: three digits for a headline."""
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= limit:
            return f"{count / limit:.3g}\u00a0{letter}"
    return f"{count:.0f}"


def kilobytes(count: float) -> str:
    """``13520`` -> ``13.2 KB``; below 1 KB in bytes, above 1 MB in MB."""
    for size, unit in ((1 << 20, "MB"), (1 << 10, "KB")):
        if count >= size:
            return f"{count / size:.1f}".removesuffix(".0") + f"\u00a0{unit}"
    return f"{count:.0f}\u00a0B"


def shape(sizes: tuple[int, ...]) -> str:
    """``(1, 28, 28, 8)`` -> ``28×28×8``: without the batch."""  # noqa: RUF002
    return "\u00d7".join(map(str, sizes[1:] or sizes))


def layer_name(name: str) -> str:
    """``CONV_2D+RELU`` -> ``CONV_2D + RELU``, which may break."""
    return name.replace("+", " + ")
