"""What each layer of a device has written, against the reference and against real numbers."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from tinyedge.results.fields import (
    BoardId,
    Fraction,
    ModelName,
    Optimize,
    Result,
    Runtime,
    Sha256,
    Url,
)


class LayerTruth(Result, frozen=True, kw_only=True):
    """One step of the aot runtime, or one operator of the tflm runtime."""

    index: Annotated[int, Meta(ge=0, description="Place in the order of execution")]
    name: Annotated[str, Meta(description="Operators that it carries out")]
    kernel: Annotated[str, Meta(description="Kernel of the aot runtime; empty: TFLM's")]
    tensor: Annotated[str, Meta(description="Name of the tensor that it writes")]
    output_shape: Annotated[tuple[int, ...], Meta(description="Without channels left out")]
    output_bytes: Annotated[int, Meta(ge=0)]
    differing: Annotated[int, Meta(ge=0, description="Elements that are not TFLM's")]
    first_difference: Annotated[int | None, Meta(description="Element; null: none differs")]
    largest_difference: Annotated[int, Meta(ge=0, description="In quantization steps")]
    beyond_range: Annotated[
        Fraction, Meta(description="Share of the real numbers that int8 does not reach: clamped")
    ]
    snr_db: Annotated[
        float | None,
        Meta(description="Signal to noise against real numbers; null: one of them is 0"),
    ]
    against: Annotated[
        Literal["float", "dequantized"],
        Meta(description="Real numbers of the float network, or of the int8 weights unrounded"),
    ] = "dequantized"


class DebugReport(Result, frozen=True, kw_only=True):
    """``tinyedge debug``: one sample, layer by layer."""

    schema: Literal["tinyedge-debug/1"] = "tinyedge-debug/1"
    model: ModelName
    sha256: Sha256
    board: BoardId
    runtime: Runtime
    optimize: Optimize
    elf_sha256: Annotated[
        str | None, Meta(description="Of the firmware that observes; null: not built here")
    ] = None
    url: Url
    inputs: Annotated[str, Meta(description="Where the sample comes from")]
    sample: Annotated[int, Meta(ge=0)]
    layers: tuple[LayerTruth, ...]
    first_differing: Annotated[int | None, Meta(description="Layer; null: all are TFLM's")]
    link_bytes: Annotated[
        int, Meta(ge=0, description="That came from the device for these, frames and all")
    ] = 0
    held: Annotated[bool, Meta(description="Whether every byte was equal")]
