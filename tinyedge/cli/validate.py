"""``tinyedge validate``: the device's answers against the reference and the labels."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from tinyedge.cli import _console, _stages
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import PortType, Target, save, target_options
from tinyedge.cli.bench import wire_table
from tinyedge.device.validate import describe
from tinyedge.errors import CheckFailed, ConfigError
from tinyedge.results import FleetDevice, FleetReport, RawReport, ResultsOnly, ValidateReport
from tinyedge.workflow.learning import LEARNED

SAMPLES = 200
_FEATURES = {"--raw": "preprocess", "--results-only": "compress", "--learned": "learn"}
samples_option = click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=SAMPLES,
    show_default=True,
    help="How many samples to send (fewer if there are fewer).",
)
inputs_option = click.option(
    "--inputs",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='Send these samples: an .npz with "inputs" and, if known, "labels" and "outputs".',
)


@click.command(
    epilog=by_example(
        ("tinyedge validate fashion-cnn --samples 1000", "test images, on an emulated board"),
        (
            "tinyedge validate model.tflite --inputs vectors.npz --port /dev/ttyUSB0",
            "samples of yours, on a board of yours",
        ),
        (
            "tinyedge validate photos-cnn --raw",
            "pictures of any size, of which the device makes its input",
        ),
        ("tinyedge validate fashion-cnn --results-only", "class and score alone come back"),
        ("tinyedge validate fashion-cnn --learned", "a device that has run adapt"),
    )
)
@target_options
@click.option(
    "--port",
    "ports",
    multiple=True,
    type=PortType(),
    metavar="URL",
    help="A device that is there already; give several to send to all of them at once.",
)
@samples_option
@inputs_option
@click.option(
    "--raw",
    is_flag=True,
    help="Send raw pictures or sound, of which the device makes its inputs; compare these, too.",
)
@click.option(
    "--results-only",
    is_flag=True,
    help="Have class and score alone sent back; compare these, and count the bytes on the link.",
)
@click.option(
    "--learned",
    is_flag=True,
    help="The device has learned (adapt): prove that it runs adapted.tflite, compare with that.",
)
def command(
    *,
    target: Target,
    ports: tuple[str, ...],
    samples: int,
    inputs: Path | None,
    raw: bool,
    results_only: bool,
    learned: bool,
    json_path: Path | None,
) -> None:
    """Send samples to the device; compare every output byte with the TFLM reference.

    Samples are the test split's, those of --inputs, or, for a .tflite without a data set,
    pseudo-random. The device is the one that "tinyedge flash" left running, the one at --port, or
    one that is started for this and stopped. Of several, each gets the same samples, and one that
    fails does not stop the others. With --raw the firmware has the feature preprocess, and the test
    split's pictures go to it in their own size, or its sound as int16 samples. With --results-only
    it has the feature compress, and answers with the class and its score alone. With --learned it
    has the feature learn, and its weights and answers must be those of adapted.tflite, which adapt
    has written. Exit code 1 on any difference.
    """
    _stages.require_ports(*ports)
    ways = {"--raw": raw, "--results-only": results_only, "--learned": learned}
    if chosen := [name for name, is_given in ways.items() if is_given]:
        _require_one(ports, inputs if raw else None, chosen)
        target = target.having(_FEATURES[chosen[0]])
    built = _stages.build(target)
    if len(ports) > 1:
        fleet = _stages.validate_all(built, ports, samples, inputs)
        show_fleet(fleet)
        save(json_path, fleet)
        require_all(fleet, built.firmware.target / LEARNED)
        return
    with _stages.device(built, ports[0] if ports else None) as url:
        answers = _stages.validate_class if results_only else _stages.validate
        answers = _stages.validate_learned if learned else answers
        send = _stages.validate_raw if raw else partial(answers, vectors=inputs)
        report = send(built, url, samples)
    show(report)
    save(json_path, report)
    require_equal(report, built.firmware.target / LEARNED, compared=learned)


def _require_one(ports: tuple[str, ...], inputs: Path | None, chosen: list[str]) -> None:
    if len(chosen) > 1:
        raise ConfigError(
            f"{' and '.join(chosen)}: each compares something else of the device",
            "give one of them",
        )
    if inputs is not None:
        raise ConfigError("--raw sends frames of the recipe's data set", "leave out --inputs")
    if len(ports) > 1:
        raise ConfigError(f"{chosen[0]} is for one device", "leave out all but one --port")


def show(report: ValidateReport) -> None:
    """Print accuracies, differences and throughput."""
    rows = [
        ("samples", f"{report.samples:,} ({report.inputs})"),
        ("device accuracy", _console.percent(report.device_accuracy)),
        ("host accuracy", _console.percent(report.host_accuracy)),
        ("answers that differ", report.mismatches),
        ("throughput", f"{report.samples_per_second:,.1f} samples/s, transfer included"),
        ("device", report.url),
    ]
    if report.device_accuracy is None:
        rows[1:3] = [("accuracy", "- (the samples have no labels)")]
    _console.show(
        _console.facts(f"{report.model} on {report.board}, runtime {report.runtime}", rows)
    )
    if report.raw is not None:
        _console.show(_raw(report.raw))
    if report.results_only is not None and report.results_only.wire is not None:
        _console.show(wire_table(report.results_only.wire))
    _console.verdict(report.held, _verdict(report))


def _verdict(report: ValidateReport) -> str:
    if report.results_only is not None:
        return _results_verdict(report, report.results_only)
    model = f" on {LEARNED}" if report.learned and report.held else ""
    if report.mismatches:
        total = f"{report.mismatches:,} of {report.samples:,}"
        return f"{total} answers differ from the TFLM reference"
    if report.raw is not None and report.raw.differing_input_bytes:
        return f"{report.raw.differing_input_bytes:,} input bytes differ from the host's"
    return f"{report.samples:,} answers equal the TFLM reference{model}, byte for byte"


def _results_verdict(report: ValidateReport, found: ResultsOnly) -> str:
    if report.mismatches:
        total = f"{report.mismatches:,} of {report.samples:,}"
        return f"{total} differ from the TFLM reference, {found.differing_classes:,} in the class"
    return f"{report.samples:,} classes and scores equal the TFLM reference's"


def _raw(raw: RawReport) -> object:
    sizes = ", ".join(raw.frame_sizes[:8]) + (", ..." if len(raw.frame_sizes) > 8 else "")
    count = len(raw.frame_sizes)
    rows = [
        ("frames", f"{count} sizes: {sizes}" if count > 1 else sizes),
        ("bytes of frames", f"{raw.frame_bytes:,}"),
        ("input bytes that differ", f"{raw.differing_input_bytes:,} of {raw.input_bytes:,}"),
        ("to make an input", f"{raw.ticks.median:,.0f} {raw.tick_unit}, median"),
    ]
    return _console.facts("Inputs that the device made of raw frames", rows)


def show_fleet(report: FleetReport) -> None:
    """Print one row a device."""
    rows = [_row(device) for device in report.devices]
    title = f"{report.model} on {len(rows)} devices ({report.board}, runtime {report.runtime})"
    columns = ["device", ">samples", ">differ", ">accuracy", ">samples/s", "result"]
    _console.show(_console.table(title, columns, rows))
    answers = sum(device.validate.samples for device in report.devices if device.validate)
    rate = f"{answers / max(report.seconds, 1e-9):,.1f} samples/s together"
    good = sum(device.validate is not None and device.validate.held for device in report.devices)
    text = f"{good} of {len(rows)} devices answer as the TFLM reference, byte for byte; {rate}"
    _console.verdict(report.held, text)


def _row(device: FleetDevice) -> tuple[object, ...]:
    found = device.validate
    if found is None:
        return (device.url, "-", "-", "-", "-", device.problem)
    accuracy = "-" if found.device_accuracy is None else _console.percent(found.device_accuracy)
    rate = f"{found.samples_per_second:,.1f}"
    word = "equal" if found.held else "differs"
    return (device.url, found.samples, found.mismatches, accuracy, rate, word)


def require_all(report: FleetReport, learned: Path = Path(LEARNED)) -> None:
    """Raise CheckFailed, with the first device that fell short, unless all were equal."""
    for device in report.devices:
        if device.validate is None:
            raise CheckFailed(
                f"{device.url}: {device.problem}",
                "then validate again; the table says how the others did",
            )
        require_equal(device.validate, learned)


def require_equal(
    report: ValidateReport, learned: Path = Path(LEARNED), *, compared: bool = False
) -> None:
    """Raise CheckFailed, with the first difference, unless every byte was equal.

    ``learned``: the file of what such a device has learned; ``compared``: with that.
    """
    hint = "is the firmware the one that was built here? flash it again, then validate"
    if compared:
        hint = (
            f"its weights are those of {learned}, its answers are not: "
            f'find the layer with "tinyedge debug {learned}", and report it'
        )
    elif report.learned and not (report.raw and report.raw.first_difference):
        hint = (
            "the device runs what it has learned, not the firmware's weights: --learned compares "
            f"its answers with {learned}; flashing this firmware again loses that, "
            "so flash or package that file first if you want it"
        )
    found = [part.first_difference for part in (report.raw, report.results_only) if part]
    if report.first_mismatch is not None:
        found.append(describe(report.first_mismatch))
    for difference in filter(None, found):
        raise CheckFailed(f"{report.model} on {report.board}: {difference}", hint)
