"""``tinyedge adapt``: train the last dense layers on the device."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from tinyedge.cli import _console, _stages
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import Target, port_option, save, target_options
from tinyedge.errors import CheckFailed
from tinyedge.results import AdaptReport
from tinyedge.workflow import learning

SAMPLES = 500


@click.command(
    epilog=by_example(
        (
            "tinyedge adapt fashion-cnn --shift rotate=20 --shift noise=0.1",
            "an emulated board learns test images that are turned and noisy",
        ),
        (
            "tinyedge adapt model.tflite --data new.npz --port /dev/ttyUSB0",
            "a board of yours learns samples of yours",
        ),
    )
)
@target_options
@port_option
@click.option(
    "--data",
    type=click.Path(exists=True, path_type=Path),
    help="New labelled samples: an .npz (x, y, raw as the recipe's data; for a .tflite inputs, "
    "labels), or for a recipe a folder with a subfolder a class, as collect writes it. Default: "
    "the recipe's test split.",
)
@click.option(
    "--shift",
    "shifts",
    multiple=True,
    metavar="KIND",
    help="Change the samples to see what learning is worth: invert, rotate=DEGREES, "
    "noise=FRACTION; may be given again.",
)
@click.option(
    "--samples",
    type=click.IntRange(min=2),
    default=SAMPLES,
    show_default=True,
    help="At most so many, those held out included.",
)
@click.option(
    "--forget",
    is_flag=True,
    help="Begin with the firmware's own weights, not with what the device has learned since it "
    "started.",
)
def command(
    *,
    target: Target,
    port: str | None,
    data: Path | None,
    shifts: tuple[str, ...],
    samples: int,
    forget: bool,
    json_path: Path | None,
) -> None:
    """Train the model's last dense layers on the device, with samples that it has not seen.

    Labelled samples are streamed to the device, which runs a step of gradient descent on each, as
    the recipe's [adapt] says. Part of them are held out: the device keeps what it learned only if
    it does better on them than before. Every step is repeated on the host, and the device's
    weights must equal the host's bit for bit; then its answers must equal those of the TFLM
    reference on the new .tflite. A device that has learned before goes on from that. It forgets
    when it restarts: to keep what it learned, flash the new .tflite.
    """
    _stages.require_ports(port)
    source = learning.Source(data, shifts, samples)
    built = _stages.build(target.having("learn"))
    found = learning.to_learn(built.firmware.loaded, source)  # before a board is written
    title = f"adapt {built.report.model} on {built.report.board}"
    with _stages.device(built, port) as url, _console.progress(title) as hear:
        report = learning.adapt(built, url, found, hear=hear, on_log=_console.note, forget=forget)
    show(report)
    save(json_path, report)
    if not report.held:
        raise CheckFailed(
            f"{report.model} on {report.board}: the device's training is not the host's",
            "was it flashed with this very firmware? flash it again, then adapt",
        )


def show(report: AdaptReport) -> None:
    """Print every epoch, then what it took."""
    columns = [">epoch", ">loss", ">accuracy", ">held out", "kept"]
    rows = [("before", "-", "-", _console.percent(report.accuracy_before), "")]
    rows += [
        (
            str(number),
            f"{epoch.loss:.4f}",
            _console.percent(epoch.accuracy),
            _console.percent(epoch.held_out_accuracy),
            "yes" if epoch.kept else "no",
        )
        for number, epoch in enumerate(report.epochs, 1)
    ]
    _console.show(_console.table(f"{report.model} learns on {report.board}", columns, rows))
    _console.show(_classes(report))
    layers = ", ".join(f"{layer.inputs} to {layer.outputs}" for layer in report.layers)
    facts = [
        ("samples", f"{report.samples:,} to train on, {report.held_out:,} held out"),
        ("from", report.data),
        ("begun with", "what the device had learned" if report.begun_learned else "the firmware's"),
        ("layers", layers),
        ("a step", f"{report.ticks:,.0f} {report.tick_unit} a sample"),
        ("RAM for it", f"{report.ram_bytes:,} bytes"),
        ("weights", "equal numpy's, bit for bit" if report.weights_equal else "differ"),
        ("answers that differ", f"{report.answers_differ} of {report.answers}"),
    ]
    _console.show(_console.facts("how", facts))
    if report.tflite:
        _console.path("tflite", report.tflite)
    change = f"{_console.percent(report.accuracy_before)} to "
    change += f"{_console.percent(report.accuracy_after)} on the samples held out"
    _console.verdict(report.held, f"kept: {change}" if report.kept else "rolled back: no better")


def _classes(report: AdaptReport) -> Table:
    """Right answers before and after, by class."""
    rows = [
        (
            one.name + (" (never seen in training)" if one.unseen else ""),
            one.held_out,
            _console.percent(one.right_before / one.held_out),
            _console.percent(one.right_after / one.held_out),
        )
        for one in report.classes
    ]
    return _console.table("Held out, by class", ["class", ">samples", ">before", ">after"], rows)
