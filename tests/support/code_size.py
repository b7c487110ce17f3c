"""Measures code with the cross compilers: assembler instances, and C drivers with all they call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support import code_size_xtensa as xtensa
from tinyedge import board, resources, tool
from tinyedge.compile.plan import Instance
from tinyedge.emit.render import environment
from tinyedge.emit.view import LayersView


@dataclass(frozen=True)
class _Family:
    """A folder of kernels, and what compiles them for its core."""

    folder: str
    cpu: Sequence[str]
    tools: str = "arm-none-eabi-"
    freestanding: bool = False


#: prefix of a family's names -> the family
_FAMILIES = {
    "te_v6m": _Family("armv6m", ("-mcpu=cortex-m0", "-mthumb")),
    "te_mve": _Family("mve", ("-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard")),
    "te_rv32": _Family(
        "rv32im", board.load("qemu-riscv32").build.flags, "riscv64-unknown-elf-", freestanding=True
    ),
    "te_lx6": _Family(xtensa.FOLDER, ()),
    "te": _Family(
        "armv7em", ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")
    ),
}
_RUNTIME = resources.root("firmware_templates") / "runtime/aot"
_KERNELS = _RUNTIME / "kernels"
#: ISO C's string.h, which the compiler for RISC-V does not bring
_LIBC = resources.root("firmware_templates") / "port/freestanding"
#: of the C library, which a firmware has in any case
_LIBRARY = ("memcpy", "memset", "memmove")


def of_instances(instances: Sequence[Instance], folder: Path) -> dict[str, int]:
    """Bytes of each instance, by name."""
    sizes: dict[str, int] = {}
    for prefix, family in _FAMILIES.items():
        own = tuple(one for one in instances if _prefix(one.macro) == prefix)
        macros = tuple(sorted(path.name for path in (_KERNELS / family.folder).glob("*.S")))
        view = LayersView("test", "the tests", (), macros, own)
        text = environment().get_template("runtime/aot/layers.S.j2").render(view=view)
        source = folder / f"{family.folder}.S"
        source.write_text(text)
        if family.folder == xtensa.FOLDER:
            built = xtensa.assemble(source, folder / "xtensa")
        else:
            built = source.with_suffix(".o")
            include = f"-I{_KERNELS / family.folder}"
            _gcc(family, include, "-c", str(source), "-o", str(built))
        sizes |= _symbols(built, family.tools)
    return sizes


def of_driver(source: str, function: str, level: str, folder: Path) -> int:
    """Bytes of the C function and all it calls, but for the C library."""
    family = _FAMILIES[_prefix(function)]
    if family.folder == xtensa.FOLDER:
        return xtensa.of_driver(source, function, level, folder / f"xtensa{level}", _LIBRARY)
    elf = folder / f"{function}{level}.elf"
    folders = (_RUNTIME, _KERNELS / "portable", _KERNELS / family.folder)
    include = [f"-I{path}" for path in folders]
    stubs = [f"-Wl,--defsym={name}=0" for name in _LIBRARY]
    link = ("-nostdlib", "-Wl,--gc-sections", f"-Wl,-e,{function}", *stubs)
    flags = ["-std=c11", level, "-ffunction-sections", "-fdata-sections"]
    flags += ["-ffreestanding", "-fbuiltin", f"-isystem{_LIBC}"] * family.freestanding
    _gcc(family, *flags, *include, *link, str(_KERNELS / source), "-lgcc", "-o", str(elf))
    return sum(_symbols(elf, family.tools).values())


def _prefix(name: str) -> str:
    return next(prefix for prefix in _FAMILIES if name.startswith(prefix))


def _gcc(family: _Family, *arguments: str) -> None:
    tool.run([f"{family.tools}gcc", *family.cpu, *arguments])


def _symbols(path: Path, tools: str) -> dict[str, int]:
    listed = tool.run([f"{tools}nm", "-S", str(path)]).stdout.splitlines()
    words = [line.split() for line in listed]  # address, size, kind, name
    return {line[3]: int(line[1], 16) for line in words if len(line) == 4}
