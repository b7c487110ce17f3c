"""Where flash and RAM go: budgets, the treemap, and the tables under it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tinyedge.report.data import ReportData
from tinyedge.report.text import kilobytes
from tinyedge.report.treemap import Box, squarify
from tinyedge.results import BenchReport, BuildReport, SizeReport, SymbolBytes

#: of the treemap's frame, whose area is 100 by 100 percent: on a screen, and on a phone
_WIDE, _NARROW = 2.4, 0.8
_SHOWN = 40  # symbols


@dataclass(frozen=True)
class Part:
    """A piece of a budget: style, percent of the whole, what it is."""

    style: str
    percent: float
    text: str


@dataclass(frozen=True)
class Meter:
    """A budget, drawn to ``parts``; ``share`` is what is used of it."""

    name: str
    used: int
    text: str
    share: str
    over: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Leaf:
    """A rectangle of the treemap, in percent of the frame; ``kind`` numbers its colour."""

    left: float
    top: float
    width: float
    height: float
    kind: int
    label: str
    size: str
    text: str


@dataclass(frozen=True)
class GroupRow:
    """A group of the treemap, for its key; ``kind`` numbers its colour, -1: RAM alone."""

    name: str
    kind: int
    flash: int
    ram: int
    share: str


@dataclass(frozen=True)
class Treemap:
    """The same leaves for a wide and for a narrow screen."""

    wide: tuple[Leaf, ...]
    narrow: tuple[Leaf, ...]


def meters(data: ReportData) -> tuple[Meter, Meter]:
    """Flash and RAM."""
    return _flash(data.build), _ram(data.build, data.bench)


def _flash(build: BuildReport) -> Meter:
    parts = (
        ("s0", build.flash_code_bytes, "code"),
        ("s1", build.flash_weights_bytes, "weights and tables"),
    )
    return _meter("Flash", build.flash_available, parts)


def _ram(build: BuildReport, bench: BenchReport) -> Meter:
    parts = (
        ("s0", bench.arena_bytes, "arena"),
        ("s1", max(build.ram_static_bytes - bench.arena_bytes, 0), "other data"),
        ("s2", build.stack_bytes, "stack"),
    )
    return _meter("RAM", build.ram_available, parts)


def _meter(name: str, whole: int, parts: Sequence[tuple[str, int, str]]) -> Meter:
    used = sum(size for _, size, _ in parts)
    scale = 100 / max(whole, used, 1)
    return Meter(
        name=name,
        used=used,
        text=f"{used:,} of {whole:,} bytes",
        share=f"{100 * used / max(whole, 1):.3g}\u00a0%",
        over=used > whole,
        parts=tuple(
            Part(style, round(size * scale, 3), f"{what}: {size:,} bytes")
            for style, size, what in parts
            if size
        ),
    )


def groups(size: SizeReport) -> tuple[GroupRow, ...]:
    """What the bytes are for; colours go to those that take flash."""
    rows, kind = [], 0
    for group in size.groups:
        share = f"{100 * group.flash_bytes / (size.flash_total_bytes or 1):.1f}\u00a0%"
        coloured = kind if group.flash_bytes else -1
        kind += group.flash_bytes > 0
        rows.append(GroupRow(group.name, coloured, group.flash_bytes, group.ram_bytes, share))
    return tuple(rows)


def symbols(size: SizeReport) -> tuple[SymbolBytes, ...]:
    """Those that take most flash, then RAM."""
    ranked = sorted(size.symbols, key=lambda s: (-s.flash_bytes, -s.ram_bytes, s.section, s.symbol))
    return tuple(ranked[:_SHOWN])


def treemap(size: SizeReport) -> Treemap:
    """Groups as areas, cut into layers, kernels and objects; nothing of the flash is left out."""
    found = _leaves(size)
    return Treemap(_drawn(found, _WIDE), _drawn(found, _NARROW))


_Leaves = list[tuple[int, str, list[tuple[str, int]]]]  # kind, group, (name, bytes)


def _leaves(size: SizeReport) -> _Leaves:
    """Groups and their leaves, the largest first."""
    kinds = [(row.kind, row.name) for row in groups(size) if row.kind >= 0]
    sums: dict[str, dict[str, int]] = {name: {} for _, name in kinds}
    for symbol in size.symbols:
        if symbol.flash_bytes:
            leaf, mine = _leaf(symbol, size), sums[symbol.group]
            mine[leaf] = mine.get(leaf, 0) + symbol.flash_bytes
    made = [(kind, name, _ranked(sums[name].items())) for kind, name in kinds]
    return sorted(made, key=lambda group: -sum(count for _, count in group[2]))


def _ranked(items: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(items, key=lambda item: (-item[1], item[0]))


def _leaf(symbol: SymbolBytes, size: SizeReport) -> str:
    if symbol.layer is not None:
        return f"{symbol.layer} {size.layers[symbol.layer].name}"
    if symbol.kernel:
        return symbol.kernel.removeprefix("te_")
    return symbol.library or symbol.object


def _drawn(found: _Leaves, aspect: float) -> tuple[Leaf, ...]:
    """Squares are squares in the frame's own shape; the result is in percent of its sides."""
    leaves: list[Leaf] = []
    frame = Box(0, 0, 100 * aspect, 100)
    sizes = [sum(count for _, count in items) for _, _, items in found]
    for (kind, group, items), area in zip(found, squarify(sizes, frame), strict=True):
        boxes = squarify([count for _, count in items], area)
        for (name, count), box in zip(items, boxes, strict=True):
            leaves.append(
                Leaf(
                    left=round(box.x / aspect, 3),
                    top=round(box.y, 3),
                    width=round(box.width / aspect, 3),
                    height=round(box.height, 3),
                    kind=kind,
                    label=name,
                    size=kilobytes(count),
                    text=f"{group}: {name}, {count:,} bytes",
                )
            )
    return tuple(leaves)
