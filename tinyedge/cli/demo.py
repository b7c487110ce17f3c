"""``tinyedge demo``: every stage in turn, a table, and the path of the report."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge.cli import _console, _stages, build, report, validate
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import (
    Target,
    board_option,
    compile_options,
    firmware_title,
    json_option,
    port_option,
    runtime_option,
    save,
    workspace_option,
)
from tinyedge.cli.bench import runs_option
from tinyedge.cli.validate import samples_option
from tinyedge.quantize import require_accuracy
from tinyedge.recipe import Compile
from tinyedge.results import DemoReport
from tinyedge.workspace import Workspace

DEFAULT_MODEL = "fashion-cnn"


@click.command(
    epilog=by_example(
        ("tinyedge demo", "fashion-cnn on an emulated STM32F405"),
        (
            "tinyedge demo digits-cnn --board qemu-mps2-an386",
            "a smaller network, trained in seconds",
        ),
    )
)
@click.argument("model", metavar="[MODEL]", default=DEFAULT_MODEL)
@board_option
@runtime_option
@compile_options
@port_option
@samples_option
@runs_option
@workspace_option
@json_option
def command(
    *,
    model: str,
    board: str,
    runtime: str | None,
    given: Compile,
    port: str | None,
    samples: int,
    runs: int,
    workspace: Workspace,
    json_path: Path | None,
) -> None:
    """Train, quantize, compile, run, prove and measure MODEL, then write the report.

    What has not changed since the last time is not done again; device, samples and measurement are
    always fresh. Exit code 1 if accuracy, memory or a single byte falls short.
    """
    _stages.require_ports(port)
    built = _stages.build(Target(model, board, runtime, given, workspace))
    if built.firmware.loaded.quantized:
        require_accuracy(built.firmware.loaded.quantized)
    build.require_fit(built.report, built.firmware.loaded.model.argument)
    with _stages.device(built, port) as url:
        validated = _stages.validate(built, url, samples, None)
        benched = _stages.bench(built, url, runs)
    result = DemoReport(
        train=built.firmware.loaded.trained,
        quantize=built.firmware.loaded.quantized,
        build=built.report,
        validate=validated,
        bench=benched,
        report=report.write(built, validated, benched, port),
    )
    show(result)
    save(json_path, result)
    validate.require_equal(validated)


def show(result: DemoReport) -> None:
    """Print the table that the demo is for."""
    built, bench, proof = result.build, result.bench, result.validate
    ram = built.ram_static_bytes + built.stack_bytes
    rows: list[tuple[str, object]] = []
    if result.quantize:
        tested = f"{result.quantize.test_samples:,} test samples"
        rows += [
            ("float accuracy", f"{_console.percent(result.quantize.float_accuracy)} of {tested}"),
            ("int8 accuracy", f"{_console.percent(result.quantize.int8_accuracy)} of {tested}"),
        ]
    rows += [
        ("device accuracy", f"{_console.percent(proof.device_accuracy)} of {proof.samples} sent"),
        ("answers that differ", f"{proof.mismatches} of {proof.samples}, byte for byte"),
        ("link", f"{proof.samples_per_second:,.1f} samples/s"),
        (f"{bench.tick_unit} an inference", f"{bench.ticks.median:,.0f} (median)"),
        ("arena", f"{bench.arena_bytes:,} bytes"),
        ("deepest stack", f"{bench.stack_peak_bytes:,} bytes"),
        ("flash", f"{built.flash_total_bytes:,} of {built.flash_available:,} bytes"),
        ("RAM, stack included", f"{ram:,} of {built.ram_available:,} bytes"),
    ]
    _console.show(_console.facts(firmware_title(built), rows))
    text = f"{proof.samples:,} answers compared with the TFLM reference"
    _console.verdict(proof.held, text)
    _console.path("report", result.report.html)
