"""What each layer takes and loses: rows of the page's tables, with the length of their bars."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.report.data import ReportData
from tinyedge.report.text import NOTHING, layer_name, shape
from tinyedge.results import DebugReport, LayerNoise, LayerTruth

_CLEAN_DB = 30.0  # five bits; below, a layer is worth a look
_FULL_DB = 60.0  # where bars end: layers that only move bytes have far more


@dataclass(frozen=True)
class LatencyRow:
    """One layer of a profile; ``bar`` in percent of the slowest."""

    index: str
    name: str
    shape: str
    kernel: str
    macs: int
    ticks: int
    per_mac: str
    per_mac_value: float
    share: str
    bar: float


@dataclass(frozen=True)
class SizeRow:
    """One layer's flash and arena, in bytes; bars in percent of the largest layer."""

    index: str
    name: str
    kernel: str
    macs: int
    weights: int
    code: int
    shared: int
    arena: str
    arena_value: int
    weights_bar: float
    code_bar: float


@dataclass(frozen=True)
class NoiseRow:
    """One layer's signal to noise; ``bar`` in percent of the best, or of 60 dB."""

    index: str
    name: str
    decibels: str
    value: float
    low: bool
    bar: float
    note: str


def latency(data: ReportData) -> tuple[LatencyRow, ...]:
    """In the order of execution; nothing without a profile."""
    if data.profile is None:
        return ()
    most = max((layer.ticks for layer in data.profile.layers), default=0.0) or 1.0
    return tuple(
        LatencyRow(
            index=str(layer.index),
            name=layer_name(layer.name),
            shape=shape(layer.output_shape),
            kernel=layer.kernel.removeprefix("te_"),
            macs=layer.macs,
            ticks=round(layer.ticks),
            per_mac=NOTHING if layer.ticks_per_mac is None else f"{layer.ticks_per_mac:.2f}",
            per_mac_value=-1.0 if layer.ticks_per_mac is None else layer.ticks_per_mac,
            share=f"{layer.share * 100:.1f}\u00a0%",
            bar=round(100 * layer.ticks / most, 2),
        )
        for layer in data.profile.layers
    )


def latency_text(data: ReportData) -> str:
    """What was measured, and what of it is not in layers."""
    if data.profile is None:
        return ""
    profile = data.profile
    unit, around = profile.tick_unit, profile.ticks - profile.layer_ticks
    return (
        f"{profile.layer_ticks:,.0f} {unit} in layers, {around:,.0f} "
        f"({100 * around / (profile.ticks or 1):.2f}\u00a0%) around them; median of "
        f"{profile.runs} inferences, counted by the device in a build that observes its layers."
    )


def sizes(data: ReportData) -> tuple[SizeRow, ...]:
    """In the order of execution."""
    macs = {layer.index: layer.macs for layer in data.profile.layers} if data.profile else {}
    most = max((layer.flash_bytes for layer in data.size.layers), default=0) or 1
    return tuple(
        SizeRow(
            index=str(layer.index),
            name=layer_name(layer.name),
            kernel=layer.kernel.removeprefix("te_"),
            macs=macs.get(layer.index, 0),
            weights=layer.weight_bytes,
            code=layer.code_bytes,
            shared=layer.shared_bytes,
            arena=NOTHING if layer.arena_bytes is None else f"{layer.arena_bytes:,}",
            arena_value=layer.arena_bytes or 0,
            weights_bar=round(100 * layer.weight_bytes / most, 2),
            code_bar=round(100 * layer.code_bytes / most, 2),
        )
        for layer in data.size.layers
    )


def noise(data: ReportData) -> tuple[NoiseRow, ...]:
    """Over many samples where "quantize --layers" has told, else of the one that debug has sent."""
    if data.quantize and data.quantize.layers:
        best = min(max(layer.snr_db for layer in data.quantize.layers), _FULL_DB)
        ordered = sorted(data.quantize.layers, key=lambda layer: layer.index)
        return tuple(_of_network(layer, best) for layer in ordered)
    if data.debug is None:
        return ()
    known = [layer.snr_db for layer in data.debug.layers if layer.snr_db is not None]
    best = min(max(known, default=0.0), _FULL_DB)
    return tuple(_of_device(layer, best) for layer in data.debug.layers)


def _noise_row(index: int, name: str, snr_db: float | None, best: float, note: str) -> NoiseRow:
    low = snr_db is not None and snr_db < _CLEAN_DB
    return NoiseRow(
        index=str(index),
        name=layer_name(name),
        decibels=NOTHING if snr_db is None else f"{snr_db:.1f}\u00a0dB",
        value=999.0 if snr_db is None else snr_db,
        low=low,
        bar=round(100 * min(max(snr_db or 0.0, 0.0) / (best or 1.0), 1.0), 2),
        note=note,
    )


def _of_network(layer: LayerNoise, best: float) -> NoiseRow:
    own = f"its own part {layer.gain_db:+.1f}\u00a0dB"
    note = f"{own}: {layer.advice}" if layer.advice else own
    return _noise_row(layer.index, layer.op, layer.snr_db, best, note)


def _of_device(layer: LayerTruth, best: float) -> NoiseRow:
    if layer.differing:
        note = f"{layer.differing:,} of {layer.output_bytes:,} bytes are not TFLM's"
    elif layer.snr_db is None:
        note = "no noise, or no signal"
    elif layer.beyond_range:
        note = f"{layer.beyond_range * 100:.2f}\u00a0% beyond int8's range"
    else:
        note = "within int8's range"
    return _noise_row(layer.index, layer.name, layer.snr_db, best, note)


def noise_text(data: ReportData) -> str:
    """Where the figures come from, and what the layers' bytes were compared with."""
    truth = _truth(data.debug) if data.debug else ""
    if data.quantize and data.quantize.layers:
        return f"int8 against the float network, on samples of the data set. {truth}"
    if data.debug is None:
        return ""
    what = f"sample {data.debug.sample} of {data.debug.inputs}"
    return f"The device's int8 against the same network in real numbers, {what}. {truth}"


def _truth(debug: DebugReport) -> str:
    if debug.first_differing is not None:
        return f"Layer {debug.first_differing} is the first whose bytes are not TFLM's."
    return f"All {len(debug.layers)} layers have written TFLM's bytes."
