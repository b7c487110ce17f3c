"""The command line: one subcommand a stage; the only printing and the only exit codes.

Subcommands are imported when called, so that ``tinyedge --help`` starts at once.
"""

from __future__ import annotations

import importlib
import sys

import click

from tinyedge import __version__
from tinyedge.cli import _failure
from tinyedge.cli._examples import by_example
from tinyedge.cli._failure import Asked
from tinyedge.errors import ConfigError, near_match

# verb -> one line of help. The command is tinyedge.cli.<verb with _>:command.
VERBS = {
    "data": "Look through a recipe's data set: balance, duplicates, a contact sheet",
    "train": "Train a recipe's network on its data set",
    "quantize": "Quantize the trained network fully to int8",
    "inspect": "Show a model's layers and whether it fits each board",
    "fit": "Find the largest of a recipe's networks that fits a board, before training",
    "search": "Search sizes and settings of a recipe: accuracy against latency, flash and RAM",
    "generate": "Write the firmware sources",
    "build": "Cross-compile the firmware and check it against the board's memory",
    "size": "Show where every byte of flash and RAM goes: layer, kernel, library, symbol",
    "flash": "Put the firmware on the board, or start the emulated board",
    "validate": "Compare the device's answers with the reference, byte for byte",
    "bench": "Measure size, memory and ticks an inference",
    "profile": "Time each layer on the device, and draw where time and arena go",
    "debug": "Compare what each layer writes with the reference, and with real numbers",
    "energy": "Measure the energy of an inference with a power monitor",
    "bench-anchors": "Count every instruction and load of many models, layer by layer",
    "matrix": "Measure many models on many boards, several at a time",
    "compare": "Show what moved between two results",
    "report": "Write the HTML and Markdown report",
    "demo": "All stages in turn, then a table and the path of the report",
    "collect": "Collect frames from a device, with its answers, as a data set to train on",
    "adapt": "Train the last dense layers on the device, with samples that it has not seen",
    "keys": "Make the pair of keys that signs packages",
    "package": "Sign a model as a package that devices take while they run another",
    "update": "Put a package on a running device; kept only if its answers hold",
    "versions": "Show the models that a device has, and which one runs",
    "rollback": "Run the model before the one that runs",
    "monitor": "Show what a device says on its own: logs, faults, restarts",
    "mlperf": "Run MLPerf Tiny: performance and accuracy against its quality targets",
    "bridge": "A pseudo terminal for a device, which stays while clients come and go",
    "boards": "List the boards; doctor: what is installed for them",
    "board": "new: a board file of your own, commented, from one that is like yours",
    "stop": "Stop an emulated board that flash has left running",
}


class LazyGroup(click.Group):
    """A group whose commands are imported only when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Verbs in the order of the work."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import ``tinyedge.cli.<verb>`` and return its ``command``."""
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"tinyedge.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Refuse a word that is no verb, with the nearest one."""
        if args[0] not in VERBS and not args[0].startswith("-"):
            near = near_match(args[0], VERBS)
            raise ConfigError(f'there is no verb "{args[0]}"{near}', f"verbs: {', '.join(VERBS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the verbs without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.group(
    cls=LazyGroup,
    epilog=by_example(
        (
            "tinyedge bench models/x.tflite --board qemu-mps2-an386 --json out.json",
            "instructions, arena and flash of any int8 .tflite on an emulated Cortex-M4",
        ),
    ),
)
@click.version_option(__version__)
def cli() -> None:
    """Int8 neural networks on microcontrollers, proved byte for byte over the serial port.

    Exit codes: 0 everything held, 1 a check fell short, 2 you must fix something, 130 stopped,
    141 what read its output has gone.
    """


def main() -> None:
    """Entry point: run, and turn every failure into a message and an exit code."""
    asked = Asked()
    _failure.open_streams()
    try:
        cli(standalone_mode=False, obj=asked)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("tinyedge: stopped; nothing half-written was left behind", err=True)
        sys.exit(_failure.STOPPED)
    except SystemExit as done:  # 1 is click's and rich's, for a pipe that nobody reads
        sys.exit(_failure.UNREAD if done.code == 1 else done.code)
    except Exception as error:  # noqa: BLE001  all that goes wrong is told
        sys.exit(_failure.end(error, asked))
