"""What every verb writes with ``--json``: frozen, documented, versioned.

``schema`` names the layout and its version ("tinyedge-bench/1"). A field may be added within a
version; renaming, removing or changing the meaning of one makes a new version. Sizes are bytes,
accuracies fractions of 1, and a tick is what ``tick_unit`` says: never assume a time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_type_hints

import msgspec
from msgspec import Meta

from tinyedge.errors import ConfigError
from tinyedge.workspace import write_atomic

TickUnit = Literal["instructions", "cycles", "ns", "us", "ticks"]

# Field types that several results share; the text becomes the JSON Schema's description.
ModelName = Annotated[str, Meta(description="Name of the recipe, or of the .tflite file")]
Sha256 = Annotated[str, Meta(description="SHA-256 of the .tflite file, 64 hex digits")]
BoardId = Annotated[str, Meta(description='Board id, as "tinyedge boards" lists it')]
Runtime = Annotated[str, Meta(description='What executes the model: "aot" or "tflm"')]
Macs = Annotated[int, Meta(ge=0, description="Multiply-accumulates per inference")]
Arena = Annotated[int, Meta(ge=0, description="Bytes of RAM reserved for tensors and scratch")]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Flash = Annotated[int, Meta(ge=0, description="Bytes of program memory")]
Ram = Annotated[int, Meta(ge=0, description="Bytes of RAM")]
Unit = Annotated[TickUnit, Meta(description="What a tick of the board's timer measures")]
Matrix = tuple[tuple[int, ...], ...]
Url = Annotated[str, Meta(description="Where the device answers: a serial port or a URL")]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Base of everything that is written as JSON."""


class Epoch(Result, frozen=True, kw_only=True):
    """One pass over the training split."""

    epoch: Annotated[int, Meta(ge=1)]
    loss: float
    accuracy: Fraction
    validation_loss: float
    validation_accuracy: Fraction


class TrainReport(Result, frozen=True, kw_only=True):
    """``tinyedge train``: the float network."""

    schema: Literal["tinyedge-train/1"] = "tinyedge-train/1"
    model: ModelName
    recipe_sha256: Annotated[str, Meta(description="SHA-256 of recipe.toml")]
    dataset: Annotated[str, Meta(description="Name of the data set")]
    dataset_sha256: Annotated[str, Meta(description="SHA-256 over the data set's files")]
    train_samples: Annotated[int, Meta(ge=0)]
    validation_samples: Annotated[int, Meta(ge=0)]
    test_samples: Annotated[int, Meta(ge=0)]
    class_names: tuple[str, ...]
    parameters: Annotated[int, Meta(ge=0, description="Trainable weights of the network")]
    seed: int
    epochs: tuple[Epoch, ...]
    validation_accuracy: Fraction
    test_accuracy: Fraction
    model_path: Annotated[str, Meta(description="The trained network, in the build folder")]
    curves_path: Annotated[str, Meta(description="Picture of loss and accuracy by epoch")]
    seconds: Annotated[float, Meta(ge=0, description="Wall time of training")]


class QuantizeReport(Result, frozen=True, kw_only=True):
    """``tinyedge quantize``: float against int8."""

    schema: Literal["tinyedge-quantize/1"] = "tinyedge-quantize/1"
    model: ModelName
    sha256: Sha256
    tflite_path: Annotated[str, Meta(description="The int8 model, in the build folder")]
    tflite_bytes: Annotated[int, Meta(ge=0)]
    representative_samples: Annotated[int, Meta(ge=0, description="Taken from the training split")]
    test_samples: Annotated[int, Meta(ge=0)]
    float_accuracy: Annotated[Fraction, Meta(description="Float network, whole test split")]
    int8_accuracy: Annotated[Fraction, Meta(description="TFLM reference, whole test split")]
    accuracy_drop: Annotated[float, Meta(description="float_accuracy - int8_accuracy")]
    max_accuracy_drop: Annotated[float, Meta(ge=0, description="What the recipe allows")]
    held: Annotated[bool, Meta(description="Whether accuracy_drop is within max_accuracy_drop")]


