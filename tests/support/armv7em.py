"""Runs ARMv7E-M kernels on an emulated Cortex-M4: many cases in one start of the emulator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import jinja2
import numpy as np
from numpy.typing import NDArray

from tinyedge import resources, tool
from tinyedge.compile.kernels.base import Kernel
from tinyedge.compile.plan import Constant, FieldValue, Instance
from tinyedge.compile.program import Node
from tinyedge.emit.render import environment
from tinyedge.emit.view import LayersView

_HERE = Path(__file__).parent.parent / "target" / "armv7em"
_CPU = ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")
_WARN = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror")
_TICKS_PER_INSTRUCTION = 1.6  # a timer of 25 MHz, one instruction in 64 ns
#: where operands, output and scratch lie in the harness's arena, unless they overlap
_SECOND, _OUTPUT, _SCRATCH = 1 << 16, 2 << 16, 3 << 16
_FIRST = 1 << 15

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Case:
    """One call of ``kernel``: operands, and the output that its numpy twin gives.

    ``distance``: output offset - offset of the first operand; None: far apart. ``inside``: where in
    the scratch the first operand begins; None: outside.
    """

    kernel: Kernel
    node: Node
    operands: tuple[Bytes, ...]
    expected: Bytes
    distance: int | None = None
    inside: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What one case did: instructions, wrong output bytes (and the first), stray writes."""

    instructions: int
    wrong: int
    first: int
    strays: int


@dataclass(frozen=True)
class _Array:
    name: str
    rows: list[str]


@dataclass(frozen=True)
class _CaseView:
    index: int
    type: str
    arrays: list[_Array]
    fields: list[tuple[str, str]]
    call: str
    regions: list[str]


@dataclass(frozen=True)
class _View:
    header: str
    cases: list[_CaseView]


def run(cases: Sequence[Case], folder: Path) -> list[Outcome]:
    """Build and run the cases in ``folder``."""
    kernels = resources.root("firmware_templates") / "runtime/aot/kernels/armv7em"
    names = sorted(
        {PurePosixPath(name).name for case in cases for name in case.kernel.files(case.node)}
    )
    (folder / "cases.c").write_text(render(cases, "armv7em.h"))
    for name in ("layers.S", "layers.h"):
        template = environment().get_template(f"runtime/aot/{name}.j2")
        (folder / name).write_text(template.render(view=layers(cases, names, "armv7em.h")))
    files = [str(kernels / name) for name in names if name.endswith(".c")]
    files += [str(folder / "cases.c"), str(folder / "layers.S"), str(_HERE / "harness.c")]
    elf = folder / "cases.elf"
    link = ["-nostartfiles", "--specs=nano.specs", "-T", str(_HERE / "harness.ld")]
    include = [f"-I{path}" for path in (kernels, _HERE, folder)]
    tool.run(["arm-none-eabi-gcc", *_CPU, *_WARN, *include, *files, *link, "-o", str(elf)])
    return _emulate(elf, len(cases))


def _emulate(elf: Path, count: int) -> list[Outcome]:
    machine = ["-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "none"]
    semihosting = ["-semihosting-config", "enable=on,target=native", "-icount", "shift=6"]
    done = tool.run(["qemu-system-arm", *machine, *semihosting, "-kernel", str(elf)], check=False)
    lines = (done.stdout + done.stderr).splitlines()
    assert lines[-1:] == ["end"], "\n".join(lines[-5:])
    results = [[int(word) for word in line.split()[1:]] for line in lines[:-1]]
    assert len(results) == count
    return [Outcome(round(r[0] / _TICKS_PER_INSTRUCTION), r[1], r[2], r[3]) for r in results]


def layers(cases: Sequence[Case], names: list[str], header: str) -> LayersView:
    """What layers.S and layers.h print for the cases, whose kernels are in the files ``names``."""
    found = {
        value.name: value
        for case in cases
        for _, value in case.kernel.fields(case.node)
        if isinstance(value, Instance)
    }
    return LayersView(
        title="test cases",
        generator="the tests",
        headers=(header,),
        macros=tuple(name for name in names if name.endswith(".S")),
        instances=tuple(found[name] for name in sorted(found)),
    )


def render(cases: Sequence[Case], header: str) -> str:
    """The cases as C; ``header`` declares their kernels."""
    views = [_view(i, case) for i, case in enumerate(cases)]
    jinja = jinja2.Environment(  # noqa: S701  C, not HTML
        undefined=jinja2.StrictUndefined, line_statement_prefix="%%", trim_blocks=True
    )
    return jinja.from_string((_HERE / "cases.c.j2").read_text()).render(view=_View(header, views))


def _rows(data: NDArray[np.generic]) -> list[str]:
    words = np.frombuffer(data.tobytes() + bytes(-data.nbytes % 4), np.uint32)
    return [", ".join(map(hex, words[i : i + 8])) + "," for i in range(0, words.size, 8)]


def _view(index: int, case: Case) -> _CaseView:
    arrays: list[_Array] = []

    def array(name: str, data: NDArray[np.generic]) -> str:
        arrays.append(_Array(name, _rows(data)))
        return f"{name}_{index}"

    def text(value: FieldValue) -> str:
        if isinstance(value, Constant):
            return array(value.role, value.data)
        if isinstance(value, Instance):
            return value.name
        return f"{{{', '.join(map(str, value))}}}" if isinstance(value, tuple) else str(value)

    def region(name: str, offset: int, data: Bytes) -> str:
        source = f"(const uint8_t *){array(name, data)}" if data.size else "0"
        return f"{{{offset}, {data.size}, {source}}}"

    first = _FIRST if case.inside is None else _SCRATCH + case.inside
    offsets = [first, _SECOND][: len(case.operands)]
    output = _OUTPUT if case.distance is None else first + case.distance
    nothing = np.zeros(0, np.uint8)
    operands = [*case.operands, nothing][:2]
    inputs = [region(f"operand{i}", (first, _SECOND)[i], x) for i, x in enumerate(operands)]
    tail = case.kernel.output_tail(case.node)
    scratch = case.kernel.scratch_bytes(case.node)
    places = [*offsets, output, *([_SCRATCH] if scratch else [])]
    return _CaseView(
        index=index,
        type=f"{case.kernel.name}_params",
        fields=[(name, text(value)) for name, value in case.kernel.fields(case.node)],
        call=f"{case.kernel.name}(&layer_{index}, {', '.join(f'arena + {at}' for at in places)})",
        regions=[
            f"{{{inputs[0]}, {inputs[1]}}},",
            f"{region('expected', output, case.expected)},",
            f"{{{{{output + case.expected.size}, {tail}, 0}}, {{{_SCRATCH}, {scratch}, 0}}}},",
        ],
        arrays=arrays,
    )
