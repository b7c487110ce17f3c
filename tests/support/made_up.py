"""Results of a run that never was, to test what prints them."""

import numpy as np

from tinyedge.report import Example, png
from tinyedge.results import (
    ArenaBlock,
    BenchReport,
    BoardFit,
    BoardInfo,
    ByteDifference,
    DebugReport,
    Epoch,
    InspectReport,
    LayerInfo,
    LayerProfile,
    LayerTruth,
    LinkReport,
    Mismatch,
    ProfileReport,
    QuantizeReport,
    Spread,
    TensorInfo,
    TrainReport,
    ValidateReport,
)

SHA = "0123456789abcdef" * 4
CLASSES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "bag")
TARGET = {"model": "made-up", "sha256": SHA, "board": "netduinoplus2", "runtime": "aot"}
_EDGE = TensorInfo(name="x", shape=(1, 28, 28, 1), dtype="int8", scale=1 / 255, zero_point=-128)
_LAYERS = (
    ("CONV_2D", (1, 26, 26, 32), 194_688, 416, "conv_3x3"),
    ("MAX_POOL_2D", (1, 13, 13, 32), 0, 0, "max_pool"),
    ("CONV_2D", (1, 11, 11, 64), 2_230_272, 18_688, "conv"),
    ("MAX_POOL_2D", (1, 5, 5, 64), 0, 0, "max_pool"),
    ("RESHAPE", (1, 1600), 0, 0, ""),
    ("FULLY_CONNECTED", (1, 128), 204_800, 205_312, "dense"),
    ("FULLY_CONNECTED", (1, 10), 1_280, 1_320, "dense"),
    ("SOFTMAX", (1, 10), 0, 0, "softmax"),
)


def layers() -> tuple[LayerInfo, ...]:
    return tuple(
        LayerInfo(
            index=index,
            op=op,
            output=TensorInfo(name=f"t{index}", shape=shape, dtype="int8", scale=0.1, zero_point=3),
            weight_scales=shape[-1] if size else 0,
            macs=macs,
            weight_bytes=size,
            kernel=kernel,
            portable=kernel == "dense",
        )
        for index, (op, shape, macs, size, kernel) in enumerate(_LAYERS)
    )


def arena() -> tuple[ArenaBlock, ...]:
    rows = [
        ("input", 21_632, 784, -1, 0),
        ("0 CONV_2D", 0, 21_632, 0, 1),
        ("1 MAX_POOL_2D", 21_632, 5_408, 1, 2),
        ("2 CONV_2D", 0, 7_744, 2, 3),
        ("scratch", 8_000, 1_152, 2, 2),
        ("3 MAX_POOL_2D", 7_744, 1_600, 3, 5),
        ("5 FULLY_CONNECTED", 0, 128, 5, 6),
        ("6 FULLY_CONNECTED", 128, 10, 6, 7),
        ("output", 140, 10, 7, 7),
    ]
    return tuple(
        ArenaBlock(name=name, offset=offset, bytes=size, first_step=first, last_step=last)
        for name, offset, size, first, last in rows
    )


def inspect() -> InspectReport:
    return InspectReport(
        model="made-up",
        sha256=SHA,
        tflite_bytes=240_000,
        inputs=(_EDGE,),
        outputs=(layers()[-1].output,),
        layers=layers(),
        macs=2_631_040,
        weight_bytes=225_736,
        refused="",
        arena_bytes=27_040,
        instructions=13_000_000,
        cycles=17_000_000,
        code_bytes=9_000,
        arena=arena(),
        steps=(),
        boards=(
            BoardFit(
                board="netduinoplus2",
                runtime="aot",
                flash_needed=250_000,
                flash_available=1 << 20,
                ram_needed=40_000,
                ram_available=128 << 10,
                fits=True,
                help="",
            ),
        ),
    )


def validate(held: bool = True) -> ValidateReport:
    size = len(CLASSES)
    confusion = tuple(
        tuple(22 - label if label == answer else (label * answer) % 3 for answer in range(size))
        for label in range(size)
    )
    different = Mismatch(
        sample=17,
        differing_bytes=1,
        output_bytes=10,
        differences=(ByteDifference(output=0, offset=3, expected=0x81, got=0x7F),),
    )
    return ValidateReport(
        **TARGET,
        elf_sha256=SHA,
        url="socket://127.0.0.1:4242",
        inputs="test split of fashion-mnist",
        samples=200,
        mismatches=0 if held else 3,
        first_mismatch=None if held else different,
        device_accuracy=0.915,
        host_accuracy=0.915,
        class_names=CLASSES,
        answers=(0, 1, 2),
        confusion=confusion,
        seconds=8.1,
        samples_per_second=24.7,
        link=_link(),
        held=held,
    )


def _link() -> LinkReport:
    return LinkReport(
        baud=115200,
        frames_sent=612,
        frames_received=610,
        bytes_sent=170_210,
        bytes_received=13_400,
        repeats=2,
        damaged_host=1,
        damaged_device=3,
        overruns=0,
        round_trips=202,
        rtt_ms=(40.125, 44.5, 60.25, 251.0),
    )


