"""TensorFlow Lite Micro's reference kernels on the host: what every runtime must answer.

The official ``tflite-micro`` wheel runs the model. Its interpreter is C++ that trusts its
input and ends the process where it should not, so a file reaches it only after it was read and
its shapes and parameters were verified.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinyedge import tool
from tinyedge.errors import ModelError
from tinyedge.graph import container, read_tflite, verify
from tinyedge.graph.types import Array

_LACKS = re.compile(r"Didn't find op for builtin opcode '(\w+)'|registration from op code (\w+)")
_ARENA_STEP = 16
_ARENA = re.compile(r"Arena allocation (total|head|tail) (\d+) bytes")
_STRUCTS = re.compile(r"'([^']+)' used \d+ bytes .* for (\d+) ")


@dataclass(frozen=True)
class ArenaUse:
    """What the recording allocator says of one model, in bytes of this 64-bit host.

    ``head`` holds activations and scratch, ``tail`` what lives as long as the interpreter, with
    the counted structures in it. ``smallest`` is the smallest arena in which the model could be
    prepared: planning needs memory that it gives back, so that it can exceed ``total``.
    """

    total: int
    head: int
    tail: int
    eval_tensors: int
    tensors: int
    nodes: int
    smallest: int


class Oracle:
    """One model, ready to run. Raises ModelError where TensorFlow Lite Micro refuses it."""

    def __init__(self, tflite: bytes, name: str = "model") -> None:
        """Load ``tflite``; ``name`` is what errors call it."""
        self._bytes = bytes(tflite)
        self._name = name
        self._graph = read_tflite.read(self._bytes, name, allow_unsupported=True)
        verify.check(self._graph, allow_unsupported=True)
        self._plain = self._load("kAllocationRecording")
        self._keeping: Any = None
        self._last: list[Array] = []

    def run(self, inputs: Sequence[Array]) -> list[Array]:
        """Run one inference. ``inputs`` in the model's order, any shape of the right size.

        Returns one array for each output, in the model's shape and element type.
        """
        self._last = list(map(np.ascontiguousarray, self._graph.shaped(inputs)))
        return self._infer(self._plain, self._last)

    def tensors(self) -> dict[int, Array]:
        """Return every computed tensor of the last inference by its index in the file.

        Runs it a second time, in an arena that reuses no memory.
        """
        if not self._last:
            raise ModelError(f"{self._name}: no inference has run", "call run first")
        if self._keeping is None:
            self._keeping = self._load("kPreserveAllTensors")
        self._infer(self._keeping, self._last)
        written = {tensor.index for tensor in self._graph.inputs}
        written |= {tensor.index for op in self._graph.ops for tensor in op.outputs}
        return {i: self._keeping.GetTensor(i, 0)["tensor_data"] for i in sorted(written)}

    @property
    def arena_used(self) -> int:
        """Bytes of arena on this 64-bit host; a 32-bit device needs about 1.5 KB less."""
        return self._allocations()["total"]

    def arena_use(self) -> ArenaUse:
        """Measure the arena: what is recorded, and by bisection what preparing takes."""
        found = self._allocations()
        return ArenaUse(
            total=found["total"],
            head=found["head"],
            tail=found["tail"],
            eval_tensors=found["TfLiteEvalTensor data"],
            tensors=found["Persistent TfLiteTensor data"],
            nodes=found["NodeAndRegistration struct"],
            smallest=self._smallest_arena(found["total"]),
        )

    def _allocations(self) -> dict[str, int]:
        with _captured_stderr() as text:
            self._plain.print_allocations()
            log = text()
        found = {name: int(value) for name, value in _ARENA.findall(log)}
        found.update((name, int(count)) for name, count in _STRUCTS.findall(log))
        if not {"total", "head", "tail", "NodeAndRegistration struct"} <= found.keys():
            raise ModelError(
                f"{self._name}: TensorFlow Lite Micro reported no allocations",
                'install the wheel tflite-micro that is pinned: "make setup"',
            )
        return found

    def _smallest_arena(self, total: int) -> int:
        low = (total - 1) // _ARENA_STEP * _ARENA_STEP
        with tempfile.NamedTemporaryFile(suffix=".tflite") as file:
            file.write(self._bytes)
            file.flush()
            bounds = [str(bound) for bound in (low, self._arena_size(), _ARENA_STEP)]
            argv = [sys.executable, "-m", "tinyedge.oracle.arena_probe", file.name, *bounds]
            return int(tool.run(argv, hint="free memory, then run it again").stdout)

    def _infer(self, interpreter: Any, inputs: list[Array]) -> list[Array]:
        for position, array in enumerate(inputs):
            interpreter.set_input(array, position)
        with _captured_stderr() as text:
            try:
                interpreter.invoke()
            except RuntimeError as error:
                raise self._refusal("failed to run it", text()) from error
        return [interpreter.get_output(i) for i in range(len(self._graph.outputs))]

    def _load(self, config: str) -> Any:
        # The wheel takes half a second to import.
        from tflite_micro.python.tflite_micro import runtime  # noqa: PLC0415

        with container.damage(self._name), _captured_stderr() as text:
            try:
                return runtime.Interpreter.from_bytes(
                    self._bytes,
                    arena_size=self._arena_size(),
                    intrepreter_config=runtime.InterpreterConfig[config],
                )
            except RuntimeError as error:
                raise self._refusal("refuses it", text()) from error

    def _arena_size(self) -> int:
        """Return enough for all tensors side by side and the interpreter's own structures.

        A multiple of the interpreter's alignment, so that measuring gives the same each time.
        """
        tensors = sum(tensor.bytes + 64 for tensor in self._graph.tensors)
        structures = 4096 * (len(self._graph.ops) + len(self._graph.tensors) + 16)
        return (2 * tensors + structures + 10 * len(self._bytes)) // _ARENA_STEP * _ARENA_STEP

    def _refusal(self, what: str, log: str) -> ModelError:
        log = log.strip()
        lacks = _LACKS.search(log)
        if lacks is None:
            detail = f": {log.splitlines()[0]}" if log else ""
            return ModelError(
                f"{self._name}: TensorFlow Lite Micro {what}{detail}",
                "change that layer, or convert the model again, fully int8 and with fixed shapes",
            )
        kind = lacks.group(1) or lacks.group(2)
        index = next((op.index for op in self._graph.ops if op.kind == kind), None)
        where = f"operator {index} {kind}" if index is not None else kind
        return ModelError(
            f"{self._name}: TensorFlow Lite Micro lacks {where}",
            "replace the operator in the model",
        )


@contextmanager
def _captured_stderr() -> Iterator[Callable[[], str]]:
    """Redirect file descriptor 2, where the C++ interpreter logs.

    Yields a function that returns the log so far; call it inside the context.
    """
    with tempfile.TemporaryFile() as log:
        saved = os.dup(2)
        os.dup2(log.fileno(), 2)

        def text() -> str:
            log.seek(0)
            return log.read().decode("utf-8", "replace")

        try:
            yield text
        finally:
            os.dup2(saved, 2)
            os.close(saved)
