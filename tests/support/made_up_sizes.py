"""What a build that never was weighs, by section, symbol and library."""

from collections.abc import Sequence

from tests.support import made_up
from tinyedge.results import (
    BuildReport,
    KernelBytes,
    LayerBytes,
    LayerSize,
    LibraryBytes,
    SectionSize,
    SizeGroup,
    SizeReport,
    SymbolBytes,
)

GROUPS = (
    "layers: weights and tables",
    "layers: their own code",
    "kernels that layers share",
    "application and protocol",
    "C library, compiler runtime and linker",
    "padding",
)


def build() -> BuildReport:
    return BuildReport(
        **made_up.TARGET,
        optimize="speed",
        elf="build/made-up/aot/netduinoplus2/firmware.elf",
        elf_sha256=made_up.SHA,
        sections=(
            SectionSize(name=".text", flash_bytes=14_204, ram_bytes=0),
            SectionSize(name=".rodata", flash_bytes=226_100, ram_bytes=0),
            SectionSize(name=".data", flash_bytes=64, ram_bytes=64),
            SectionSize(name=".bss", flash_bytes=0, ram_bytes=29_000),
        ),
        layers=tuple(
            LayerSize(index=layer.index, op=layer.op, flash_bytes=layer.weight_bytes)
            for layer in made_up.layers()
        ),
        flash_code_bytes=14_268,
        flash_runtime_bytes=9_100,
        flash_weights_bytes=226_100,
        flash_total_bytes=240_368,
        flash_available=1 << 20,
        ram_static_bytes=29_064,
        stack_bytes=4096,
        ram_available=128 << 10,
        fits=True,
    )


def size() -> SizeReport:
    """Bytes that add up: each layer's weights, two kernels, the rest of the firmware."""
    symbols = [
        _symbol(f"te_step{layer.index}_stream", layer.weight_bytes, layer.index, GROUPS[0])
        for layer in made_up.layers()
        if layer.weight_bytes
    ]
    symbols += [
        _symbol("te_conv", 5_000, None, GROUPS[2], kernel="te_conv"),
        _symbol("te_softmax", 500, 7, GROUPS[1], kernel="te_softmax"),
        _symbol("te_command_loop", 4_000, None, GROUPS[3], obj="app/command.c", component="app"),
        _symbol("memcpy", 308, None, GROUPS[4], obj="memcpy.o", component="library"),
        _symbol("", 42, None, GROUPS[5], obj="(linker)", component="padding"),
    ]
    stack = _symbol("", 0, None, "stack", obj="(linker)", component="stack", ram=4096)
    return SizeReport(
        **made_up.TARGET,
        optimize="speed",
        elf_sha256=made_up.SHA,
        flash_total_bytes=sum(symbol.flash_bytes for symbol in symbols),
        flash_available=1 << 20,
        ram_total_bytes=4096,
        ram_available=128 << 10,
        sections=build().sections,
        groups=_groups([*symbols, stack]),
        layers=_layers(),
        kernels=(KernelBytes(name="te_conv", layers=(0, 2), flash_bytes=5_000),),
        objects=(
            LibraryBytes(
                library="libc.a",
                object="memcpy.o",
                component="library",
                flash_bytes=308,
                ram_bytes=0,
            ),
        ),
        symbols=(*symbols, stack),
    )


def _groups(symbols: Sequence[SymbolBytes]) -> tuple[SizeGroup, ...]:
    return tuple(
        SizeGroup(
            name=name,
            flash_bytes=sum(symbol.flash_bytes for symbol in symbols if symbol.group == name),
            ram_bytes=sum(symbol.ram_bytes for symbol in symbols if symbol.group == name),
        )
        for name in (*GROUPS, "stack")
    )


def _layers() -> tuple[LayerBytes, ...]:
    return tuple(
        LayerBytes(
            index=layer.index,
            name=layer.op,
            kernel=f"te_{layer.kernel}",
            weight_bytes=layer.weight_bytes,
            code_bytes=500 if layer.index == 7 else 0,
            flash_bytes=layer.weight_bytes + (500 if layer.index == 7 else 0),
            shared_bytes=5_000 if layer.kernel.startswith("conv") else 0,
            arena_bytes=21_632,
        )
        for layer in made_up.layers()
    )


def _symbol(
    name: str,
    flash: int,
    layer: int | None,
    group: str,
    *,
    kernel: str = "",
    obj: str = "model/weights.c",
    component: str = "model",
    ram: int = 0,
) -> SymbolBytes:
    return SymbolBytes(
        section=".text",
        symbol=name,
        library="libc.a" if component == "library" else "",
        object=obj,
        component=component,
        layer=layer,
        kernel=kernel,
        group=group,
        flash_bytes=flash,
        ram_bytes=ram,
    )
