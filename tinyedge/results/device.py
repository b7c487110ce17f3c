"""What a device has shown: validate, bench, and the report of both."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from tinyedge.results.fields import (
    Arena,
    BoardId,
    Code,
    Flash,
    Fraction,
    Macs,
    Matrix,
    ModelName,
    Optimize,
    Result,
    Runtime,
    RuntimeCode,
    Sha256,
    Unit,
    Url,
)
from tinyedge.results.firmware import BuildReport
from tinyedge.results.model import QuantizeReport, TrainReport


class ByteDifference(Result, frozen=True, kw_only=True):
    """One byte of an answer that is not the reference's."""

    output: Annotated[int, Meta(ge=0, description="Which output of the model")]
    offset: Annotated[int, Meta(ge=0, description="Byte within that output")]
    expected: Annotated[int, Meta(ge=0, le=255)]
    got: Annotated[int, Meta(ge=0, le=255)]


class Mismatch(Result, frozen=True, kw_only=True):
    """The first sample that the device answered differently from the reference."""

    sample: Annotated[int, Meta(ge=0, description="Number of the sample, from 0")]
    differing_bytes: Annotated[int, Meta(ge=1)]
    output_bytes: Annotated[int, Meta(ge=1)]
    differences: Annotated[tuple[ByteDifference, ...], Meta(description="The first 16")]


class LinkReport(Result, frozen=True, kw_only=True):
    """What has gone over the serial link, from the first sample to the last answer."""

    baud: Annotated[int, Meta(ge=1, description="Of the board; an emulated one ignores it")]
    frames_sent: Annotated[int, Meta(ge=0)]
    frames_received: Annotated[int, Meta(ge=0)]
    bytes_sent: Annotated[int, Meta(ge=0)]
    bytes_received: Annotated[int, Meta(ge=0)]
    repeats: Annotated[int, Meta(ge=0, description="Requests sent again: their answer was late")]
    damaged_host: Annotated[int, Meta(ge=0, description="Frames that the host dropped: CRC, COBS")]
    damaged_device: Annotated[int, Meta(ge=0, description="Frames that the device dropped")]
    overruns: Annotated[int, Meta(ge=0, description="Bytes that the device was too slow for")]
    round_trips: Annotated[int, Meta(ge=0, description="Requests that were answered")]
    rtt_ms: Annotated[
        tuple[float, float, float, float],
        Meta(description="Request to answer, inferences included: percentiles 50, 90, 99, 100"),
    ]


class Spread(Result, frozen=True, kw_only=True):
    """A figure over repeated runs."""

    median: float
    min: float
    max: float


class RawReport(Result, frozen=True, kw_only=True):
    """The inputs that the device has made of raw frames, against those that the host makes."""

    frame_sizes: Annotated[
        tuple[str, ...], Meta(description="Width x height x channels; sound: samples")
    ]
    frame_bytes: Annotated[int, Meta(ge=1, description="Of all frames")]
    input_bytes: Annotated[int, Meta(ge=1, description="Of all inputs that were compared")]
    differing_input_bytes: Annotated[int, Meta(ge=0)]
    first_difference: Annotated[str, Meta(description="In words; empty: none")]
    ticks: Annotated[Spread, Meta(description="Per frame, to make the input of it")]
    tick_unit: Unit


class ResultsOnly(Result, frozen=True, kw_only=True):
    """Class and score alone, as the device has sent them in place of its outputs."""

    differing_classes: Annotated[int, Meta(ge=0, description="Of the mismatches; the rest: scores")]
    first_difference: Annotated[str, Meta(description="In words; empty: none")]
    wire: Annotated[
        WireReport | None,
        Meta(description="Bytes of the first samples, beside whole outputs; null: not counted"),
    ] = None


