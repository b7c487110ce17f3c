"""What is known of firmware: generate, build, flash, stop."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from tinyedge.results.fields import (
    Arena,
    BoardId,
    Code,
    Flash,
    ModelName,
    Optimize,
    Ram,
    Result,
    Runtime,
    RuntimeCode,
    Sha256,
    Url,
)


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
    optimize: Optimize
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
    optimize: Optimize
    elf: Annotated[str, Meta(description="Path of the firmware")]
    elf_sha256: Annotated[str, Meta(description="SHA-256 of the firmware's ELF")]
    sections: tuple[SectionSize, ...]
    layers: tuple[LayerSize, ...]
    flash_code_bytes: Code
    flash_runtime_bytes: RuntimeCode
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
