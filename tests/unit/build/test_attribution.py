"""Every byte has one owner, and all of them are the sections' bytes."""

from collections import Counter
from pathlib import Path

import pytest

from tests.support import fixture_firmware
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import tool
from tinyedge.build import attribution, size
from tinyedge.build.attribution import Part
from tinyedge.errors import ToolError

TOOLS = {"netduinoplus2": ("make", "arm-none-eabi-gcc"), "host": ("make", "gcc")}


@pytest.mark.parametrize("name", TOOLS)
def test_the_parts_are_the_sections_byte_for_byte(name: str, tmp_path: Path) -> None:
    need(*TOOLS[name])
    board = boards.load(name)
    artifact = fixture_firmware.made(tmp_path, board)
    parts = attribution.parts(artifact.elf, artifact.map, board)
    flash, ram = Counter[str](), Counter[str]()
    for part in parts:
        flash[part.section] += part.flash_bytes
        ram[part.section] += part.ram_bytes
    report = size.read(artifact.elf, artifact.map, board)
    assert {name: (flash[name], ram[name]) for name in flash | ram} == {
        section.name: (section.flash_bytes, section.ram_bytes) for section in report.sections
    }
    owners = {part.symbol: part for part in parts}
    assert (owners["te_crc32"].object, owners["te_crc32"].component) == ("app/crc.c", "app")
    assert owners["te_crc32"].flash_bytes > 40
    unnamed = sum(part.flash_bytes for part in parts if part.component == "padding")
    assert 0 < unnamed < report.flash_total / 10


def _made(folder: Path, assembly: str, script: str) -> tuple[Part, ...]:
    need("arm-none-eabi-gcc")
    (folder / "x.S").write_text(assembly)
    (folder / "x.ld").write_text(script)
    out = folder / "out" / "model"
    out.mkdir(parents=True)
    run = ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-nostdlib"]
    tool.run([*run, "-c", str(folder / "x.S"), "-o", str(out / "x.S.o")])
    linked = [f"-Wl,-T{folder / 'x.ld'}", f"-Wl,-Map={folder / 'x.map'}", str(out / "x.S.o")]
    tool.run([*run, *linked, "-o", str(folder / "x.elf")])
    return attribution.parts(folder / "x.elf", folder / "x.map", boards.load("netduinoplus2"))


ASSEMBLY = """
    .syntax unified
    .section .text.first, "ax"
    .global first, alias
    .type first, %function
    .type alias, %function
    .thumb_func
first:
alias:
    .space 10
    .size first, 10
    .size alias, 10
    .balign 4
    .section .text.unnamed, "ax"
    .space 32
    .section .data.table, "aw"
    .balign 16
    .type table, %object
table:
    .word 1, 2, 3, 4, 5
    .type inner, %object
inner:
    .word 6
    .size inner, 4
    .size table, 24
    .section .bss.room, "aw", %nobits
    .type room, %object
room:
    .space 100
    .size room, 100
"""
SCRIPT = """
SECTIONS {
  .text 0x08000000 : { *(.text.*) . = ALIGN(64); }
  .data 0x20000000 : AT(0x08001000) { *(.data.*) }
  .bss (NOLOAD) : { *(.bss.*) }
}
"""


def test_aliases_inner_symbols_gaps_and_bytes_without_a_name(tmp_path: Path) -> None:
    parts = _made(tmp_path, ASSEMBLY, SCRIPT)
    found = {
        (part.section, part.symbol or part.input): (part.flash_bytes, part.ram_bytes)
        for part in parts
    }
    named = "first" if (".text", "first") in found else "alias"
    assert found == {
        (".text", named): (10, 0),
        (".text", ""): (2 + 20, 0),  # behind the function, and to the section's end
        (".text", ".text.unnamed"): (32, 0),
        (".data", "table"): (20, 20),
        (".data", "inner"): (4, 4),
        (".bss", "room"): (0, 100),
    }
    assert {part.component for part in parts} == {"model", "padding"}


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("/usr/lib/arm/libc_nano.a(lib_a-memset.o)", ("libc_nano.a", "lib_a-memset.o")),
        ("../x/libtensorflow-microlite.a(conv.o)", ("libtensorflow-microlite.a", "conv.o")),
        ("/usr/lib/crt1.o", ("", "crt1.o")),
        ("../out/app/frame.c.o", ("", "app/frame.c")),
    ],
)
def test_an_object_is_named_without_the_machines_folders(
    origin: str, expected: tuple[str, str]
) -> None:
    assert attribution.names(origin) == expected


def test_a_damaged_elf_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.elf").write_bytes(b"\x7fELF")
    with pytest.raises(ToolError, match="not a readable ELF"):
        attribution.parts(tmp_path / "x.elf", tmp_path / "x.map", boards.load("host"))
