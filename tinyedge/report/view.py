"""ReportData -> what the templates print: text, and geometry from the modules beside this one."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.report import classes as by_class
from tinyedge.report import layers, memory, missing
from tinyedge.report.charts import ArenaMap, LineChart, arena_map, curves
from tinyedge.report.data import ReportData
from tinyedge.report.missing import Missing
from tinyedge.report.text import kilobytes, percent, short
from tinyedge.results import ArenaBlock, BenchReport, LibraryBytes, SymbolBytes, ValidateReport

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Tile:
    """One headline figure; with a budget, how much of it is used.

    ``wall``: a time on the host's clock, another one each run.
    """

    label: str
    value: str
    note: str
    meter: memory.Meter | None = None
    wall: bool = False


@dataclass(frozen=True)
class AccuracyRow:
    """One of float, int8 and device; ``bar`` in percent."""

    name: str
    value: str
    note: str
    bar: float
    style: str


@dataclass(frozen=True)
class View:
    """The page, top to bottom. What is empty has its reason in ``missing``."""

    title: str
    board: str
    runtime: str
    held: bool
    verdict: str
    mismatch: str
    tiles: tuple[Tile, ...]
    metric: str
    accuracy: tuple[AccuracyRow, ...]
    classes: tuple[by_class.ClassRow, ...]
    confusion: tuple[by_class.ConfusionRow, ...]
    wrong: tuple[by_class.Picture, ...]
    right: tuple[by_class.Picture, ...]
    figures: Pairs
    latency: tuple[layers.LatencyRow, ...]
    latency_text: str
    tick_unit: str
    meters: tuple[memory.Meter, ...]
    treemap: memory.Treemap
    groups: tuple[memory.GroupRow, ...]
    flash: int
    sizes: tuple[layers.SizeRow, ...]
    objects: tuple[LibraryBytes, ...]
    symbols: tuple[SymbolBytes, ...]
    symbol_count: int
    sections: tuple[tuple[str, int, int], ...]
    arena: ArenaMap | None
    arena_text: str
    arena_blocks: tuple[ArenaBlock, ...]
    noise: tuple[layers.NoiseRow, ...]
    noise_text: str
    link_counts: Pairs
    link_times: Pairs
    charts: tuple[LineChart, ...]
    curves_text: str
    missing: Missing
    versions: Pairs
    hashes: Pairs
    commands: tuple[str, ...]


def _board(data: ReportData) -> str:
    board = data.board
    emulated = f", emulated by {board.emulator}" if board.emulator else ""
    return f"{board.name} ({board.id}){emulated}"


def view(data: ReportData) -> View:
    """Format everything once."""
    bench, build, validate = data.bench, data.build, data.validate
    pictures = by_class.pictures(data)
    blocks = data.inspect.arena if bench.runtime == "aot" else ()
    steps = max((block.last_step for block in blocks), default=0) + 1
    return View(
        title=data.inspect.model,
        board=_board(data),
        runtime=bench.runtime,
        held=validate.held and build.fits,
        verdict=_verdict(data),
        mismatch=_mismatch(validate),
        tiles=_tiles(data),
        metric=data.quantize.metric if data.quantize else "accuracy",
        accuracy=_accuracy(data),
        classes=by_class.figures(validate),
        confusion=by_class.confusion(validate),
        wrong=tuple(picture for picture in pictures if not picture.right),
        right=tuple(picture for picture in pictures if picture.right),
        figures=_figures(data),
        latency=layers.latency(data),
        latency_text=layers.latency_text(data),
        tick_unit=bench.tick_unit,
        meters=memory.meters(data),
        treemap=memory.treemap(data.size),
        groups=memory.groups(data.size),
        flash=data.size.flash_total_bytes,
        sizes=layers.sizes(data),
        objects=data.size.objects,
        symbols=memory.symbols(data.size),
        symbol_count=len(data.size.symbols),
        sections=tuple((s.name, s.flash_bytes, s.ram_bytes) for s in build.sections),
        arena=arena_map(blocks, data.inspect.arena_bytes or 0, steps) if blocks else None,
        arena_text=f"{data.inspect.arena_bytes or 0:,} bytes over {steps} steps",
        arena_blocks=blocks,
        noise=layers.noise(data),
        noise_text=layers.noise_text(data),
        link_counts=_link_counts(validate),
        link_times=_link_times(validate),
        charts=curves(data.train.epochs) if data.train and data.train.epochs else (),
        curves_text=_curves_text(data),
        missing=missing.reasons(data),
        versions=data.provenance.versions,
        hashes=data.provenance.hashes,
        commands=data.provenance.commands,
    )


def _verdict(data: ReportData) -> str:
    result = data.validate
    answers = f"{result.samples:,} answers of the device"
    if not result.held:
        return f"{result.mismatches:,} of {answers} differ from the TFLM reference."
    if not data.build.fits:
        return f"All {answers} equal the TFLM reference, but the board has not enough memory."
    return f"All {answers} equal the TFLM reference, byte for byte."


def _tiles(data: ReportData) -> tuple[Tile, ...]:
    bench, build, validate = data.bench, data.build, data.validate
    flash, ram = memory.meters(data)
    wall = bench.tick_unit in ("ns", "us", "ticks")
    each = f"{bench.ticks_per_mac:.2f} a multiply-accumulate" if bench.ticks_per_mac else ""
    spread = f"{bench.tick_unit}, median of {bench.runs}"
    return (
        _accuracy_tile(data),
        Tile("Answers that differ", f"{validate.mismatches:,}", f"of {validate.samples:,} samples"),
        Tile(
            "One inference",
            short(bench.ticks.median),
            f"{spread}; {each}" if each else spread,
            wall=wall,
        ),
        _budget_tile("Flash", build.flash_available, flash),
        _budget_tile("RAM, stack included", build.ram_available, ram),
    )


def _accuracy_tile(data: ReportData) -> Tile:
    validate = data.validate
    if validate.device_accuracy is None:
        speed = f"{validate.samples_per_second:,.1f}"
        return Tile("Samples a second", speed, "over the link; without labels", wall=True)
    samples = f"{validate.samples:,} samples; reference {percent(validate.host_accuracy)}"
    return Tile("Accuracy on the device", percent(validate.device_accuracy), samples)


def _budget_tile(name: str, whole: int, meter: memory.Meter) -> Tile:
    return Tile(name, kilobytes(meter.used), f"{meter.share} of {kilobytes(whole)}", meter)


def _accuracy(data: ReportData) -> tuple[AccuracyRow, ...]:
    rows = []
    if data.quantize:
        tested = f"{data.quantize.test_samples:,} test samples"
        rows.append(("float network", data.quantize.float_accuracy, tested, "s2"))
        reference = f"{tested}, TFLM reference on the host"
        rows.append(("int8 model", data.quantize.int8_accuracy, reference, "s1"))
    validate = data.validate
    if validate.device_accuracy is not None and validate.host_accuracy is not None:
        sent = f"{validate.samples:,} samples: {validate.inputs}"
        rows.append(("int8 model, the samples sent", validate.host_accuracy, sent, "s1"))
        rows.append(("device", validate.device_accuracy, f"{sent}, over the serial link", "s0"))
    return tuple(
        AccuracyRow(name, percent(value), note, round(100 * value, 2), style)
        for name, value, note, style in rows
    )


def _mismatch(result: ValidateReport) -> str:
    first = result.first_mismatch
    if first is None:
        return ""
    bytes_ = ", ".join(
        f"byte {d.offset} of output {d.output}: 0x{d.got:02x} instead of 0x{d.expected:02x}"
        for d in first.differences
    )
    differing = f"{first.differing_bytes} of {first.output_bytes} bytes"
    return f"Sample {first.sample} is the first to differ, in {differing}: {bytes_}."


def _figures(data: ReportData) -> Pairs:
    bench = data.bench
    unit, spread = bench.tick_unit, bench.ticks
    rows = [
        (f"{unit} per inference, median", f"{spread.median:,.0f}"),
        (f"in {bench.runs} runs", f"{spread.min:,.0f} to {spread.max:,.0f}"),
        ("multiply-accumulates", f"{bench.macs:,}"),
    ]
    if bench.ticks_per_mac is not None:
        rows.append((f"{unit} per multiply-accumulate", f"{bench.ticks_per_mac:.2f}"))
    if bench.seconds is not None:
        rows.append(("time per inference", f"{bench.seconds * 1e3:,.3f} ms"))
    rows += [
        ("arena, planned / used", f"{bench.arena_bytes:,} / {bench.arena_used_bytes:,} bytes"),
        ("deepest stack", f"{bench.stack_peak_bytes:,} bytes"),
        ("optimized for", bench.optimize),
        ("flash: code", _code(bench)),
        ("flash: weights and tables", f"{bench.flash_weights_bytes:,} bytes"),
        ("RAM: data, bss and arena", f"{bench.ram_static_bytes:,} bytes"),
    ]
    return tuple(rows)


def _code(bench: BenchReport) -> str:
    own = bench.flash_runtime_bytes
    runtime = "" if own is None else f", the runtime's {own:,}"
    return f"{bench.flash_code_bytes:,} bytes{runtime}"


def _link_counts(result: ValidateReport) -> Pairs:
    link = result.link
    if link is None:
        return ()
    return (
        ("frames sent", f"{link.frames_sent:,}"),
        ("frames received", f"{link.frames_received:,}"),
        ("bytes sent", f"{link.bytes_sent:,}"),
        ("bytes received", f"{link.bytes_received:,}"),
        ("requests sent again", f"{link.repeats:,}"),
        ("damaged frames (CRC), host", f"{link.damaged_host:,}"),
        ("damaged frames (CRC), device", f"{link.damaged_device:,}"),
        ("bytes lost to overruns", f"{link.overruns:,}"),
    )


def _link_times(result: ValidateReport) -> Pairs:
    link = result.link
    if link is None:
        return ()
    names = ("median", "90 of 100 within", "99 of 100 within", "longest")
    return (
        ("requests answered", f"{link.round_trips:,}"),
        *((name, f"{ms:,.2f} ms") for name, ms in zip(names, link.rtt_ms, strict=True)),
        ("samples a second", f"{result.samples_per_second:,.1f}"),
        ("all samples", f"{result.seconds:,.2f} s"),
    )


def _curves_text(data: ReportData) -> str:
    if data.train is None:
        return ""
    train = data.train
    samples = (
        f"{train.train_samples:,} training and {train.validation_samples:,} validation samples"
    )
    return f"{train.dataset}: {samples}, {train.parameters:,} parameters, seed {train.seed}."