def bench() -> BenchReport:
    return BenchReport(
        **TARGET,
        optimize="speed",
        elf_sha256=SHA,
        url="socket://127.0.0.1:4242",
        runs=20,
        macs=2_631_040,
        ticks=Spread(median=13_532_032.0, min=13_530_001.0, max=13_540_977.0),
        tick_unit="instructions",
        ticks_per_mac=5.143,
        seconds=None,
        arena_bytes=27_040,
        arena_used_bytes=27_040,
        stack_peak_bytes=392,
        flash_code_bytes=14_268,
        flash_runtime_bytes=9_100,
        flash_weights_bytes=226_100,
        flash_total_bytes=240_368,
        ram_static_bytes=29_064,
    )


def profile() -> ProfileReport:
    ticks = (900_000.0, 90_000.0, 9_000_000.0, 40_000.0, 10.0, 800_000.0, 5_000.0, 1_000.0)
    total = sum(ticks)
    return ProfileReport(
        **TARGET,
        optimize="speed",
        elf_sha256=SHA,
        url="socket://127.0.0.1:4242",
        runs=5,
        tick_unit="instructions",
        ticks=total + 500,
        layer_ticks=total,
        macs=2_631_040,
        arena_bytes=27_040,
        arena=arena(),
        layers=tuple(
            LayerProfile(
                index=layer.index,
                name=layer.op,
                kernel=f"te_{layer.kernel}" if layer.kernel else "",
                input_shapes=(),
                output_shape=layer.output.shape,
                macs=layer.macs,
                ticks=count,
                ticks_per_mac=round(count / layer.macs, 4) if layer.macs else None,
                share=count / total,
                weight_bytes=layer.weight_bytes,
                arena_bytes=21_632,
            )
            for layer, count in zip(layers(), ticks, strict=True)
        ),
    )


def debug() -> DebugReport:
    return DebugReport(
        **TARGET,
        optimize="speed",
        elf_sha256=SHA,
        url="socket://127.0.0.1:4242",
        inputs="test split of fashion-mnist",
        sample=0,
        layers=tuple(
            LayerTruth(
                index=layer.index,
                name=layer.op,
                kernel=layer.kernel,
                tensor=f"t{layer.index}",
                output_shape=layer.output.shape,
                output_bytes=100,
                differing=0,
                first_difference=None,
                largest_difference=0,
                beyond_range=0.0125 if layer.index == 2 else 0.0,
                snr_db=None if layer.index == 4 else 45.0 - 3 * layer.index,
            )
            for layer in layers()
        ),
        first_differing=None,
        held=True,
    )


def examples() -> tuple[Example, ...]:
    pixels = np.arange(28 * 28, dtype=np.uint8).reshape(28, 28, 1)
    return tuple(
        Example(sample=n, label=label, answer=answer, png=png.encode(pixels), width=28, height=28)
        for n, (label, answer) in enumerate([(0, 6), (4, 2), (1, 1), (2, 2)])
    )


def train() -> TrainReport:
    epochs = tuple(
        Epoch(
            epoch=number + 1,
            loss=0.2 + 0.5 / (number + 1),
            accuracy=0.93 - 0.15 / (number + 1),
            validation_loss=0.25 + 0.4 / (number + 1),
            validation_accuracy=0.915 - 0.1 / (number + 1),
        )
        for number in range(12)
    )
    return TrainReport(
        model="made-up",
        recipe_sha256=SHA,
        dataset="fashion-mnist",
        dataset_sha256=SHA,
        train_samples=54_000,
        validation_samples=6_000,
        test_samples=10_000,
        class_names=CLASSES,
        parameters=225_034,
        seed=1,
        epochs=epochs,
        validation_accuracy=0.915,
        test_accuracy=0.912,
        model_path="build/made-up/model.keras",
        curves_path="build/made-up/curves.png",
        seconds=240.0,
    )


def quantize() -> QuantizeReport:
    return QuantizeReport(
        model="made-up",
        sha256=SHA,
        tflite_path="build/made-up/model.tflite",
        tflite_bytes=240_000,
        representative_samples=500,
        test_samples=10_000,
        float_accuracy=0.912,
        int8_accuracy=0.9115,
        accuracy_drop=0.0005,
        max_accuracy_drop=0.01,
        held=True,
    )


def board() -> BoardInfo:
    return BoardInfo(
        id="netduinoplus2",
        name="QEMU Netduino Plus 2 (STM32F405, Cortex-M4F)",
        core="cortex-m4f",
        clock_hz=168_000_000,
        flash_bytes=1 << 20,
        ram_bytes=128 << 10,
        stack_bytes=4096,
        runtimes=("aot",),
        flash_method="qemu",
        flash_methods=("qemu",),
        run="emulated",
        link="socket",
        measures="instructions",
    )
