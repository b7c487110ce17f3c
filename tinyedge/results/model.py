"""What is known of a model before there is firmware: train, quantize, inspect, boards."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from tinyedge.results.fields import (
    BoardId,
    Flash,
    Fraction,
    Macs,
    ModelName,
    Ram,
    Result,
    Runtime,
    Sha256,
)


class Epoch(Result, frozen=True, kw_only=True):
    """One pass over the training split."""

    epoch: Annotated[int, Meta(ge=1)]
    loss: float
    accuracy: Fraction
    validation_loss: float
    validation_accuracy: Fraction


class SkippedFile(Result, frozen=True, kw_only=True):
    """A file of the data set's folder that is no sample."""

    path: Annotated[str, Meta(description="Below the data set's folder")]
    reason: str


class CompressionStage(Result, frozen=True, kw_only=True):
    """One stage after training: pruning, clustering or quantization-aware training."""

    stage: Annotated[str, Meta(description='"prune", "cluster" or "qat"')]
    epochs: Annotated[int, Meta(ge=1)]
    test_accuracy: Annotated[Fraction, Meta(description="Of the network after it, in float")]
    sparsity: Annotated[Fraction, Meta(description="Part of the kernels' weights that is 0")]
    most_values: Annotated[int, Meta(ge=0, description="Different weights in one kernel, at most")]
    weight_bytes: Annotated[int, Meta(ge=0, description="Kernels in float32")]
    deflated_bytes: Annotated[int, Meta(ge=0, description="The same, compressed by DEFLATE")]
    seconds: Annotated[float, Meta(ge=0, description="Wall time of training")]


class ImportedNetwork(Result, frozen=True, kw_only=True):
    """A trained network from elsewhere, and how near it is to itself after conversion."""

    path: Annotated[str, Meta(description="Name of the file or folder")]
    format: Annotated[str, Meta(description='E.g. "ONNX" or "Keras 3"')]
    sha256: Annotated[str, Meta(description="SHA-256 of the file, or over the folder's files")]
    converter: Annotated[str, Meta(description='E.g. "onnx2tf 1.29.24"; "none" for a .tflite')]
    framework: Annotated[str, Meta(description="Whose float outputs it was compared with")]
    input_shape: Annotated[tuple[int, ...], Meta(description="One sample, as the source takes it")]
    channels_moved: Annotated[
        bool, Meta(description="The source has channels first, the converted network last")
    ]
    transposes: Annotated[int, Meta(ge=0, description="TRANSPOSE operators after conversion")]
    compared: Annotated[int, Meta(ge=1, description="Random inputs within data.range")]
    max_error: Annotated[float, Meta(ge=0, description="Greatest difference of an output")]
    max_output: Annotated[float, Meta(ge=0, description="Greatest size of the source's outputs")]
    tolerance: Annotated[float, Meta(ge=0, description="max_error allowed, of max_output")]

    @property
    def comparison(self) -> str:
        """How near the converted network is to its source, for people."""
        return (
            f"{self.path} ({self.format}): after conversion by {self.converter} its outputs are "
            f"within {self.max_error:.3g} of {self.framework}'s, whose greatest is "
            f"{self.max_output:.3g}, on {self.compared} random inputs"
        )


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
    skipped: Annotated[
        tuple[SkippedFile, ...], Meta(description="Damaged or foreign files, left out")
    ] = ()
    class_names: tuple[str, ...]
    parameters: Annotated[int, Meta(ge=0, description="Trainable weights of the network")]
    metric: Annotated[
        str,
        Meta(
            description='What the accuracies are: "accuracy", "AUC" of an autoencoder, or '
            '"agreement" with the float network'
        ),
    ] = "accuracy"
    seed: int
    epochs: tuple[Epoch, ...]
    validation_accuracy: Fraction
    test_accuracy: Annotated[Fraction, Meta(description="Of the network before the stages")]
    stages: Annotated[
        tuple[CompressionStage, ...], Meta(description="Compression after training, in order")
    ] = ()
    imported: Annotated[
        ImportedNetwork | None, Meta(description="Where it comes from, if it was not trained here")
    ] = None
    model_path: Annotated[str, Meta(description="The trained network, in the build folder")]
    curves_path: Annotated[
        str, Meta(description="Picture of loss and accuracy by epoch; empty: imported")
    ]
    seconds: Annotated[float, Meta(ge=0, description="Wall time of training")]


