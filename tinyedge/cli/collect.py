"""``tinyedge collect``: a device's frames and answers become a data set."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge.cli import _console, _stages
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import Target, port_option, save, target_options
from tinyedge.dataset.collected import check_label
from tinyedge.dataset.kept import Stored
from tinyedge.errors import CheckFailed, ConfigError
from tinyedge.results import CollectReport
from tinyedge.workflow.collect import Wish

COUNT = 100


@click.command(
    epilog=by_example(
        (
            "tinyedge collect photos-cnn --from pictures --by-answer --out review",
            "pictures sorted by what an emulated board says of them",
        ),
        (
            "tinyedge collect photos-cnn --port /dev/ttyUSB0 --board esp32 --sensor --label cat "
            "--out frames",
            "what a board's own sensor sees, all of it cats",
        ),
    )
)
@target_options
@port_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The data-set folder; one that is there already grows.",
)
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Pictures or WAV files that stand in for a sensor (default: the recipe's test split).",
)
@click.option("--sensor", is_flag=True, help="Take the frames with the board's own sensor.")
@click.option("--label", default="", help="The class of every frame (default: the source's).")
@click.option("--by-answer", is_flag=True, help="Sort by the model's answer, for review.")
@click.option(
    "--store",
    "stored",
    type=click.Choice(["raw", "input"]),
    default="raw",
    show_default=True,
    help="Keep the raw frame, or the input that the device made of it.",
)
@click.option(
    "--count",
    type=click.IntRange(min=1),
    default=COUNT,
    show_default=True,
    help="How many frames to collect (fewer if there are fewer).",
)
def command(
    *,
    target: Target,
    port: str | None,
    out: Path,
    source: Path | None,
    sensor: bool,
    label: str,
    by_answer: bool,
    stored: Stored,
    count: int,
    json_path: Path | None,
) -> None:
    """Collect frames, with the answers of MODEL on the device, as a folder that "train" reads.

    The firmware has the feature collect: each frame goes to the host while the device makes its
    input of it, and its answer follows. A board without a sensor, as every emulated one, is pushed
    pictures or sound over the link in place of it. Raw pictures and all inputs are kept as PNG, raw
    sound as WAV; manifest.jsonl in the folder says of each file where it came from, its label, the
    answer and its score. Ctrl-C leaves the folder whole; the same command goes on.
    """
    _stages.require_ports(port)
    if sensor and source is not None:
        raise ConfigError("--sensor and --from are two places to take frames from", "give one")
    if label and by_answer:
        raise ConfigError("--label and --by-answer are two labels for a frame", "give one")
    if label:
        check_label(label)
    built = _stages.build(target.having("collect"))
    wish = Wish(out, count, source, sensor, label, by_answer, stored)
    with _stages.device(built, port) as url:
        report = _stages.collect(built, url, wish)
    show(report)
    save(json_path, report)
    if report.lost:
        raise CheckFailed(
            f"{report.lost:,} frames did not come whole", "check the wiring, or lower link.baud"
        )


def show(report: CollectReport) -> None:
    """Print what was collected, by class."""
    labels = {item.name: item.count for item in report.labels}
    answers = {item.name: item.count for item in report.answers}
    rows = [(name, labels.get(name, 0), answers.get(name, 0)) for name in sorted(labels | answers)]
    pushed = "" if report.sensor == "board" else ", pushed by the host in place of a sensor"
    title = f"{report.collected:,} frames from {report.board}{pushed}"
    _console.show(_console.table(title, ["class", ">labelled", ">answered"], rows))
    total = report.before + report.collected
    _console.path(f"{total:,} frames", report.folder)
    _console.note(f"train on them: {'; '.join(report.recipe)}")