class ValidateReport(Result, frozen=True, kw_only=True):
    """``tinyedge validate``: the device's answers against the reference and the labels."""

    schema: Literal["tinyedge-validate/1"] = "tinyedge-validate/1"
    model: ModelName
    sha256: Sha256
    board: BoardId
    runtime: Runtime
    elf_sha256: Annotated[str | None, Meta(description="null: a firmware not built here")]
    url: Url
    inputs: Annotated[str, Meta(description="Where the samples come from")]
    samples: Annotated[int, Meta(ge=1)]
    mismatches: Annotated[
        int, Meta(ge=0, description="Samples with any byte differing (class or score alone)")
    ]
    first_mismatch: Mismatch | None
    device_accuracy: Annotated[Fraction | None, Meta(description="null: there are no labels")]
    host_accuracy: Annotated[Fraction | None, Meta(description="TFLM reference, same samples")]
    class_names: tuple[str, ...]
    answers: Annotated[
        tuple[int, ...], Meta(description="Device's class of each sample; empty: no labels")
    ] = ()
    confusion: Annotated[Matrix | None, Meta(description="Samples by label, then device's answer")]
    seconds: Annotated[float, Meta(ge=0, description="Wall time on the link")]
    samples_per_second: Annotated[float, Meta(ge=0, description="Transfer and inference")]
    link: Annotated[LinkReport | None, Meta(description="null: not counted")] = None
    raw: Annotated[RawReport | None, Meta(description="null: inputs were sent, not frames")] = None
    results_only: Annotated[
        ResultsOnly | None, Meta(description="With --results-only; null: whole outputs came")
    ] = None
    learned: Annotated[
        bool,
        Meta(
            description="The device runs what it has learned, and answers differ from the "
            "firmware's model, or were compared with adapted.tflite (--learned)"
        ),
    ] = False
    held: Annotated[bool, Meta(description="Whether every byte, or class and score, was equal")]


class FleetDevice(Result, frozen=True, kw_only=True):
    """One of several devices."""

    url: Url
    problem: Annotated[
        str, Meta(description="Why it gave no result, and what to do; empty: it gave one")
    ]
    validate: ValidateReport | None


class FleetReport(Result, frozen=True, kw_only=True):
    """``tinyedge validate`` with several ``--port``: the same samples on every device, at once."""

    schema: Literal["tinyedge-fleet/1"] = "tinyedge-fleet/1"
    model: ModelName
    sha256: Sha256
    board: BoardId
    runtime: Runtime
    devices: tuple[FleetDevice, ...]
    seconds: Annotated[float, Meta(ge=0, description="Wall time of all together")]
    held: Annotated[bool, Meta(description="Whether every byte of every device was equal")]


WireWay = Literal[
    "plain",
    "packed",
    "packed, class alone",
    "raw frame, plain",
    "raw frame, packed",
    "raw frame there and back, plain",
    "raw frame there and back, packed",
]


class WireMode(Result, frozen=True, kw_only=True):
    """One way to send inputs and answers. Bytes of an inference, frames and all, on average."""

    mode: WireWay
    bytes_sent: Annotated[float, Meta(ge=0, description="To the device")]
    bytes_received: Annotated[float, Meta(ge=0, description="From the device")]
    samples_per_second: Annotated[
        float, Meta(ge=0, description="Computed: 10 bits a byte; see inference_included")
    ]


class WireReport(Result, frozen=True, kw_only=True):
    """What an inference costs on the serial link."""

    samples: Annotated[int, Meta(ge=1)]
    inputs: Annotated[str, Meta(description="Where the samples come from")]
    input_bytes: Annotated[int, Meta(ge=1, description="Of one sample")]
    frame_bytes: Annotated[
        float | None, Meta(description="Of a raw frame, on average; null: none was sent")
    ] = None
    baud: Annotated[int, Meta(ge=1, description="That samples_per_second are computed for")]
    inference_included: Annotated[
        bool, Meta(description="Its median time is part of a sample's; false: bytes alone")
    ]
    modes: tuple[WireMode, ...]