class CalibrationTrial(Result, frozen=True, kw_only=True):
    """One way to calibrate that a search has tried."""

    calibration: Annotated[str, Meta(description='E.g. "min-max" or "percentile 99.9"')]
    accuracy: Annotated[Fraction, Meta(description="int8, samples of the validation split")]
    samples: Annotated[int, Meta(ge=1)]


class LayerNoise(Result, frozen=True, kw_only=True):
    """How far one layer's int8 output is from the float network's."""

    index: Annotated[int, Meta(ge=0, description="Operator's place in the .tflite")]
    op: str
    tensor: Annotated[str, Meta(description="Its output")]
    snr_db: Annotated[float, Meta(description="Signal to noise, decibels; 6 dB are a bit")]
    gain_db: Annotated[float, Meta(description="snr_db less that of its worst input: its own part")]
    advice: Annotated[str, Meta(description="What would help; empty: nothing needs to")]


class QuantizeReport(Result, frozen=True, kw_only=True):
    """``tinyedge quantize``: float against int8."""

    schema: Literal["tinyedge-quantize/1"] = "tinyedge-quantize/1"
    model: ModelName
    sha256: Sha256
    tflite_path: Annotated[str, Meta(description="The int8 model, in the build folder")]
    tflite_bytes: Annotated[int, Meta(ge=0)]
    deflated_bytes: Annotated[int, Meta(ge=0, description="The .tflite, compressed by DEFLATE")] = 0
    sparsity: Annotated[Fraction, Meta(description="Part of the int8 weights that is 0")] = 0.0
    method: Annotated[str, Meta(description='"ptq" or "qat"')] = "ptq"
    backend: Annotated[str, Meta(description='What quantized it: "tensorflow" or "litert"')] = (
        "tensorflow"
    )
    calibration: Annotated[
        str, Meta(description="How the ranges were found; empty: in training")
    ] = "min-max"
    calibrations: Annotated[
        tuple[CalibrationTrial, ...], Meta(description="What a search has tried")
    ] = ()
    layers: Annotated[
        tuple[LayerNoise, ...],
        Meta(description="Of --layers: int8 against float, worst first"),
    ] = ()
    layers_path: Annotated[str, Meta(description="Of --layers: picture of the same")] = ""
    treat: Annotated[
        str, Meta(description="With --layers: which layer to treat and how, in the recipe's keys")
    ] = ""
    representative_samples: Annotated[int, Meta(ge=0, description="Taken from the training split")]
    test_samples: Annotated[int, Meta(ge=0)]
    metric: Annotated[
        str,
        Meta(
            description='What the accuracies are: "accuracy", "AUC" of an autoencoder, or '
            '"agreement" with the float network'
        ),
    ] = "accuracy"
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
    portable: Annotated[bool, Meta(description="Whether that kernel is plain C, the slower kind")]


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
    first_step: Annotated[int, Meta(ge=-1, description="-1: before the first step, an input")]
    last_step: Annotated[int, Meta(ge=-1)]


class PlanStep(Result, frozen=True, kw_only=True):
    """One kernel call of the aot runtime."""

    name: Annotated[str, Meta(description="Number and operator, as the arena's blocks name it")]
    kernel: str
    ops: Annotated[tuple[int, ...], Meta(description="Operators that it carries out, by index")]
    reads: Annotated[tuple[str, ...], Meta(description="Blocks of the arena")]
    output_offset: Annotated[int, Meta(ge=0, description="Where in the arena it writes")]
    output_bytes: Annotated[int, Meta(ge=0)]
    scratch_bytes: Annotated[int, Meta(ge=0)]
    constant_bytes: Annotated[int, Meta(ge=0, description="Weights and tables in flash")]
    macs: Macs
    instructions: Annotated[int, Meta(ge=0, description="Estimate for a Cortex-M4")]
    cycles: Annotated[int, Meta(ge=0, description="Estimate for a Cortex-M4, by a model")]
    why: Annotated[str, Meta(description="Why a portable kernel runs, where the core has others")]


