"""Where every byte of a firmware's flash and RAM goes."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from tinyedge.results.fields import (
    BoardId,
    Flash,
    ModelName,
    Optimize,
    Ram,
    Result,
    Runtime,
    Sha256,
)
from tinyedge.results.firmware import SectionSize


class SizeGroup(Result, frozen=True, kw_only=True):
    """Bytes of one kind."""

    name: str
    flash_bytes: Flash
    ram_bytes: Ram


class LayerBytes(Result, frozen=True, kw_only=True):
    """One step of the aot runtime, or one operator of the tflm runtime."""

    index: Annotated[int, Meta(ge=0, description="Place in the order of execution")]
    name: Annotated[str, Meta(description="Operators that it carries out")]
    kernel: Annotated[str, Meta(description="Kernel of the aot runtime; empty: TFLM's")]
    weight_bytes: Annotated[int, Meta(ge=0, description="Weights and tables")]
    code_bytes: Annotated[
        int, Meta(ge=0, description="Kernels that no other layer uses, and their parameters")
    ]
    flash_bytes: Annotated[int, Meta(ge=0, description="weight_bytes + code_bytes")]
    shared_bytes: Annotated[
        int, Meta(ge=0, description="Kernels that it uses together with other layers")
    ]
    arena_bytes: Annotated[
        int | None, Meta(description="Of the arena, needed while it runs; null: not known")
    ]


class KernelBytes(Result, frozen=True, kw_only=True):
    """Code of one kernel of the aot runtime, its instantiations included."""

    name: str
    layers: Annotated[tuple[int, ...], Meta(description="Which run it")]
    flash_bytes: Flash


class LibraryBytes(Result, frozen=True, kw_only=True):
    """One object: of the firmware's own folders, or of an archive."""

    library: Annotated[str, Meta(description="The archive; empty: an object of the firmware's")]
    object: str
    component: Annotated[
        str, Meta(description="app, port, runtime, model, library, padding or stack")
    ]
    flash_bytes: Flash
    ram_bytes: Ram


class SymbolBytes(Result, frozen=True, kw_only=True):
    """Bytes of one section with one owner."""

    section: Annotated[str, Meta(description="Of the ELF")]
    symbol: Annotated[str, Meta(description="Empty: padding, or constants without a name")]
    library: Annotated[str, Meta(description="The archive; empty: an object of the firmware's")]
    object: str
    component: Annotated[
        str, Meta(description="app, port, runtime, model, library, padding or stack")
    ]
    layer: Annotated[int | None, Meta(description="That alone needs it; null: none, or several")]
    kernel: Annotated[str, Meta(description="Kernel that it is code of; empty: none")]
    group: Annotated[str, Meta(description="Which of the report's groups it is counted for")]
    flash_bytes: Flash
    ram_bytes: Ram


class SizeReport(Result, frozen=True, kw_only=True):
    """``tinyedge size``: every byte of the ELF; groups, objects and symbols each sum up to it."""

    schema: Literal["tinyedge-size/1"] = "tinyedge-size/1"
    model: ModelName
    sha256: Sha256
    board: BoardId
    runtime: Runtime
    optimize: Optimize
    elf_sha256: Annotated[str, Meta(description="SHA-256 of the firmware's ELF")]
    flash_total_bytes: Flash
    flash_available: Flash
    ram_total_bytes: Annotated[int, Meta(ge=0, description="Data, bss, arena and stack")]
    ram_available: Ram
    sections: tuple[SectionSize, ...]
    groups: Annotated[tuple[SizeGroup, ...], Meta(description="What the bytes are for")]
    layers: tuple[LayerBytes, ...]
    kernels: tuple[KernelBytes, ...]
    objects: tuple[LibraryBytes, ...]
    symbols: tuple[SymbolBytes, ...]
