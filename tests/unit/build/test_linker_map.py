"""Which part of the firmware a byte came from, by the linker's map."""

from pathlib import Path

import pytest

from tinyedge.build import linker_map
from tinyedge.errors import ToolError

MAP = """
Discarded input sections

 .text          0x00000000        0x999 ../out/app/frame.c.o

Linker script and memory map

.text           0x08000000      0x100
 *(.vectors)
 .vectors       0x08000000       0x40 ../out/port/port.c.o
 .text.te_a_name_that_is_long
                0x08000040       0x30 ../out/app/frame.c.o
                0x08000040                te_a_name_that_is_long
 .text          0x08000070       0x10 /usr/lib/newlib/libc_nano.a(libc_a-memset.o)
 *fill*         0x08000080        0x2 
 .text.run      0x08000082       0x0e ../out/runtime/kernels/conv.c.o
                [!provide]                PROVIDE (x = .)

.rodata         0x08000100       0x20
 .rodata.te_step0_filter
                0x08000100       0x20 ../out/model/weights.c.o

.bss            0x20000000     0x1000
 .bss.arena     0x20000000     0x1000 ../out/model/model.c.o

.debug_info     0x00000000     0x5000
 .debug_info    0x00000000     0x5000 ../out/app/frame.c.o
"""  # noqa: W291  as ld prints it


def test_bytes_are_counted_by_component(tmp_path: Path) -> None:
    path = tmp_path / "firmware.map"
    path.write_text(MAP)
    assert linker_map.components(path, {".text", ".rodata"}) == (
        ("app", 0x30),
        ("port", 0x40),
        ("runtime", 0x0E),
        ("model", 0x20),
        ("library", 0x10),
        ("padding", 2),
    )


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("../out/app/main.c.o", "app"),
        ("out/runtime/kernels/portable/conv.c.o", "runtime"),
        ("/usr/lib/app/libx.a(port.o)", "library"),
        ("/usr/lib/crt1.o", "library"),
        ("*fill*", "padding"),
    ],
)
def test_an_object_belongs_to_its_folder(origin: str, expected: str) -> None:
    assert linker_map.component(origin) == expected


def test_a_missing_map_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="No such file"):
        linker_map.components(tmp_path / "none.map", set())


def test_addresses_of_neighbours_are_one_range(tmp_path: Path) -> None:
    path = tmp_path / "firmware.map"
    path.write_text(MAP)
    found = linker_map.addresses(path, ".text", ("app", "library"))
    assert found == (range(0x08000040, 0x08000080),)
    runtime = range(0x08000082, 0x08000090)
    assert linker_map.addresses(path, ".text", ("runtime",)) == (runtime,)
    start = linker_map.addresses(path, ".text", ("runtime",), objects=("/port/port.c.o",))
    assert start == (range(0x08000000, 0x08000040), runtime)
