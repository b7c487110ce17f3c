"""What a kernel implementation says about itself; the compiler chooses by it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from tinyedge.compile.plan import Domain, FieldValue, Instance
from tinyedge.compile.program import Node


@dataclass(frozen=True)
class Overlap:
    """How close output and one input may lie; d = output offset - input offset, in bytes.

    Either ``d <= -lead`` (the kernel runs forwards, and the output's write position never passes
    what is still to be read) or ``d >= lag`` (it runs backwards). Both are at least 0. No overlap
    at all is lead = output bytes, lag = input bytes; a kernel that allows both must work for
    whichever the arena plan picks.
    """

    lead: int
    lag: int


class Kernel(ABC):
    """One implementation of one family, stateless.

    ``name`` is the C function: ``void name(const name_params *, inputs.., output[, scratch])``.
    """

    name: str
    #: how int8 operands and output are kept; None: in any way, all in the same
    domain: Domain | None = Domain.PLAIN
    #: of the inner loop, by the model of compile/cycles.py
    cycles_per_instruction = 1.3
    #: files below firmware_templates/runtime/aot/kernels/ that a firmware with this kernel needs
    sources: tuple[str, ...]

    @abstractmethod
    def applies(self, node: Node) -> bool:
        """Whether it computes this node exactly (family, shapes, domains, proofs)."""

    @abstractmethod
    def cost(self, node: Node) -> int:
        """Estimated instructions on a Cortex-M; the cheapest kernel that applies is chosen."""

    @abstractmethod
    def fields(self, node: Node) -> tuple[tuple[str, FieldValue], ...]:
        """What fills its struct ``<name>_params``; weights are packed as it wants them."""

    def files(self, node: Node) -> tuple[str, ...]:  # noqa: ARG002
        """The sources that ``node`` needs."""
        return self.sources

    def drivers(self, node: Node) -> tuple[str, ...]:  # noqa: ARG002
        """The C functions that ``node`` calls."""
        return (self.name,)

    def instances(self, node: Node) -> tuple[Instance, ...]:  # noqa: ARG002
        """The assembler macros that ``node`` needs instantiated, as ``fields`` names them."""
        return ()

    def cycles(self, node: Node) -> int:
        """Estimated Cortex-M4 cycles, by the model of ``compile/cycles.py``."""
        return round(self.cost(node) * self.cycles_per_instruction)

    def scratch_bytes(self, node: Node) -> int:  # noqa: ARG002
        """Bytes of scratch, aligned to 4."""
        return 0

    def operand_in_scratch(self, node: Node) -> int | None:  # noqa: ARG002
        """How far behind the start of its scratch the first operand may begin, or further.

        The kernel then overwrites the operand as it reads it. None: they must not overlap.
        """
        return None

    def input_tail(self, node: Node) -> int:  # noqa: ARG002
        """Bytes past the end of an operand that may be read (whatever they hold)."""
        return 0

    def output_tail(self, node: Node) -> int:  # noqa: ARG002
        """Bytes past the end of the output that may be written."""
        return 0

    def align(self, node: Node) -> int:  # noqa: ARG002
        """What offsets of operands and output must be multiples of (besides 4)."""
        return 1

    def overlap(self, node: Node, operand: int) -> Overlap:
        """How the output may share bytes with ``node.inputs[operand]``: by default not at all."""
        return Overlap(lead=node.output.bytes, lag=node.inputs[operand].bytes)
