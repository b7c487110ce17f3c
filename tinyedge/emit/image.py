"""A plan as code and an image: the code's shape on one side, numbers and weights on the other.

An image is the SHA-256 of its .tflite, every number that a step's parameters hold, then the
constants. Firmware whose code was made of an equal shape runs it: the architecture hash says so.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tinyedge import __version__
from tinyedge.compile.params import Concatenation, Trainable
from tinyedge.compile.plan import Call, Constant, FieldValue, Instance, Plan, Step
from tinyedge.emit import carray
from tinyedge.emit.view import CallView, StepView
from tinyedge.errors import ModelError
from tinyedge.graph.types import Graph, Tensor
from tinyedge.learn import head as heads

NUMBERS_AT = 32
"""TE_IMAGE_NUMBERS_AT: the SHA-256 stands before them."""
ALIGN = 16
FORMAT = 1
"""Raised when the same shape would be read in another way."""


@dataclass(frozen=True, eq=False)
class Image:
    """``data``: the bytes. ``architecture``: SHA-256 of what must be equal, 32 bytes.

    ``steps``, ``inputs`` and ``outputs`` are C in which ``whole(n)`` and ``real(n)`` read number n,
    and ``image + n`` is a constant. ``head_scales``: arrays of heads.c, their elements and where
    the image has them.
    """

    data: bytes
    architecture: bytes
    steps: tuple[StepView, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    head_scales: tuple[tuple[str, int, int], ...]


def make(graph: Graph, plan: Plan) -> Image:
    """Return code and image of ``plan``. Raises ModelError for an alignment that no slot has."""
    count = sum(isinstance(step.params, Trainable) for step in plan.steps)
    layers = heads.find(graph, count).layers if count else ()
    # constants come after the numbers, so that how many there are must be known first
    numbers = _Writer(0)
    numbers.write(graph, plan, layers)
    writer = _Writer(_aligned(NUMBERS_AT + 4 * len(numbers.words), ALIGN))
    steps, inputs, outputs, scales = writer.write(graph, plan, layers)
    return Image(
        data=writer.bytes(plan.sha256),
        architecture=_architecture(plan, steps, (*inputs, *outputs), layers),
        steps=steps,
        inputs=inputs,
        outputs=outputs,
        head_scales=scales,
    )


def _aligned(at: int, to: int) -> int:
    return -(-at // to) * to


@dataclass
class _Writer:
    """Collects numbers and constants while it prints the code that reads them."""

    constants_at: int
    words: list[bytes] = field(default_factory=list)
    constants: bytearray = field(default_factory=bytearray)
    places: dict[int, int] = field(default_factory=dict)  # id of a Constant -> offset

    def write(
        self, graph: Graph, plan: Plan, layers: tuple[heads.Layer, ...]
    ) -> tuple[
        tuple[StepView, ...], tuple[str, ...], tuple[str, ...], tuple[tuple[str, int, int], ...]
    ]:
        """Steps, inputs, outputs and the scales of heads.c."""
        inputs = tuple(self._tensor(tensor) for tensor in graph.inputs)
        outputs = tuple(self._tensor(tensor) for tensor in graph.outputs)
        steps = tuple(self._step(step) for step in plan.steps)
        scales = tuple(
            (f"te_head_scales{index}", layer.outputs, self._put(layer.compiled_scales, 4))
            for index, layer in enumerate(layers)
        )
        return steps, inputs, outputs, scales

    def bytes(self, sha256: str) -> bytes:
        """The image."""
        head = bytes.fromhex(sha256) + b"".join(self.words)
        return head.ljust(self.constants_at, b"\0") + bytes(self.constants)

    def _step(self, step: Step) -> StepView:
        return StepView(
            index=step.index,
            comment=carray.comment(step.name),
            calls=tuple(
                CallView(
                    f"step{step.index}_{call.role}",
                    call.kernel,
                    self._fields(step, call.fields),
                    call.scratch,
                )
                for call in step.calls
            ),
            kernel=step.kernel,
            fields=self._fields(step, step.fields),
            output_offset=step.output.offset,
            output_bytes=step.output.bytes,
            call=f"{step.kernel}({', '.join(self._arguments(step))})",
            shared=isinstance(step.params, Trainable),
        )

    def _fields(
        self, step: Step, fields: tuple[tuple[str, FieldValue], ...]
    ) -> tuple[tuple[str, str], ...]:
        return tuple((name, self._value(step, value)) for name, value in fields)

    def _value(self, step: Step, value: FieldValue) -> str:
        if isinstance(value, Constant):
            return self._constant(value)
        if isinstance(value, Call):
            return f"step{step.index}_{value.role}"
        if isinstance(value, Instance):
            return value.name
        if isinstance(value, tuple):
            return f"{{{', '.join(self._number(item) for item in value)}}}"
        return self._number(value)

    def _arguments(self, step: Step) -> list[str]:
        inputs = [
            self._constant(operand)
            if isinstance(operand, Constant)
            else f"arena.bytes + {operand.offset}"
            for operand in step.inputs
        ]
        if isinstance(step.params, Concatenation):
            inputs = [f"(const int8_t *const[]){{{', '.join(inputs)}}}"]
        scratch = [] if step.scratch is None else [f"arena.bytes + {step.scratch.offset}"]
        return [f"&step{step.index}", *inputs, f"arena.bytes + {step.output.offset}", *scratch]

    def _tensor(self, tensor: Tensor) -> str:
        """As carray.tensor_info, but for scale and zero point."""
        quant = tensor.quant
        shape = carray.tensor_info(tensor).rsplit(", ", 2)[0]
        scale = self._number(float(quant.scale) if quant else 0.0)
        return f"{shape}, {scale}, {self._number(quant.zero_point if quant else 0)}}}"

    def _number(self, value: float) -> str:
        real = isinstance(value, float)
        self.words.append(np.array(value, "<f4" if real else "<i4").tobytes())
        return f"{'real' if real else 'whole'}({len(self.words) - 1})"

    def _constant(self, constant: Constant) -> str:
        if id(constant) not in self.places:
            self.places[id(constant)] = self._put(constant.data, constant.align)
        return f"(const void *)(image + {self.places[id(constant)]})"

    def _put(self, data: NDArray[np.generic], align: int) -> int:
        if ALIGN % align:
            raise ModelError(f"a constant is aligned to {align} bytes", "update without slots")
        self.constants += bytes(_aligned(len(self.constants), align) - len(self.constants))
        at = self.constants_at + len(self.constants)
        self.constants += data.astype(data.dtype.newbyteorder("<")).tobytes()
        return at


def _architecture(
    plan: Plan,
    steps: tuple[StepView, ...],
    tensors: tuple[str, ...],
    layers: tuple[heads.Layer, ...],
) -> bytes:
    """Of the code, less names; of a head that learns also what its compiled table holds."""
    shapes = [replace(step, comment="") for step in steps]
    instances = sorted({repr(instance) for step in plan.steps for instance in step.instances})
    trained = [
        (layer.input_scale, layer.input_zero_point, layer.output_scale, layer.low, layer.high)
        for layer in layers
    ]
    parts = (FORMAT, __version__, plan.core, plan.arena_bytes, shapes, tensors, instances, trained)
    return hashlib.sha256(repr(parts).encode()).digest()
