"""``tinyedge boards``: what there is to run on."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge import board as boards
from tinyedge import resources
from tinyedge.cli import _console
from tinyedge.cli._options import json_option, save
from tinyedge.results import BoardInfo, BoardsReport

_EMULATED = {"qemu", "host"}
_MEASURES = {"instructions": "instructions", "cycles": "cycles", "wall": "wall time"}


@click.command(epilog="Example: tinyedge boards --json boards.json")
@json_option
def command(json_path: Path | None) -> None:
    """List the boards: core, memory, runtimes, how they are flashed and what their timer measures.

    A board is one file boards/<id>.toml; another one on a known port needs nothing else.
    """
    report = BoardsReport(boards=tuple(describe(boards.load(name)) for name in boards.available()))
    _console.show(_table(report))
    save(json_path, report)


def describe(board: boards.Board) -> BoardInfo:
    """What the table says about one board."""
    return BoardInfo(
        id=board.id,
        name=board.name,
        core=board.cpu.core,
        clock_hz=board.cpu.clock_hz,
        flash_bytes=board.memory.flash.bytes,
        ram_bytes=board.memory.ram.bytes,
        stack_bytes=board.memory.stack_bytes,
        runtimes=runtimes(),
        flash_method=board.flash.method,
        emulated=board.flash.method in _EMULATED,
        link=board.link.via,
        measures=_MEASURES[board.timer.measures],
    )


def runtimes() -> tuple[str, ...]:
    """The runtimes whose sources this installation has."""
    folder = resources.root("firmware_templates") / "runtime"
    return tuple(sorted(path.name for path in folder.glob("*") if path.is_dir()))


def _table(report: BoardsReport) -> object:
    rows = [
        (
            info.id,
            info.core,
            f"{info.clock_hz / 1e6:,.0f} MHz",
            _size(info.flash_bytes),
            _size(info.ram_bytes),
            " ".join(info.runtimes),
            f"{info.flash_method} (emulated)" if info.emulated else info.flash_method,
            info.link,
            info.measures,
            info.name,
        )
        for info in report.boards
    ]
    columns = ["board", "core", ">clock", ">flash", ">RAM", "runtimes"]
    return _console.table("Boards", [*columns, "flashed by", "link", "timer", "name"], rows)


def _size(count: int) -> str:
    mega, kilo = 1 << 20, 1 << 10
    return f"{count // mega} MB" if count % mega == 0 else f"{count // kilo} KB"
