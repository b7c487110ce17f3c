"""ReportData -> what the templates print: text, and geometry from ``charts``."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.report.charts import ArenaMap, LineChart, arena_map, curves, kilobytes
from tinyedge.report.data import ReportData
from tinyedge.results import BenchReport, BuildReport, ValidateReport

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Tile:
    """One headline figure."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Meter:
    """A budget: parts in percent of the whole, and what they are."""

    name: str
    text: str
    parts: tuple[tuple[str, float, str], ...]  # (style, percent, what a pointer shows)


@dataclass(frozen=True)
class LayerRow:
    """One layer; ``share`` is its part of the largest layer's flash, in percent."""

    index: str
    op: str
    shape: str
    kernel: str
    macs: str
    flash: str
    share: float


@dataclass(frozen=True)
class Cell:
    """One field of the confusion matrix; ``heat`` is its shade in percent."""

    count: str
    heat: float
    right: bool
    text: str


@dataclass(frozen=True)
class ConfusionRow:
    """All samples of one label; ``number`` is what its column is called."""

    number: str
    name: str
    recall: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class View:
    """The page, top to bottom."""

    title: str
    board: str
    runtime: str
    held: bool
    verdict: str
    tiles: tuple[Tile, ...]
    accuracy: tuple[tuple[str, str, str], ...]
    mismatch: str
    figures: Pairs
    meters: tuple[Meter, ...]
    sections: tuple[tuple[str, str, str], ...]
    layers: tuple[LayerRow, ...]
    arena: ArenaMap
    arena_text: str
    charts: tuple[LineChart, ...]
    curves_text: str
    confusion: tuple[ConfusionRow, ...]
    versions: Pairs
    hashes: Pairs
    commands: tuple[str, ...]


def view(data: ReportData) -> View:
    """Format everything once."""
    bench, build, validate = data.bench, data.build, data.validate
    steps = max((block.last_step for block in data.inspect.arena), default=0) + 1
    return View(
        title=data.inspect.model,
        board=f"{data.board.name} ({data.board.id})",
        runtime=bench.runtime,
        held=validate.held and build.fits,
        verdict=_verdict(validate),
        tiles=_tiles(data),
        accuracy=_accuracy(data),
        mismatch=_mismatch(validate),
        figures=_figures(data),
        meters=(_flash_meter(build), _ram_meter(build, bench)),
        sections=tuple(
            (section.name, f"{section.flash_bytes:,}", f"{section.ram_bytes:,}")
            for section in build.sections
        ),
        layers=_layers(data),
        arena=arena_map(data.inspect.arena, data.inspect.arena_bytes or 0, steps),
        arena_text=f"{data.inspect.arena_bytes or 0:,} bytes, {steps} steps",
        charts=curves(data.train.epochs) if data.train and data.train.epochs else (),
        curves_text=_curves_text(data),
        confusion=_confusion(validate),
        versions=data.provenance.versions,
        hashes=data.provenance.hashes,
        commands=data.provenance.commands,
    )


def percent(fraction: float | None) -> str:
    """``0.9123`` -> ``91.23 %``, which does not break; nothing known: a dash."""
    return "-" if fraction is None else f"{fraction * 100:.2f}\u00a0%"


def short(count: float) -> str:
    """``13532032`` -> ``13.5 M``: three digits for a headline."""
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= limit:
            return f"{count / limit:.3g} {letter}"
    return f"{count:.0f}"


def _verdict(result: ValidateReport) -> str:
    answers = f"{result.samples:,} answers of the device"
    if result.held:
        return f"All {answers} equal the TFLM reference, byte for byte."
    return f"{result.mismatches:,} of {answers} differ from the TFLM reference."


def _tiles(data: ReportData) -> tuple[Tile, ...]:
    bench, build, validate = data.bench, data.build, data.validate
    speed = f"{validate.samples_per_second:,.1f} a second"
    accuracy = Tile("Samples over the link", speed, "inference included; they have no labels")
    if validate.device_accuracy is not None:
        samples = f"{validate.samples:,} samples; reference {percent(validate.host_accuracy)}"
        accuracy = Tile("Accuracy on the device", percent(validate.device_accuracy), samples)
    ram = build.ram_static_bytes + build.stack_bytes
    return (
        Tile("Answers that differ", f"{validate.mismatches:,}", f"of {validate.samples:,} samples"),
        accuracy,
        Tile(
            "One inference", short(bench.ticks.median), f"{bench.tick_unit}, median of {bench.runs}"
        ),
        Tile("Flash", kilobytes(bench.flash_total_bytes), f"of {kilobytes(build.flash_available)}"),
        Tile("RAM, stack included", kilobytes(ram), f"of {kilobytes(build.ram_available)}"),
    )


