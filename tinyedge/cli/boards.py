"""``tinyedge boards``: what there is to run on, and what is installed for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from tinyedge import board as boards
from tinyedge import tool
from tinyedge.board import Board
from tinyedge.cli import _console
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import json_option, save
from tinyedge.emit import tflm
from tinyedge.errors import ConfigError
from tinyedge.flash import programs
from tinyedge.results import BoardInfo, BoardsReport, DoctorReport, ProgramInfo, RunHere, WrongBoard
from tinyedge.results.fields import Runtime

_MEASURES = {"instructions": "instructions", "cycles": "cycles", "wall": "wall time"}
_WIDE = 120  # columns from which on the table shows everything
_LEGEND = """\
native      compiled for this computer
emulated    QEMU runs the whole test suite
simulated   built and simulated (--board ID-simulated), not yet run on silicon
built       built, neither simulated nor yet run on silicon
*           experimental: a second port for a chip, which knows less of it"""


@click.group(
    invoke_without_command=True,
    epilog=by_example(
        ("tinyedge boards", "all boards, and how each was run"),
        ("tinyedge boards --json boards.json", "the same for a program"),
        ("tinyedge boards doctor", "what is installed, and how to install the rest"),
    ),
)
@json_option
@click.pass_context
def command(ctx: click.Context, json_path: Path | None) -> None:
    """List the boards: core, memory, runtimes, how they are flashed, and how they were run.

    A board is one file boards/<id>.toml; "tinyedge board new" makes another one. What is wrong with
    a file is told behind the others, and the exit code is 2.
    """
    if ctx.invoked_subcommand is not None:
        return
    found, wrong = boards.survey()
    report = BoardsReport(boards=tuple(map(describe, found)), wrong=_wrong(wrong))
    _console.show(_table(report))
    _console.show(_LEGEND)
    save(json_path, report)
    _refuse(report.wrong)


@command.command(
    epilog=by_example(
        ("tinyedge boards doctor", "compilers, emulators and flashers"),
    )
)
@json_option
def doctor(json_path: Path | None) -> None:
    """Say which compilers, emulators and flashers are installed, and how to install the rest.

    A board file that is wrong is left out and told, and the exit code is 2.
    """
    found, wrong = boards.survey()
    wanted = _programs(found)
    report = DoctorReport(
        programs=tuple(
            ProgramInfo(
                name=name, path=tool.find(name), boards=tuple(ids), install=tool.install(name)
            )
            for name, ids in wanted.items()
        ),
        command=tool.install_command([name for name in wanted if tool.find(name) is None]),
        wrong=_wrong(wrong),
    )
    _console.show(_programs_table(report))
    if report.command:
        _console.show("to install what is missing:")
        _console.command(report.command)
    save(json_path, report)
    _refuse(report.wrong)


def describe(board: Board) -> BoardInfo:
    """What the table says about one board."""
    return BoardInfo(
        id=board.id,
        name=board.name,
        core=board.cpu.core,
        clock_hz=board.cpu.clock_hz,
        flash_bytes=board.memory.flash.bytes,
        ram_bytes=board.memory.ram.bytes,
        stack_bytes=board.memory.stack_bytes,
        runtimes=runtimes(board),
        flash_method=board.flash.method,
        flash_methods=programs.methods(board),
        run=_run(board),
        experimental=board.experimental,
        link=board.link.via,
        measures=_MEASURES[board.timer.measures],
    )


def runtimes(board: Board) -> tuple[Runtime, ...]:
    """The runtimes that can be built for the board."""
    return ("aot", "tflm") if tflm.supports(board) else ("aot",)


def _run(board: Board) -> RunHere:
    """How the project's tests have run the board's firmware."""
    if board.flash.method == "host":
        return "native"
    if board.flash.method == "qemu":
        return "emulated"
    return "simulated" if board.simulator is not None else "built"


def _table(report: BoardsReport) -> object:
    wide = _console.width() >= _WIDE
    rows = [
        (
            info.id,
            _core(info.core, wide),
            *([f"{info.clock_hz / 1e6:,.0f} MHz"] if wide else []),
            *_memory(info, wide),
            " ".join(info.runtimes),
            " ".join(info.flash_methods) if wide else info.flash_method.removeprefix("adafruit-"),
            info.run + ("*" if info.experimental else ""),
            *([info.measures] if wide else []),
        )
        for info in report.boards
    ]
    if wide:
        columns = [
            "board",
            "core",
            ">clock",
            ">flash",
            ">RAM",
            "runtimes",
            "flasher",
            "run",
            "timer",
        ]
    else:
        columns = ["board", "core", ">flash/RAM", "runtimes", "flasher", "run"]
    return _console.table("Boards", columns, rows)


def _memory(info: BoardInfo, wide: bool) -> tuple[str, ...]:
    if wide:
        return _size(info.flash_bytes), _size(info.ram_bytes)
    return (f"{_short(info.flash_bytes)}/{_short(info.ram_bytes)}",)


def _core(name: str, wide: bool) -> str:
    """As the vendor writes it, in short where the table is narrow: cortex-m0plus -> M0+."""
    family, _, kind = name.partition("-")
    kind = kind.replace("plus", "+").upper()
    return (f"{family.capitalize()}-{kind}" if wide else kind) if kind else name


def _programs(known: Sequence[Board]) -> dict[str, list[str]]:
    """Program -> boards that need it, or one like it."""
    found: dict[str, list[str]] = {}
    for board in known:
        for program in programs.of(board):
            found.setdefault(program, []).append(board.id)
    return dict(sorted(found.items()))


def _wrong(files: Mapping[Path, ConfigError]) -> tuple[WrongBoard, ...]:
    return tuple(
        WrongBoard(path=str(path), problem=error.message, hint=error.hint)
        for path, error in files.items()
    )


def _refuse(wrong: Sequence[WrongBoard]) -> None:
    """Show the files that are wrong, then raise ConfigError for them; none: do nothing."""
    if not wrong:
        return
    rows = [(Path(file.path).name, _problem(file)) for file in wrong]
    _console.show(_console.table("Wrong board files", ["file", "what is wrong"], rows))
    folder = Path(wrong[0].path).parent
    names = ", ".join(name for name, _ in rows)
    raise ConfigError(f"{folder}: left out, since it is wrong: {names}", "correct it, or delete it")


def _problem(file: WrongBoard) -> str:
    what = file.problem.removeprefix(f"{file.path}: ")
    return f"{what} ({file.hint})"


def _programs_table(report: DoctorReport) -> object:
    rows = [
        (info.name, "yes" if info.path else "no", _few(info.boards), info.install)
        for info in report.programs
    ]
    return _console.table("Programs", ["program", "found", "for", "from"], rows)


def _few(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:2])
    return shown if len(names) <= 2 else f"{shown} and {len(names) - 2} more"


def _short(count: int) -> str:
    return _size(count).replace(" ", "").removesuffix("B")


def _size(count: int) -> str:
    mega, kilo = 1 << 20, 1 << 10
    return f"{count // mega} MB" if count % mega == 0 else f"{count // kilo} KB"
