"""Builds many compiled models into one program, runs it once, and reads what it says."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.fuzz.case import VECTORS, Case, Failure
from tests.support.tools import CHECKOUT
from tinyedge import board, tool
from tinyedge.compile import Optimize
from tinyedge.compile.compiler import compile_graph
from tinyedge.emit import aot
from tinyedge.errors import ToolError
from tinyedge.graph import verify

_HERE = Path(__file__).parent
_INCLUDE = CHECKOUT / "firmware_templates" / "include"
_RUNTIME = CHECKOUT / "firmware_templates" / "runtime" / "aot"
_WARN = ("-std=c11", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Werror")
_EXPORTED = ("te_aot_start", "te_aot_run", "te_aot_inputs", "te_aot_outputs", "te_model")
_TIMEOUT_S = 240.0
#: emulated boards -> the linker script of their memory, and their families of kernels
BOARDS = {
    "qemu-mps2-an386": ("mps2.ld", "armv7em"),
    "qemu-mps2-m0": ("mps2.ld", "armv6m"),
    "qemu-mps3-an547": ("mps3.ld", "mve", "armv7em"),
}


@dataclass(frozen=True)
class Target:
    """Where a program is built for and runs: ``binutils`` is the prefix of gcc."""

    core: str
    binutils: str
    families: tuple[str, ...]
    flags: tuple[str, ...]
    link: tuple[str, ...]
    main: str
    runner: tuple[str, ...]


def target(board_id: str, optimize: Optimize | None = None) -> Target:
    """Return how to build for ``host`` (under sanitizers) or one of ``BOARDS``."""
    chosen = board.load(board_id)
    if board_id == "host":
        flags = ("-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
        return Target(chosen.cpu.core, "", ("portable",), flags, flags, "host.c", ())
    script, *families = BOARDS[board_id]
    flags = ("-Os" if optimize == "size" else "-O2", *chosen.build.flags)
    link = (*flags, "-nostartfiles", "--specs=nano.specs", "-T", str(_HERE / script))
    link += ("-Wl,--allow-multiple-definition",)  # equal instances of a kernel, one a model
    emulator = ("qemu-system-arm", "-M", chosen.flash.machine, "-nographic", "-monitor", "none")
    options = ("-serial", "none", "-semihosting-config", "enable=on,target=native", "-kernel")
    used, runner = ("portable", *families), (*emulator, *options)
    return Target(chosen.cpu.core, "arm-none-eabi-", used, flags, link, "mps.c", runner)


class Batch:
    """Runs cases in ``folder``; the kernels are compiled once for all its programs."""

    def __init__(self, folder: Path, where: Target) -> None:
        self._folder = folder
        self._target = where
        folder.mkdir(parents=True, exist_ok=True)
        self._pool = ThreadPoolExecutor(2)
        self._common: list[str] = []

    def failures(self, cases: Sequence[Case]) -> list[Failure]:
        """Build and run ``cases``; those that crash or hang are told apart by leaving them out."""
        found: list[Failure] = []
        left = self._compiled(list(cases), found)
        while left:
            output = self._execute(self._link(left))
            crashed = self._read(output, left, found)
            if crashed is None:
                break
            found.append(Failure(left[crashed][0], _tail(output)))
            left = left[:crashed] + left[crashed + 1 :]
        return list({failure.case.name: failure for failure in reversed(found)}.values())

    def _compiled(self, cases: list[Case], found: list[Failure]) -> list[tuple[Case, list[str]]]:
        """Each case with its object; what fails to compile is a failure."""

        def attempt(case: Case) -> list[str] | Exception:
            try:
                return self._objects(case)
            except Exception as error:  # noqa: BLE001 - whatever it is, the seed must be named
                return error

        objects = list(self._pool.map(attempt, cases))
        done = []
        for case, result in zip(cases, objects, strict=True):
            if isinstance(result, list):
                done.append((case, result))
            else:
                found.append(Failure(case, f"{type(result).__name__}: {result}"))
        return done

    def _objects(self, case: Case) -> list[str]:
        """Objects of all that was generated for ``case``; global names end in the case's name."""
        verify.check(case.graph)
        plan = compile_graph(case.graph, self._target.core, case.options)
        folder = self._folder / case.name
        folder.mkdir(exist_ok=True)
        generated = aot.render(case.graph, plan, b"")
        for name, text in generated.items():
            if name.startswith("model/"):
                (folder / Path(name).name).write_text(text)
        names = [*_EXPORTED, *re.findall(r"extern const \w+ (\w+)\[", generated["model/weights.h"])]
        defines = [f"#define {name} {name}_{case.name}\n" for name in names]
        source = folder / "case.c"
        source.write_text("".join([*defines, '#include "weights.c"\n#include "model.c"\n']))
        sources = [source, *(folder / Path(name).name for name in generated if _is_layers(name))]
        return [self._compile(path, path.with_suffix(".o")) for path in sources]

    def _compile(self, source: Path, compiled: Path) -> str:
        flags = [*_WARN, *self._target.flags, *self._includes()]
        tool.run([f"{self._target.binutils}gcc", *flags, "-c", str(source), "-o", str(compiled)])
        return str(compiled)

    def _includes(self) -> list[str]:
        kernels = [_RUNTIME / "kernels" / family for family in self._target.families]
        folders = [_HERE, _INCLUDE, _RUNTIME, *kernels]
        return [f"-I{folder}" for folder in folders]

    def _kernels(self) -> list[str]:
        """Objects of the harness and of every kernel that can be compiled for the target."""
        if not self._common:
            families = self._target.families
            sources = [p for name in families for p in (_RUNTIME / "kernels" / name).glob("*.c")]
            sources += [_HERE / "harness.c", _HERE / self._target.main]
            objects = [self._folder / f"{path.parent.name}_{path.stem}.o" for path in sources]
            self._common = list(self._pool.map(self._compile, sources, objects))
        return self._common

    def _link(self, cases: list[tuple[Case, list[str]]]) -> Path:
        (self._folder / "cases.c").write_text(_table([case for case, _ in cases]))
        data = b"".join(
            np.asarray(array).tobytes()
            for case, _ in cases
            for vector, answers in zip(case.inputs, case.answers, strict=True)
            for array in (*vector, *answers)
        )
        (self._folder / "data.bin").write_bytes(data)
        (self._folder / "data.S").write_text(
            ".section .rodata\n.global te_fuzz_data\nte_fuzz_data:\n"
            f'.incbin "{self._folder}/data.bin"\n'
            '.section .note.GNU-stack,"",%progbits\n'
        )
        program = self._folder / "fuzz.elf"
        files = [str(self._folder / "cases.c"), str(self._folder / "data.S"), *self._kernels()]
        objects = [path for _, paths in cases for path in paths]
        link = [*self._target.link, *files, *objects, "-o", str(program)]
        tool.run([f"{self._target.binutils}gcc", *_WARN, *self._includes(), *link])
        return program

    def _execute(self, program: Path) -> str:
        try:
            done = tool.run([*self._target.runner, str(program)], timeout_s=_TIMEOUT_S, check=False)
        except ToolError as error:
            return f"{error}\n"
        return done.stdout + done.stderr

    def _read(
        self, output: str, cases: list[tuple[Case, list[str]]], found: list[Failure]
    ) -> int | None:
        """Note the differences; return the index of the case that ended the program, if one did."""
        for index, vector, number, byte, got, wanted in re.findall(
            r"^diff (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$", output, re.MULTILINE
        ):
            place = f"vector {vector}, output {number}, byte {byte}"
            text = f"{place}: {int(got):#04x}, TFLM's reference {int(wanted):#04x}"
            found.append(Failure(cases[int(index)][0], text))
        for index, vector in re.findall(r"^stray (\d+) (\d+)$", output, re.MULTILINE):
            text = f"vector {vector}: something was written beside the arena"
            found.append(Failure(cases[int(index)][0], text))
        if re.search(r"^end$", output, re.MULTILINE):
            return None
        started = re.findall(r"^case (\d+)$", output, re.MULTILINE)
        return int(started[-1]) if started else 0