def _accuracy(data: ReportData) -> tuple[tuple[str, str, str], ...]:
    rows = []
    if data.quantize:
        tested = f"{data.quantize.test_samples:,} test samples"
        rows.append(("float network", percent(data.quantize.float_accuracy), tested))
        reference = f"{tested}, TFLM reference on the host"
        rows.append(("int8 model", percent(data.quantize.int8_accuracy), reference))
    validate = data.validate
    if validate.device_accuracy is None:
        return tuple(rows)
    sent = f"{validate.samples:,} samples: {validate.inputs}"
    rows.append(("int8 model, the samples sent", percent(validate.host_accuracy), sent))
    rows.append(("device", percent(validate.device_accuracy), f"{sent}, over the serial link"))
    return tuple(rows)


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
    bench, validate = data.bench, data.validate
    unit, spread = bench.tick_unit, bench.ticks
    rows = [
        (f"{unit} per inference, median", f"{spread.median:,.0f}"),
        ("smallest to largest", f"{spread.min:,.0f} to {spread.max:,.0f} ({bench.runs} runs)"),
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
        ("link, transfer and inference", f"{validate.samples_per_second:,.1f} samples/s"),
    ]
    return tuple(rows)


def _code(bench: BenchReport) -> str:
    own = bench.flash_runtime_bytes
    runtime = "" if own is None else f", the runtime's {own:,}"
    return f"{bench.flash_code_bytes:,} bytes{runtime}"


def _meter(name: str, whole: int, parts: tuple[tuple[str, int, str], ...]) -> Meter:
    used = sum(size for _, size, _ in parts)
    scale = 100 / max(whole, used, 1)
    text = f"{used:,} of {whole:,} bytes ({100 * used / max(whole, 1):.3g} %)"
    drawn = tuple(
        (style, round(size * scale, 3), f"{what}: {size:,} bytes") for style, size, what in parts
    )
    return Meter(name, text, drawn)


def _flash_meter(build: BuildReport) -> Meter:
    parts = (
        ("s0", build.flash_code_bytes, "code"),
        ("s1", build.flash_weights_bytes, "weights and tables"),
    )
    return _meter("Flash", build.flash_available, parts)


def _ram_meter(build: BuildReport, bench: BenchReport) -> Meter:
    parts = (
        ("s0", bench.arena_bytes, "arena"),
        ("s1", max(build.ram_static_bytes - bench.arena_bytes, 0), "other data"),
        ("s2", build.stack_bytes, "stack"),
    )
    return _meter("RAM", build.ram_available, parts)


def _layers(data: ReportData) -> tuple[LayerRow, ...]:
    flash = {layer.index: layer.flash_bytes for layer in data.build.layers}
    largest = max(flash.values(), default=1) or 1
    return tuple(
        LayerRow(
            str(layer.index),
            layer.op,
            " × ".join(map(str, layer.output.shape)),  # noqa: RUF001
            layer.kernel,
            f"{layer.macs:,}",
            f"{flash.get(layer.index, 0):,}",
            round(100 * flash.get(layer.index, 0) / largest, 2),
        )
        for layer in data.inspect.layers
    )


def _curves_text(data: ReportData) -> str:
    if data.train is None:
        return ""
    train = data.train
    samples = (
        f"{train.train_samples:,} training and {train.validation_samples:,} validation samples"
    )
    return f"{train.dataset}: {samples}, {train.parameters:,} parameters, seed {train.seed}."


def _heat(count: int, total: int, right: bool) -> float:
    """Shade in percent. Errors are shaded three times as strongly, since they are few."""
    share = 100 * count / total if total else 0.0
    return round(share if right else min(3 * share, 100.0), 1)


def _confusion(result: ValidateReport) -> tuple[ConfusionRow, ...]:
    rows = []
    for label, counts in enumerate(result.confusion or ()):
        total = sum(counts)
        cells = tuple(
            Cell(
                str(count) if count else "",
                _heat(count, total, label == answer),
                label == answer,
                f"{result.class_names[label]} answered as {result.class_names[answer]}: {count}",
            )
            for answer, count in enumerate(counts)
        )
        recall = f"{100 * counts[label] / total:.0f}%" if total else "-"
        name = result.class_names[label]
        shown = "" if name == str(label) else name
        rows.append(ConfusionRow(str(label), shown, recall, cells))
    return tuple(rows)
