"""Measures code with the cross compiler: assembler instances, and C drivers with what they call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tinyedge import resources, tool
from tinyedge.compile.plan import Instance
from tinyedge.emit.render import environment
from tinyedge.emit.view import LayersView

#: prefix of a family's names -> its folder, and its core
_FAMILIES = {
    "te_v6m": ("armv6m", ("-mcpu=cortex-m0", "-mthumb")),
    "te_mve": ("mve", ("-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard")),
    "te": ("armv7em", ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")),
}
_RUNTIME = resources.root("firmware_templates") / "runtime/aot"
_KERNELS = _RUNTIME / "kernels"
#: of the C library, which a firmware has in any case
_LIBRARY = ("memcpy", "memset", "memmove")


def of_instances(instances: Sequence[Instance], folder: Path) -> dict[str, int]:
    """Bytes of each instance, by name."""
    sizes: dict[str, int] = {}
    for prefix, (family, cpu) in _FAMILIES.items():
        own = tuple(one for one in instances if _prefix(one.macro) == prefix)
        macros = tuple(sorted(path.name for path in (_KERNELS / family).glob("*.S")))
        view = LayersView("test", "the tests", (), macros, own)
        source = folder / f"{family}.S"
        source.write_text(environment().get_template("runtime/aot/layers.S.j2").render(view=view))
        built = source.with_suffix(".o")
        _gcc(*cpu, f"-I{_KERNELS / family}", "-c", str(source), "-o", str(built))
        sizes |= _symbols(built)
    return sizes


def of_driver(source: str, function: str, level: str, folder: Path) -> int:
    """Bytes of the C function and all it calls, but for the C library."""
    elf = folder / f"{function}{level}.elf"
    family, cpu = _FAMILIES[_prefix(function)]
    include = [f"-I{path}" for path in (_RUNTIME, _KERNELS / "portable", _KERNELS / family)]
    stubs = [f"-Wl,--defsym={name}=0" for name in _LIBRARY]
    link = ("-nostdlib", "-Wl,--gc-sections", f"-Wl,-e,{function}", *stubs)
    flags = ("-std=c11", level, "-ffunction-sections", "-fdata-sections")
    _gcc(*cpu, *flags, *include, *link, str(_KERNELS / source), "-lgcc", "-o", str(elf))
    return sum(_symbols(elf).values())


def _prefix(name: str) -> str:
    return next(prefix for prefix in _FAMILIES if name.startswith(prefix))


def _gcc(*arguments: str) -> None:
    tool.run(["arm-none-eabi-gcc", *arguments])


def _symbols(path: Path) -> dict[str, int]:
    listed = tool.run(["arm-none-eabi-nm", "-S", str(path)]).stdout.splitlines()
    words = [line.split() for line in listed]  # address, size, kind, name
    return {line[3]: int(line[1], 16) for line in words if len(line) == 4}