class Suggestion(Result, frozen=True, kw_only=True):
    """An input size at which the recipe's network fits a board that it is too large for."""

    board: BoardId
    runtime: Runtime
    size: Annotated[tuple[int, ...], Meta(description="data.size: height, width")]
    flash_needed: Flash
    ram_needed: Ram


class InspectReport(Result, frozen=True, kw_only=True):
    """``tinyedge inspect``: the model, layer by layer, and the boards it fits."""

    schema: Literal["tinyedge-inspect/1"] = "tinyedge-inspect/1"
    model: ModelName
    sha256: Sha256
    tflite_bytes: Annotated[int, Meta(ge=0)]
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    layers: tuple[LayerInfo, ...]
    trained: Annotated[
        bool, Meta(description="false: random weights; the sizes are those that training leaves")
    ] = True
    macs: Macs
    weight_bytes: Annotated[int, Meta(ge=0)]
    refused: Annotated[str, Meta(description="Why the aot runtime cannot run it; empty: it can")]
    arena_bytes: Annotated[int | None, Meta(description="Of the aot runtime; null: refused")]
    instructions: Annotated[int | None, Meta(description="Estimate for a Cortex-M4")]
    cycles: Annotated[int | None, Meta(description="Estimate for a Cortex-M4, by a model")]
    code_bytes: Annotated[int | None, Meta(description="Estimate of the aot runtime's own code")]
    arena: Annotated[tuple[ArenaBlock, ...], Meta(description="Of the aot runtime")]
    steps: Annotated[tuple[PlanStep, ...], Meta(description="What the aot runtime runs, in order")]
    training_bytes: Annotated[
        int | None,
        Meta(description="RAM that training its last dense layers takes, with the feature learn"),
    ] = None
    boards: tuple[BoardFit, ...]
    suggestions: Annotated[
        tuple[Suggestion, ...], Meta(description="For a network not trained yet: what would fit")
    ] = ()


RunHere = Literal["native", "emulated", "simulated", "built"]


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
    flash_methods: Annotated[tuple[str, ...], Meta(description="That, and others that may")]
    run: Annotated[RunHere, Meta(description="How the project's tests have run its firmware")]
    experimental: Annotated[
        bool, Meta(description="Whether the chip's vendor has a way that knows more of it")
    ] = False
    link: Annotated[str, Meta(description='"socket" (emulated) or "serial"')]
    measures: Annotated[str, Meta(description="instructions, cycles or wall time")]

    @property
    def emulator(self) -> str:
        """The program that stands in for the chip: "QEMU" or "LabWired"; none: empty."""
        return {"qemu": "QEMU", "labwired": "LabWired"}.get(self.flash_method, "")


class WrongBoard(Result, frozen=True, kw_only=True):
    """A file in boards/ that is left out."""

    path: Annotated[str, Meta(description="Of the file")]
    problem: Annotated[str, Meta(description="What is wrong with it")]
    hint: Annotated[str, Meta(description="What is allowed, or the next step")]


class BoardsReport(Result, frozen=True, kw_only=True):
    """``tinyedge boards``: all boards."""

    schema: Literal["tinyedge-boards/1"] = "tinyedge-boards/1"
    boards: tuple[BoardInfo, ...]
    wrong: Annotated[tuple[WrongBoard, ...], Meta(description="Any: the exit code is 2")] = ()


class ProgramInfo(Result, frozen=True, kw_only=True):
    """One compiler, emulator or flasher."""

    name: str
    path: Annotated[
        str | None, Meta(description="Where it is; null: neither on the PATH nor beside Python")
    ]
    boards: Annotated[tuple[BoardId, ...], Meta(description="Boards that it is for")]
    install: Annotated[str, Meta(description="Where it comes from")]


class DoctorReport(Result, frozen=True, kw_only=True):
    """``tinyedge boards doctor``: which programs are there."""

    schema: Literal["tinyedge-doctor/1"] = "tinyedge-doctor/1"
    programs: tuple[ProgramInfo, ...]
    command: Annotated[str, Meta(description="Installs what is missing; empty: nothing can")]
    wrong: Annotated[tuple[WrongBoard, ...], Meta(description="Any: the exit code is 2")] = ()
