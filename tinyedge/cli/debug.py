"""``tinyedge debug``: every layer of one sample, on the device and on the host."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from tinyedge.cli import _console, _stages
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import Target, port_option, save, target_options
from tinyedge.device.debug import Layer
from tinyedge.errors import CheckFailed, ConfigError
from tinyedge.report import feature_maps
from tinyedge.results import DebugReport, LayerTruth
from tinyedge.workflow import observing
from tinyedge.workflow.pipeline import Firmware
from tinyedge.workspace import write_atomic

_NHWC = 4  # axes of a tensor that has feature maps
COMPARES = "compare what each layer writes with the reference, and with real numbers"


@click.command(
    epilog=by_example(
        (
            "tinyedge debug model.tflite --board netduinoplus2 --sample 3",
            "the layer that differs, if one does",
        ),
    )
)
@target_options
@port_option
@click.option("--sample", type=click.IntRange(min=0), default=0, show_default=True, help="Which.")
@click.option(
    "--inputs",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take the sample from an .npz (inputs, labels).",
)
def command(
    *,
    target: Target,
    port: str | None,
    sample: int,
    inputs: Path | None,
    json_path: Path | None,
) -> None:
    """Compare what each layer writes on the device with the reference, and with real numbers.

    The device sends each layer's output while it runs, so that it needs no room to keep them. Exit
    code 1 if a byte differs from TFLM's reference. The signal-to-noise ratio says what int8 costs:
    against the recipe's float network; for a .tflite, or a layer that the float network does not
    have (marked with *), against its int8 weights without rounding.
    """
    _stages.require_ports(port)
    built = _stages.observed(target, require=_require_telling)
    with _stages.device(built, port) as url:
        _console.note(COMPARES)
        report, layers = observing.debug(built, url, sample, inputs, on_log=_console.note)
    show(report)
    worst = worst_maps(layers)
    if worst is not None:
        path = built.firmware.target / "debug.png"
        title = f"{worst.truth.index} {worst.truth.name}: the largest differences"
        write_atomic(path, feature_maps.draw(title, worst.device_real, worst.real))
        _console.path("feature maps of the noisiest layer", str(path))
    save(json_path, report)
    if not report.held:
        raise CheckFailed(
            f"layer {report.first_differing} is the first that differs from TFLM's",
            "flash this firmware again; if a layer still differs, report it with the model",
        )


def _require_telling(firmware: Firmware) -> None:
    """Raise ConfigError where nothing tells what the layers write."""
    if firmware.plan is None and firmware.board.flash.method == "host":
        raise ConfigError(
            f"{firmware.board.id}: TensorFlow Lite Micro's wheel is the reference itself",
            "debug --runtime aot, or tflm on another board",
        )


def worst_maps(layers: Sequence[Layer]) -> Layer | None:
    """Of the layers with feature maps, the first that differs, else the noisiest."""
    maps = [layer for layer in layers if len(layer.output.shape) == _NHWC]
    maps = [layer for layer in maps if layer.output.ops]
    wrong = [layer for layer in maps if layer.truth.differing]
    noisy = [layer for layer in maps if layer.truth.snr_db is not None]
    if wrong:
        return wrong[0]
    return min(noisy, key=lambda layer: layer.truth.snr_db or 0.0, default=None)


def show(report: DebugReport) -> None:
    """Print the layers in order."""
    columns = [
        ">",
        "layer",
        "kernel",
        "output",
        ">elements that differ",
        ">by at most",
        ">beyond range",
    ]
    columns += [">SNR"]
    title = f"{report.model} on {report.board}, sample {report.sample} of {report.inputs}"
    _console.show(_console.table(title, columns, [_row(layer) for layer in report.layers]))
    if any(layer.against != "float" for layer in report.layers):
        _console.show("* against int8 weights and input without rounding, not the float network")
    total = sum(layer.output_bytes for layer in report.layers)
    _console.show(f"{total:,} bytes of layers, {report.link_bytes:,} on the link")
    if report.first_differing is None:
        _console.verdict(True, f"all {len(report.layers)} layers are TFLM's, byte for byte")
    else:
        _console.verdict(False, f"layer {report.first_differing} is the first that differs")


def _row(layer: LayerTruth) -> tuple[object, ...]:
    return (
        layer.index,
        layer.name.replace("+", " + "),
        layer.kernel.removeprefix("te_"),
        "x".join(map(str, layer.output_shape[1:] or layer.output_shape)),
        layer.differing,
        layer.largest_difference,
        f"{layer.beyond_range * 100:.1f} %",
        _snr(layer),
    )


def _snr(layer: LayerTruth) -> str:
    mark = "" if layer.against == "float" else " *"
    return "-" if layer.snr_db is None else f"{layer.snr_db:.1f} dB{mark}"