class BenchReport(Result, frozen=True, kw_only=True):
    """``tinyedge bench``: ticks, memory and size of one model on one board."""

    schema: Literal["tinyedge-bench/1"] = "tinyedge-bench/1"
    model: ModelName
    sha256: Sha256
    board: BoardId
    runtime: Runtime
    optimize: Optimize
    elf_sha256: Annotated[str | None, Meta(description="null: a firmware not built here")]
    url: Url
    runs: Annotated[int, Meta(ge=1, description="Inferences, each with another input")]
    macs: Macs
    ticks: Annotated[Spread, Meta(description="Per inference, in tick_unit")]
    tick_unit: Unit
    ticks_per_mac: Annotated[float | None, Meta(description="Median; null: no MACs")]
    seconds: Annotated[float | None, Meta(description="Median; null: ticks are instructions")]
    arena_bytes: Arena
    arena_used_bytes: Annotated[int, Meta(ge=0, description="As the device reports it")]
    stack_peak_bytes: Annotated[int, Meta(ge=0, description="Deepest stack since boot")]
    flash_code_bytes: Code
    flash_runtime_bytes: RuntimeCode
    flash_weights_bytes: Annotated[int, Meta(ge=0, description="Weights, tables, or the .tflite")]
    flash_total_bytes: Flash
    ram_static_bytes: Annotated[int, Meta(ge=0, description="Data, bss and arena; no stack")]
    wire: Annotated[WireReport | None, Meta(description="With --link; null: not counted")] = None


class ClassCount(Result, frozen=True, kw_only=True):
    """How many there are of one class."""

    name: str
    count: Annotated[int, Meta(ge=1)]


class CollectReport(Result, frozen=True, kw_only=True):
    """``tinyedge collect``: frames that a device has sent, with its answers, as a data set."""

    schema: Literal["tinyedge-collect/1"] = "tinyedge-collect/1"
    model: ModelName
    sha256: Sha256
    board: BoardId
    runtime: Runtime
    elf_sha256: Annotated[str | None, Meta(description="null: a firmware not built here")]
    url: Url
    folder: Annotated[str, Meta(description="With a subfolder a class, and manifest.jsonl")]
    sensor: Annotated[
        Literal["board", "host"], Meta(description="host: it pushed files, as a stand-in")
    ]
    stored: Annotated[Literal["raw", "input"], Meta(description="Frames, or inputs made of them")]
    recipe: Annotated[
        tuple[str, ...], Meta(description="Sections of a recipe that reads the folder")
    ] = ()
    before: Annotated[int, Meta(ge=0, description="Frames of earlier runs")]
    collected: Annotated[int, Meta(ge=0, description="Frames of this run")]
    lost: Annotated[int, Meta(ge=0, description="Frames that did not come whole in 3 attempts")]
    labels: Annotated[tuple[ClassCount, ...], Meta(description="Of this run")]
    answers: Annotated[tuple[ClassCount, ...], Meta(description="The model's, of this run")]
    seconds: Annotated[float, Meta(ge=0, description="Wall time")]


class MonitorReport(Result, frozen=True, kw_only=True):
    """``tinyedge monitor``: what the device said on its own."""

    schema: Literal["tinyedge-monitor/1"] = "tinyedge-monitor/1"
    board: BoardId
    url: Url
    seconds: Annotated[float, Meta(ge=0, description="How long it was listened to")]
    lines: Annotated[tuple[str, ...], Meta(description="Logs, faults, restarts and boot text")]


class BridgeReport(Result, frozen=True, kw_only=True):
    """``tinyedge bridge``: where the device was to be found."""

    schema: Literal["tinyedge-bridge/1"] = "tinyedge-bridge/1"
    board: BoardId
    url: Url
    terminal: Annotated[str, Meta(description="The pseudo terminal that stood for it")]


class ReportFiles(Result, frozen=True, kw_only=True):
    """``tinyedge report``: where the report is."""

    schema: Literal["tinyedge-report/1"] = "tinyedge-report/1"
    model: ModelName
    sha256: Sha256
    board: BoardId
    runtime: Runtime
    html: str
    markdown: str


class DemoReport(Result, frozen=True, kw_only=True):
    """``tinyedge demo``: every stage in turn."""

    schema: Literal["tinyedge-demo/1"] = "tinyedge-demo/1"
    train: TrainReport | None
    quantize: QuantizeReport | None
    build: BuildReport
    validate: ValidateReport
    bench: BenchReport
    report: ReportFiles
