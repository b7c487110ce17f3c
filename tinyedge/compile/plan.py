"""The frozen result of compilation: steps in order, each on known bytes of one arena.

A plan is complete: numpy runs it (``compile/execute.py``), ``emit/aot.py`` prints it as C, and
neither decides anything. A back end adds kernels (``compile/kernels``) and, where it fuses, a
family of its own in place of several; a step then covers several ``ops``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.params import Params
from tinyedge.graph.types import DType, Quant


class Domain(enum.Enum):
    """How the bytes of an int8 tensor are kept in the arena. Graph inputs and outputs are PLAIN."""

    PLAIN = "plain"  # as in the graph
    OFFSET = "offset"  # uint8 = q + 128, that is, the top bit flipped


@dataclass(frozen=True, eq=False)
class Slot:
    """A tensor's place in the arena while it lives: ``bytes`` from ``offset``.

    ``tensor`` is the graph's tensor index (of the first of several that share the bytes).
    """

    tensor: int
    name: str
    shape: tuple[int, ...]
    dtype: DType
    quant: Quant | None
    offset: int
    bytes: int
    domain: Domain = Domain.PLAIN


@dataclass(frozen=True, eq=False)
class Constant:
    """Read-only data of a step. ``role`` is a C identifier, unique in its step.

    The array's dtype gives the C type (int8 -> int8_t); ``align`` is in bytes.
    """

    role: str
    data: NDArray[np.generic] = field(repr=False)
    align: int = 4

    @property
    def bytes(self) -> int:
        """Size in bytes."""
        return int(self.data.nbytes)


@dataclass(frozen=True)
class Instance:
    """An instantiation of an assembler macro: a line of the generated layers.S.

    ``macro`` defines the function ``name``, of the C function type ``ctype``; equal instances of
    several steps are one.
    """

    macro: str
    name: str
    ctype: str
    arguments: tuple[tuple[str, int], ...]


#: what a field of a kernel's parameter struct may hold; Constant and Instance by address
FieldValue: TypeAlias = "int | float | tuple[int, ...] | Constant | Instance | Call"


@dataclass(frozen=True, eq=False)
class Call:
    """A kernel with its parameters, for a kernel that calls others. ``role`` as in Constant.

    ``scratch``: whether the kernel takes scratch. The roles of its constants begin with its own.
    """

    role: str
    kernel: str
    fields: tuple[tuple[str, FieldValue], ...]
    scratch: bool


@dataclass(frozen=True)
class Scratch:
    """Bytes of the arena that one step may use as it likes."""

    offset: int
    bytes: int


@dataclass(frozen=True, eq=False)
class Step:
    """One kernel call. ``ops`` are the indexes of the graph's operators that it carries out.

    ``kernel`` is the C function, ``sources`` its files below ``runtime/aot/kernels``.

    ``inputs`` are the operands in the family's order: places in the arena, or constants. ``fields``
    fill the kernel's parameter struct, by name (``window.stride_x`` is a member of a member).
    ``in_place``: the output shares bytes with an input. ``instructions`` and ``cycles`` are
    estimates for a Cortex-M4 (cycles by the model of ``compile/cycles.py``).
    """

    index: int
    name: str
    ops: tuple[int, ...]
    params: Params
    kernel: str
    sources: tuple[str, ...]
    inputs: tuple[Slot | Constant, ...]
    output: Slot
    fields: tuple[tuple[str, FieldValue], ...]
    scratch: Scratch | None
    in_place: bool
    macs: int
    instructions: int
    cycles: int

    @property
    def constants(self) -> tuple[Constant, ...]:
        """All read-only data of the step: constant operands, then fields."""
        values = (*self.inputs, *(value for _, value in self.all_fields))
        return tuple(value for value in values if isinstance(value, Constant))

    @property
    def portable(self) -> bool:
        """Whether all of it is plain C, which any core runs, and none of it made for one."""
        return all(source.startswith(("portable/", "trainable/")) for source in self.sources)

    @property
    def constant_operands(self) -> bool:
        """Whether an operand is constant."""
        return any(isinstance(value, Constant) for value in self.inputs)

    @property
    def calls(self) -> tuple[Call, ...]:
        """The kernels that this one calls."""
        return tuple(value for _, value in self.fields if isinstance(value, Call))

    @property
    def all_fields(self) -> tuple[tuple[str, FieldValue], ...]:
        """The fields, and those of the kernels that this one calls."""
        return (*self.fields, *(field for call in self.calls for field in call.fields))

    @property
    def instances(self) -> tuple[Instance, ...]:
        """Assembler macros that the step needs instantiated."""
        return tuple(value for _, value in self.all_fields if isinstance(value, Instance))

    @property
    def constant_bytes(self) -> int:
        """Bytes of read-only data, without alignment gaps."""
        return sum(constant.bytes for constant in self.constants)


@dataclass(frozen=True, eq=False)
class Plan:
    """A compiled graph.

    ``core`` is the board's name of it; ``arena_bytes`` counts inputs, outputs and scratch.
    ``code_bytes``: estimated code of kernels, steps and the model's description.
    """

    name: str
    sha256: str
    core: str
    steps: tuple[Step, ...]
    inputs: tuple[Slot, ...]
    outputs: tuple[Slot, ...]
    arena_bytes: int
    code_bytes: int

    @property
    def constant_bytes(self) -> int:
        """Bytes of read-only data of all steps."""
        return sum(step.constant_bytes for step in self.steps)

    @property
    def instructions(self) -> int:
        """Estimated instructions per inference."""
        return sum(step.instructions for step in self.steps)

    @property
    def cycles(self) -> int:
        """Estimated Cortex-M4 cycles per inference."""
        return sum(step.cycles for step in self.steps)

    @property
    def macs(self) -> int:
        """Multiply-accumulates per inference that are really carried out."""
        return sum(step.macs for step in self.steps)
