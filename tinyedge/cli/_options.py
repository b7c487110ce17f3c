"""Options that several verbs share, so that they are named and explained the same everywhere."""

from __future__ import annotations

import functools
import math
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from tinyedge import config
from tinyedge.cli._console import JSON_STDOUT
from tinyedge.cli._failure import Asked
from tinyedge.emit.features import AUTH, FEATURES
from tinyedge.emit.mlperf import PROTOCOLS
from tinyedge.recipe import Compile
from tinyedge.results import BenchReport, BuildReport, Result, encode, write
from tinyedge.workspace import Workspace

DEFAULT_BOARD = "netduinoplus2"
_STDOUT = {str(JSON_STDOUT), "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}

_C = TypeVar("_C", bound=Callable[..., object])


class _WorkspaceType(click.ParamType[Workspace]):
    name = "folder"

    def convert(
        self,
        value: str | Workspace,
        param: click.Parameter | None,  # noqa: ARG002
        ctx: click.Context | None,  # noqa: ARG002
    ) -> Workspace:
        """A folder's path -> Workspace."""
        return value if isinstance(value, Workspace) else Workspace(Path(value))


class Finite(click.FloatRange):
    """A number that is one: NaN is in every range, for it is neither below one nor above."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Refuse NaN and infinities, too."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


class PortType(click.ParamType[str]):
    """A serial port or a URL; an empty one is what a script passes whose variable is not set."""

    name = "url"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse an empty one."""
        if not value.strip():
            self.fail("it is empty; name a port such as /dev/ttyUSB0, or leave it out", param, ctx)
        return value


model_argument = click.argument("model", metavar="MODEL")
board_option = click.option(
    "--board",
    default=DEFAULT_BOARD,
    show_default=True,
    metavar="ID",
    help='A board of "tinyedge boards", or a path to a board\'s .toml.',
)
runtime_option = click.option(
    "--runtime",
    type=click.Choice(["aot", "tflm"]),
    help="Compiled ahead of time, or TensorFlow Lite Micro's interpreter (default: the board's).",
)
port_option = click.option(
    "--port",
    type=PortType(),
    metavar="URL",
    help="A device that is there already: a serial port or a pyserial URL.",
)
protocol_option = click.option(
    "--protocol",
    type=click.Choice(PROTOCOLS),
    default=PROTOCOLS[0],
    show_default=True,
    help="What the firmware speaks: tinyedge's frames, or the MLPerf Tiny runner's text, also in "
    "energy mode: at 9600 baud, with time stamps on a pin.",
)
workspace_option = click.option(
    "--workspace",
    type=_WorkspaceType(),
    default="build",
    show_default=True,
    help="Where everything that is made is kept.",
)


class _JsonType(click.Path):
    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Path:
        """A file's path, with one name for stdout."""
        if os.fspath(value) in _STDOUT:
            return JSON_STDOUT
        return Path(super().convert(value, param, ctx))  # type: ignore[arg-type]


class _SizeType(click.ParamType[str]):
    name = "size"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse what is not bytes, K or M."""
        try:
            config.parse_size(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return value


_FEATURES = ", ".join(feature.name for feature in FEATURES)
_COMPILE = (
    click.option(
        "--optimize",
        type=click.Choice(["speed", "size"]),
        help="What the aot compiler aims at (default: the recipe's, else speed).",
    ),
    click.option(
        "--max-arena",
        type=_SizeType(),
        help='The aot runtime\'s arena may have so many bytes: "32K". Fails where it does not fit.',
    ),
    click.option(
        "--max-flash",
        type=_SizeType(),
        help='The whole firmware may take so many bytes of flash: "64K".',
    ),
    click.option(
        "--feature",
        "features",
        multiple=True,
        metavar="NAME",
        help=f"An optional feature of the device; may be given again: {_FEATURES} "
        '("tinyedge build --help" says what each does).',
    ),
    click.option(
        "--device-key",
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help='The device\'s own key (see "tinyedge keys --device"): firmware is built with it and '
        "with the feature auth, and the device is spoken to with it.",
    ),
)


def compile_options(command: _C) -> _C:
    """What says how to compile, given to ``command`` as one argument ``given``."""

    @functools.wraps(command)
    def bundled(**arguments: object) -> object:
        names = Compile.__struct_fields__
        found = {name: arguments.pop(name) for name in names if name in arguments}
        given = Compile(**found)  # type: ignore[arg-type]
        return command(
            **arguments, given=with_features(given, AUTH.name) if given.device_key else given
        )

    wrapped: _C = bundled  # type: ignore[assignment]
    for option in reversed(_COMPILE):
        wrapped = option(wrapped)
    return wrapped


@dataclass(frozen=True)
class Target:
    """Which firmware a verb is about. ``runtime``: None is the board's default."""

    model: str
    board: str
    runtime: str | None
    given: Compile
    workspace: Workspace

    def having(self, *features: str) -> Target:
        """The same with features that the verb cannot do without."""
        return replace(self, given=with_features(self.given, *features))


def with_features(given: Compile, *names: str) -> Compile:
    """Return ``given`` with features that the verb cannot do without."""
    return Compile(features=names).over(given)


def latency_options(command: _C) -> _C:
    """A budget of an inference, ``latency_ms`` or ``latency_ticks``."""
    for option in (
        click.option(
            "--latency-ticks",
            type=click.IntRange(min=1),
            help="The same in ticks of the board: instructions on emulated ones, else cycles.",
        ),
        click.option(
            "--latency-ms",
            type=Finite(min=0, min_open=True),
            help="Budget of an inference, by estimated cycles; for boards whose ticks are cycles.",
        ),
    ):
        command = option(command)
    return command


def _remember(
    ctx: click.Context,
    _option: click.Parameter,
    path: Path | None,
) -> Path | None:
    """Where an error goes, too, if it comes to that."""
    asked = ctx.find_object(Asked)
    if asked is not None:
        asked.json_path = path
    return path


force_option = click.option(
    "--force", is_flag=True, help="Do it again, even if nothing it depends on has changed."
)
json_option = click.option(
    "--json",
    "json_path",
    is_eager=True,  # known before another option is refused
    callback=_remember,
    type=_JsonType(dir_okay=False, path_type=Path),
    help='Write the result to this file, too (see docs/json.md); "-": to stdout, which then has '
    "nothing else.",
)


def target_options(command: _C) -> _C:
    """MODEL, --board, --runtime, --optimize and the like, given as one argument ``target``."""

    @functools.wraps(command)
    def bundled(**arguments: object) -> object:
        named = {field.name: arguments.pop(field.name) for field in fields(Target)}
        return command(**arguments, target=Target(**named))  # type: ignore[arg-type]

    wrapped: _C = compile_options(bundled)  # type: ignore[assignment]
    for option in (
        json_option,
        workspace_option,
        runtime_option,
        board_option,
        model_argument,
    ):
        wrapped = option(wrapped)
    return wrapped


def firmware_title(report: BuildReport | BenchReport) -> str:
    """Which firmware a table is about."""
    title = f"{report.model} on {report.board}, runtime {report.runtime}"
    return f"{title}, optimized for {report.optimize}"


def save(json_path: Path | None, result: Result) -> None:
    """Write the result where ``--json`` says, if it was given."""
    if json_path == JSON_STDOUT:
        sys.stdout.write(encode(result).decode())
        sys.stdout.flush()
    elif json_path is not None:
        write(json_path, result)
    context = click.get_current_context(silent=True)
    asked = context.find_object(Asked) if context else None
    if asked is not None:
        asked.saved = True
