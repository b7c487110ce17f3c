"""How verbs print: results on stdout, progress and notes on stderr, readable without a terminal."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol, TextIO

import click
from rich import box
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text


class Advance(Protocol):
    """Called while work goes on, with what is done, of how much, and a word on how it goes."""

    def __call__(self, done: int, total: int, text: str = "") -> None: ...


JSON_STDOUT = Path("-")  # --json's value for stdout
_PLAIN_WIDTH = 130  # columns for a log file, where rich would assume 80 and fold tables
_PLAIN_INTERVAL_S = 10.0  # between two progress lines in a log file
_OUTCOMES: dict[bool | None, tuple[str, str]] = {
    True: ("held", "bold green"),
    False: ("FELL SHORT", "bold red"),
    None: ("NOT JUDGED", "bold yellow"),
}


def _console(stream: TextIO) -> Console:
    width = None if stream.isatty() or "COLUMNS" in os.environ else _PLAIN_WIDTH
    return Console(file=stream, width=width, highlight=False, emoji=False)


def out() -> TextIO:
    """Where people read results: stdout, or stderr where ``--json -`` has stdout for itself."""
    context = click.get_current_context(silent=True)
    taken = context is not None and context.params.get("json_path") == JSON_STDOUT
    return sys.stderr if taken else sys.stdout


def show(*things: Any) -> None:
    """Print results (text or rich renderables) on stdout. Text is taken as it is, not as markup."""
    console = _console(out())
    for thing in things:
        console.print(thing, markup=False)


def line(text: str) -> None:
    """Print one line on stdout at once, as it is, however long it is."""
    click.echo(text, file=out())


def width() -> int:
    """Columns of stdout."""
    return _console(out()).width


def command(text: str) -> None:
    """Print a command to copy on stdout, on one line however long it is."""
    _console(out()).print(f"  {text}", markup=False, soft_wrap=True)


def path(what: str, where: str) -> None:
    """Print the path of a result on stdout, on one line however long it is."""
    _console(out()).print(f"  {what}: {where}", markup=False, soft_wrap=True)


def note(text: str) -> None:
    """Print one line about what is being done, on stderr."""
    _console(sys.stderr).print(text, markup=False, style="dim", soft_wrap=True)


def verdict(held: bool | None, text: str) -> None:
    """Print a check's outcome (None: there is none) on stdout, in colour on a terminal."""
    word, style = _OUTCOMES[held]
    _console(out()).print(f"{word}: {text}", markup=False, style=style, soft_wrap=True)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """A table; a column whose name starts with ">" is aligned right, for figures.

    Where the terminal is narrow, the first column and figures stay whole and the rest folds.
    """
    made = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for number, name in enumerate(columns):
        figure = name.startswith(">")
        justify: Literal["right", "left"] = "right" if figure else "left"
        made.add_column(
            name.lstrip(">"), justify=justify, no_wrap=figure or number == 0, overflow="fold"
        )
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(_cell(cell)) for cell in row))
    return made


def facts(title: str, rows: Sequence[tuple[str, Any]]) -> Table:
    """A table of names and values. An empty title prints none."""
    made = table(title, ["", ""], rows)
    made.show_header, made.title = False, title or None
    return made


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def percent(fraction: float | None) -> str:
    """``0.9123`` -> ``91.23 %``; nothing known: ``-``."""
    return "-" if fraction is None else f"{fraction * 100:.2f} %"


@contextmanager
def progress(what: str) -> Iterator[Advance]:
    """Show how far the work is and the time left, while it lasts, on stderr.

    On a terminal a bar that goes when done; elsewhere a line every few seconds.
    """
    if sys.stderr.isatty():
        with _bar(what) as advance:
            yield advance
    else:
        yield _lines(what)


class _Counted(MofNCompleteColumn):
    def render(self, task: Task) -> Text:
        """Nothing while it is not known of how much: "0/?" tells nobody anything."""
        return Text() if task.total is None else super().render(task)


@contextmanager
def _bar(what: str) -> Iterator[Advance]:
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        _Counted(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[text]}", markup=False),
        console=_console(sys.stderr),
        transient=True,
    ) as bar:
        task = bar.add_task(what, total=None, text="prepares")

        def advance(done: int, total: int, text: str = "") -> None:
            bar.update(task, completed=done, total=total, text=text)

        yield advance


def _lines(what: str, clock: Callable[[], float] = time.monotonic) -> Advance:
    """A line now and then. The first piece of work bears what comes before all: it is not timed."""
    printed = clock()
    begun: tuple[float, int] | None = None

    def advance(done: int, total: int, text: str = "") -> None:
        nonlocal printed, begun
        now = clock()
        if done == 0:
            return
        begun = begun or (now, done)
        if now - printed < _PLAIN_INTERVAL_S:
            return
        printed = now
        since, first = begun
        rate = (now - since) / (done - first) if done > first else None
        left = "" if rate is None else f"{rate * (total - done):.0f} s left"
        parts = [f"{what}: {done} of {total}", left, text]
        print(", ".join(filter(None, parts)), file=sys.stderr, flush=True)  # noqa: T201

    return advance