class TensorInfo(Result, frozen=True, kw_only=True):
    """One tensor at the edge of the model or of a layer."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: Annotated[float | None, Meta(description="real = scale * (q - zero_point)")]
    zero_point: int | None


class LayerInfo(Result, frozen=True, kw_only=True):
    """One operator of the model."""

    index: Annotated[int, Meta(ge=0, description="Place in the .tflite file")]
    op: Annotated[str, Meta(description="Operator, as the TFLite schema calls it")]
    output: TensorInfo
    weight_scales: Annotated[int, Meta(ge=0, description="1: per tensor, more: per channel")]
    macs: Macs
    weight_bytes: Annotated[int, Meta(ge=0, description="Weights and biases as in the file")]
    kernel: Annotated[str, Meta(description="Kernel that the aot compiler chose; empty: folded")]


class BoardFit(Result, frozen=True, kw_only=True):
    """Whether the model's firmware fits one board; estimated before a build."""

    board: BoardId
    runtime: Runtime
    flash_needed: Flash
    flash_available: Flash
    ram_needed: Ram
    ram_available: Ram
    fits: bool
    help: Annotated[str, Meta(description="By how much it does not fit, and what would help")]


class ArenaBlock(Result, frozen=True, kw_only=True):
    """One tensor's or scratch buffer's place in the arena, and the steps that need it."""

    name: str
    offset: Annotated[int, Meta(ge=0)]
    bytes: Annotated[int, Meta(ge=0)]
    first_step: Annotated[int, Meta(ge=0)]
    last_step: Annotated[int, Meta(ge=0)]


class InspectReport(Result, frozen=True, kw_only=True):
    """``tinyedge inspect``: the model, layer by layer, and the boards it fits."""

    schema: Literal["tinyedge-inspect/1"] = "tinyedge-inspect/1"
    model: ModelName
    sha256: Sha256
    tflite_bytes: Annotated[int, Meta(ge=0)]
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    layers: tuple[LayerInfo, ...]
    macs: Macs
    weight_bytes: Annotated[int, Meta(ge=0)]
    arena_bytes: Arena
    arena: tuple[ArenaBlock, ...]
    steps: Annotated[tuple[str, ...], Meta(description="What the aot runtime runs, in order")]
    boards: tuple[BoardFit, ...]


class GeneratedFile(Result, frozen=True, kw_only=True):
    """One file of the firmware folder."""

    path: Annotated[str, Meta(description="Relative to the firmware folder")]
    bytes: Annotated[int, Meta(ge=0)]
    sha256: Annotated[str, Meta(description="SHA-256 of the file")]


class GenerateReport(Result, frozen=True, kw_only=True):
    """``tinyedge generate``: the firmware's sources."""

    schema: Literal["tinyedge-generate/1"] = "tinyedge-generate/1"
    model: ModelName
    sha256: Sha256
    board: BoardId
    runtime: Runtime
    folder: str
    arena_bytes: Arena
    files: tuple[GeneratedFile, ...]


class SectionSize(Result, frozen=True, kw_only=True):
    """One section of the ELF."""

    name: str
    flash_bytes: Flash
    ram_bytes: Ram


class LayerSize(Result, frozen=True, kw_only=True):
    """Program memory that belongs to one layer: its weights and tables."""

    index: Annotated[int, Meta(ge=0, description="Place in the .tflite file")]
    op: str
    flash_bytes: Flash


class BuildReport(Result, frozen=True, kw_only=True):
    """``tinyedge build``: the firmware, measured from the ELF."""

    schema: Literal["tinyedge-build/1"] = "tinyedge-build/1"
    model: ModelName
    sha256: Sha256
    board: BoardId
    runtime: Runtime
    elf: Annotated[str, Meta(description="Path of the firmware")]
    elf_sha256: Annotated[str, Meta(description="SHA-256 of the firmware's ELF")]
    sections: tuple[SectionSize, ...]
    layers: tuple[LayerSize, ...]
    flash_code_bytes: Annotated[int, Meta(ge=0, description="Everything but weights and tables")]
    flash_weights_bytes: Annotated[int, Meta(ge=0, description="Weights, tables, or the .tflite")]
    flash_total_bytes: Flash
    flash_available: Flash
    ram_static_bytes: Annotated[int, Meta(ge=0, description="Data, bss and arena; no stack")]
    stack_bytes: Annotated[int, Meta(ge=0, description="Reserved for the stack")]
    ram_available: Ram
    fits: bool


class FlashReport(Result, frozen=True, kw_only=True):
    """``tinyedge flash``: where the device answers."""

    schema: Literal["tinyedge-flash/1"] = "tinyedge-flash/1"
    model: ModelName
    sha256: Sha256
    board: BoardId
    runtime: Runtime
    elf_sha256: Annotated[str, Meta(description="SHA-256 of the firmware's ELF")]
    url: Url
    pid: Annotated[int | None, Meta(description="Process of an emulated or host device")]


