"""Measures code with the cross compiler: assembler instances, and C drivers with what they call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tinyedge import resources, tool
from tinyedge.compile.plan import Instance
from tinyedge.emit.render import environment
from tinyedge.emit.view import LayersView

_CPU = ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")
_RUNTIME = resources.root("firmware_templates") / "runtime/aot"
_KERNELS = _RUNTIME / "kernels"
#: of the C library, which a firmware has in any case
_LIBRARY = ("memcpy", "memset", "memmove")


def of_instances(instances: Sequence[Instance], folder: Path) -> dict[str, int]:
    """Bytes of each instance, by name."""
    macros = tuple(sorted(path.name for path in (_KERNELS / "armv7em").glob("*.S")))
    view = LayersView("test", "the tests", (), macros, tuple(instances))
    source = folder / "layers.S"
    source.write_text(environment().get_template("runtime/aot/layers.S.j2").render(view=view))
    _gcc(f"-I{_KERNELS / 'armv7em'}", "-c", str(source), "-o", str(folder / "layers.o"))
    return _symbols(folder / "layers.o")


def of_driver(source: str, function: str, level: str, folder: Path) -> int:
    """Bytes of the C function and all it calls, but for the C library."""
    elf = folder / f"{function}{level}.elf"
    include = [f"-I{path}" for path in (_RUNTIME, _KERNELS / "portable", _KERNELS / "armv7em")]
    stubs = [f"-Wl,--defsym={name}=0" for name in _LIBRARY]
    link = ("-nostdlib", "-Wl,--gc-sections", f"-Wl,-e,{function}", *stubs)
    flags = ("-std=c11", level, "-ffunction-sections", "-fdata-sections")
    _gcc(*flags, *include, *link, str(_KERNELS / source), "-lgcc", "-o", str(elf))
    return sum(_symbols(elf).values())


def _gcc(*arguments: str) -> None:
    tool.run(["arm-none-eabi-gcc", *_CPU, *arguments])


def _symbols(path: Path) -> dict[str, int]:
    listed = tool.run(["arm-none-eabi-nm", "-S", str(path)]).stdout.splitlines()
    words = [line.split() for line in listed]  # address, size, kind, name
    return {line[3]: int(line[1], 16) for line in words if len(line) == 4}