def _is_layers(name: str) -> bool:
    return name.startswith("model/") and name.endswith(".S")


def clean(folder: Path) -> None:
    """Remove what earlier programs left."""
    shutil.rmtree(folder, ignore_errors=True)


def _tail(output: str) -> str:
    told = ("case ", "diff ", "stray ")
    lines = [line for line in output.splitlines() if not line.startswith(told)]
    return "the program ended early\n" + "\n".join(lines[:25])


def _table(cases: Sequence[Case]) -> str:
    declared, rows = [], []
    for case in cases:
        declared += [
            f"extern const te_model_info te_model_{case.name};",
            f"extern int8_t *const te_aot_inputs_{case.name}[];",
            f"extern const int8_t *const te_aot_outputs_{case.name}[];",
            f"void te_aot_run_{case.name}(void);",
        ]
        names = ("&te_model", "te_aot_inputs", "te_aot_outputs", "te_aot_run")
        rows.append(f"    {{{', '.join(f'{name}_{case.name}' for name in names)}}},")
    return "\n".join(
        [
            '#include "harness.h"',
            *declared,
            "const te_fuzz_case te_fuzz_cases[] = {",
            *rows,
            "};",
            f"const uint32_t te_fuzz_case_count = {len(cases)};",
            f"const uint32_t te_fuzz_vectors = {VECTORS};",
            "",
        ]
    )