class StopReport(Result, frozen=True, kw_only=True):
    """``tinyedge stop``: the devices that were ended."""

    schema: Literal["tinyedge-stop/1"] = "tinyedge-stop/1"
    stopped: tuple[Url, ...]


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
    mismatches: Annotated[int, Meta(ge=0, description="Samples with any byte differing")]
    first_mismatch: Mismatch | None
    device_accuracy: Annotated[Fraction | None, Meta(description="null: there are no labels")]
    host_accuracy: Annotated[Fraction | None, Meta(description="TFLM reference, same samples")]
    class_names: tuple[str, ...]
    confusion: Annotated[Matrix | None, Meta(description="Samples by label, then device's answer")]
    seconds: Annotated[float, Meta(ge=0, description="Wall time on the link")]
    samples_per_second: Annotated[float, Meta(ge=0, description="Transfer and inference")]
    held: Annotated[bool, Meta(description="Whether every byte was equal")]


class Spread(Result, frozen=True, kw_only=True):
    """A figure over repeated runs."""

    median: float
    min: float
    max: float


class BenchReport(Result, frozen=True, kw_only=True):
    """``tinyedge bench``: ticks, memory and size of one model on one board."""

    schema: Literal["tinyedge-bench/1"] = "tinyedge-bench/1"
    model: ModelName
    sha256: Sha256
    board: BoardId
    runtime: Runtime
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
    flash_code_bytes: Annotated[int, Meta(ge=0, description="Everything but weights and tables")]
    flash_weights_bytes: Annotated[int, Meta(ge=0, description="Weights, tables, or the .tflite")]
    flash_total_bytes: Flash
    ram_static_bytes: Annotated[int, Meta(ge=0, description="Data, bss and arena; no stack")]


class ReportFiles(Result, frozen=True, kw_only=True):
    """``tinyedge report``: where the report is."""

    schema: Literal["tinyedge-report/1"] = "tinyedge-report/1"
    model: ModelName
    sha256: Sha256
    board: BoardId
    runtime: Runtime
    html: str
    markdown: str


class BoardInfo(Result, frozen=True, kw_only=True):
    """One board that tinyedge knows."""

    id: BoardId
    name: str
    core: Annotated[str, Meta(description="Processor core, as the compiler knows it")]
    clock_hz: Annotated[int, Meta(ge=1)]
    flash_bytes: Flash
    ram_bytes: Ram
    stack_bytes: Annotated[int, Meta(ge=0, description="Part of RAM kept for the stack")]
    runtimes: tuple[Runtime, ...]
    flash_method: Annotated[str, Meta(description="How firmware gets onto it")]
    emulated: Annotated[bool, Meta(description="Runs on this computer, without hardware")]
    link: Annotated[str, Meta(description='"socket" (emulated) or "serial"')]
    measures: Annotated[str, Meta(description="instructions, cycles or wall time")]


class BoardsReport(Result, frozen=True, kw_only=True):
    """``tinyedge boards``: all boards."""

    schema: Literal["tinyedge-boards/1"] = "tinyedge-boards/1"
    boards: tuple[BoardInfo, ...]


class DemoReport(Result, frozen=True, kw_only=True):
    """``tinyedge demo``: every stage in turn."""

    schema: Literal["tinyedge-demo/1"] = "tinyedge-demo/1"
    train: TrainReport | None
    quantize: QuantizeReport | None
    build: BuildReport
    validate: ValidateReport
    bench: BenchReport
    report: ReportFiles


VERBS: dict[str, type[Result]] = {
    "train": TrainReport,
    "quantize": QuantizeReport,
    "inspect": InspectReport,
    "generate": GenerateReport,
    "build": BuildReport,
    "flash": FlashReport,
    "validate": ValidateReport,
    "bench": BenchReport,
    "report": ReportFiles,
    "demo": DemoReport,
    "boards": BoardsReport,
    "stop": StopReport,
}

_R = TypeVar("_R", bound=Result)


def schema_of(kind: type[Result]) -> str:
    """The value of ``schema``, e.g. ``tinyedge-bench/1``."""
    return str(get_args(get_type_hints(kind)["schema"])[0])


def json_schema(verb: str) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of what the verb writes."""
    return msgspec.json.schema(VERBS[verb])


def encode(result: Result) -> bytes:
    """UTF-8 JSON, indented, ending in a newline."""
    return msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n"


def write(path: Path, result: Result) -> None:
    """Write the whole file or none. Raises TinyedgeError if it cannot be written."""
    write_atomic(path, encode(result))


def read(path: Path, kind: type[_R]) -> _R:
    """Read a result back. Raises ConfigError if it is missing, damaged or of another version."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise ConfigError(
            f"{path}: not a {schema_of(kind)} result: {error}", "run the verb again"
        ) from error
