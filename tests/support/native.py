"""Runs plans on this computer: kernel by kernel through ctypes, or as a generated program.

The kernels are compiled once, with the undefined behaviour sanitizer, which ends the process on a
finding. Programs are compiled with the address sanitizer, too. Parameter structs are read from the
C header, so that they cannot drift from it.
"""

from __future__ import annotations

import ctypes
import re
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.support.tools import need
from tinyedge import resources, workspace
from tinyedge.compile.params import Concatenation
from tinyedge.compile.plan import Constant, FieldValue, Plan, Slot, Step
from tinyedge.emit import aot
from tinyedge.graph.types import Graph

WARNINGS = ("-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror")
SANITIZED = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
GUARD = 64  # bytes before and behind the arena that no kernel may touch
_SCALARS = {
    "int8_t": ctypes.c_int8,
    "int16_t": ctypes.c_int16,
    "int32_t": ctypes.c_int32,
    "float": ctypes.c_float,
}
_PORTABLE = "runtime/aot/kernels/portable"


class Kernels:
    """The portable kernels as a library; ``run`` carries out a plan."""

    def __init__(self, library: Path, header: str) -> None:
        self._library = ctypes.CDLL(str(library))
        self._structs = _Header(header)

    def run(self, plan: Plan, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """One inference on an arena that starts out with other bytes in every byte."""
        size = plan.arena_bytes + 2 * GUARD
        memory = np.resize(np.arange(1, 252, dtype=np.uint8), size + 16)
        memory = memory[-memory.ctypes.data % 16 :][:size]
        before = memory.copy()
        arena = memory[GUARD : GUARD + plan.arena_bytes]
        for slot, array in zip(plan.inputs, inputs, strict=True):
            arena[slot.offset : slot.offset + slot.bytes] = _bytes(array)
        for step in plan.steps:
            self._call(step, arena)
        assert np.array_equal(memory[:GUARD], before[:GUARD]), "written before the arena"
        assert np.array_equal(memory[-GUARD:], before[-GUARD:]), "written behind the arena"
        return [
            arena[slot.offset : slot.offset + slot.bytes].copy().view(slot.dtype.value)
            for slot in plan.outputs
        ]

    def _call(self, step: Step, arena: NDArray[np.uint8]) -> None:
        alive: list[Any] = []

        def address(operand: Slot | Constant) -> int:
            if isinstance(operand, Slot):
                return arena.ctypes.data + operand.offset
            alive.append(np.ascontiguousarray(operand.data))
            return int(alive[-1].ctypes.data)

        parameters = self._structs.new(f"{step.kernel}_params")
        for name, value in step.fields:
            _assign(parameters, name, address(value) if isinstance(value, Constant) else value)
        inputs: list[Any] = [ctypes.c_void_p(address(operand)) for operand in step.inputs]
        if isinstance(step.params, Concatenation):
            inputs = [(ctypes.c_void_p * len(inputs))(*inputs)]
        output = ctypes.c_void_p(address(step.output))
        self._library[step.kernel](ctypes.byref(parameters), *inputs, output)


def _assign(target: Any, path: str, value: FieldValue) -> None:
    *outer, last = path.split(".")
    for name in outer:
        target = getattr(target, name)
    kind = dict(target._fields_)[last]
    setattr(target, last, kind(*value) if isinstance(value, tuple) else value)


def _bytes(array: NDArray[Any]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


class _Header:
    """Structs of a C header as ctypes classes."""

    def __init__(self, text: str) -> None:
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        self._sizes = dict(re.findall(r"#define (\w+) (\d+)", text))
        self._types: dict[str, Any] = dict(_SCALARS)
        for struct, body, old, new in re.findall(
            r"typedef (?:struct (\w+) \{(.*?)\} \w+|(\w+) (\w+));", text, flags=re.DOTALL
        ):
            if struct:
                fields = [field for line in body.split(";") for field in self._fields(line)]
                self._types[struct] = type(struct, (ctypes.Structure,), {"_fields_": fields})
            else:
                self._types[new] = self._types[old]

    def _fields(self, line: str) -> list[tuple[str, Any]]:
        match = re.fullmatch(r"\s*(?:const )?(\w+) (.*)", line, flags=re.DOTALL)
        if match is None:
            return []
        fields = []
        for declarator in match[2].split(","):
            name, size = re.fullmatch(r"\s*\*?(\w+)(?:\[(\w+)\])?\s*", declarator).groups()  # type: ignore[union-attr]
            kind = ctypes.c_void_p if "*" in declarator else self._types[match[1]]
            fields.append((name, kind * int(self._sizes[size]) if size else kind))
        return fields

    def new(self, name: str) -> Any:
        return self._types[name]()


@cache
def kernels() -> Kernels:
    """The portable kernels, compiled once a session."""
    folder = resources.root("firmware_templates") / _PORTABLE
    library = _scratch() / "kernels.so"
    sources = [str(path) for path in sorted(folder.glob("*.c"))]
    flags = (*WARNINGS, "-O1", "-shared", "-fPIC", "-fsanitize=undefined", SANITIZED[1])
    _compile([*flags, *sources, "-o", str(library)])
    return Kernels(library, (folder / "te_kernels.h").read_text())


def program(graph: Graph, plan: Plan, tflite: bytes, folder: Path, *flags: str) -> Path:
    """Generate, compile under both sanitizers and return the program of tests/host/model_main.c."""
    workspace.write_tree(folder / "source", aot.render(graph, plan, tflite))
    include = resources.root("firmware_templates") / "include"
    main = Path(__file__).parents[1] / "host" / "model_main.c"
    found = sorted((folder / "source").rglob("*.[ch]"))
    folders = sorted({str(path.parent) for path in found} | {str(include)})
    sources = [str(path) for path in found if path.suffix == ".c"]
    executable = folder / "program"
    options = [*WARNINGS, "-O1", "-g", *SANITIZED, *flags, *(f"-I{path}" for path in folders)]
    _compile([*options, *sources, str(main), "-o", str(executable)])
    return executable


def answer(executable: Path, plan: Plan, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Outputs of one inference of ``program``."""
    sent = b"".join(_bytes(array).tobytes() for array in inputs)
    done = subprocess.run([str(executable)], input=sent, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    outputs, at = [], 0
    for slot in plan.outputs:
        raw = done.stdout[at : at + slot.bytes]
        outputs.append(np.frombuffer(raw, slot.dtype.value))
        at += slot.bytes
    assert at == len(done.stdout)
    return outputs


@cache
def _scratch() -> Path:
    # kept by the object, which is kept by the cache: removed when the session ends
    directory = tempfile.TemporaryDirectory(prefix="tinyedge-native-")
    _KEPT.append(directory)
    return Path(directory.name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


def _compile(arguments: list[str]) -> None:
    need("gcc")
    done = subprocess.run(["gcc", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
