"""What ``tinyedge fit`` has found, as rows of a table and as a recipe."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tinyedge.fitting import candidate as candidates
from tinyedge.fitting import room
from tinyedge.fitting.fit import Search
from tinyedge.recipe import Recipe
from tinyedge.recipe import text as recipe_file
from tinyedge.results import FitLimits, FitReport, FitTrial

COLUMNS = ("width", "depth", "input", "MACs", "flash", "arena", "RAM")


def row(trial: FitTrial) -> tuple[str, ...]:
    """A candidate's cells, below COLUMNS, its latency and what it exceeds."""
    return (
        "-" if trial.width is None else f"{trial.width:g}",
        "-" if trial.depth is None else str(trial.depth),
        "-" if trial.size is None else f"{trial.size[0]} x {trial.size[1]}",
        f"{trial.macs:,}",
        f"{trial.flash:,}" if trial.ram is not None or not trial.flash else f"> {trial.flash:,}",
        _figure(trial.arena_bytes),
        _figure(trial.ram),
        _figure(trial.latency),
        trial.exceeds or "fits",
    )


def latency(trial: FitTrial, limits: FitLimits) -> str:
    """An inference's latency in words; never a time where ticks are instructions."""
    unit = limits.latency_unit
    budget = "" if limits.latency is None else f" of {limits.latency:,.0f}"
    about = "about" if unit == "instructions" else "an estimated"
    time = "" if limits.latency_ms is None else f" ({limits.latency_ms:g} ms at the board's clock)"
    return f"{about} {_figure(trial.latency)}{budget} {unit}{time} an inference"


def write(path: Path, search: Search, report: FitReport, *, force: bool) -> Recipe:
    """The chosen candidate as a recipe, with what is expected of it and what else was tried."""
    assert report.chosen is not None
    chosen, before = report.trials[report.chosen], search.recipe
    unit = report.limits.latency_unit
    heading = [
        f'The largest network of the recipe "{before.name}" that fits {report.board}, found by',
        '"tinyedge fit" before any training. Expected there:',
        f"  {chosen.flash:,} of {report.limits.flash:,} bytes of flash,",
        f"  {chosen.ram:,} of {report.limits.ram:,} bytes of RAM, arena {chosen.arena_bytes:,},",
        f"  {latency(chosen, report.limits)}.",
        "",
        f"Tried: {', '.join(COLUMNS)}, {unit}; what it exceeds",
        *(f"  {', '.join(row(trial)[:-1])}; {row(trial)[-1]}" for trial in report.trials),
    ]
    size = before.data.size
    notes = {
        "network.parameters": _changed(search, chosen),
        "data.size": f"was {'that of the source' if size is None else list(size)}",
        "compile.max_arena": "bytes; without it the compiler takes more, to be faster",
    }
    return recipe_file.write(path, _recipe(search, chosen), heading, notes, force=force)


def _recipe(search: Search, chosen: FitTrial) -> Recipe:
    """The recipe in the chosen size, under a name of its own."""
    board, compiled = search.estimator.board, search.estimator.model.compile
    if chosen.max_arena_needed:
        room_there = room.for_arena(board)
        limit = min(room_there, search.limits.arena or room_there)
        compiled = msgspec.structs.replace(compiled, max_arena=limit)
    sized = msgspec.structs.replace(search.recipe_of(chosen), compile=compiled)
    if search.recipe.data.size is None and chosen.size == search.known.native:
        sized = msgspec.structs.replace(sized, data=search.recipe.data)
    return recipe_file.named(sized, board.id)


def _changed(search: Search, chosen: FitTrial) -> str:
    """What the parameters were in the recipe that the search began with."""
    known, own = search.known, candidates.own(search.recipe, search.known)
    pairs = ((known.width, own.width, chosen.width), (known.depth, own.depth, chosen.depth))
    changed = [
        f"{axis.key} was {old:g}"
        for axis, old, new in pairs
        if axis is not None and old is not None and old != new
    ]
    return ", ".join(changed) or "as they were"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"
