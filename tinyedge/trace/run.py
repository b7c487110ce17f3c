"""One traced inference on an emulated board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from tinyedge import flash
from tinyedge.board import Board
from tinyedge.build import Artifact, linker_map
from tinyedge.errors import ConfigError, ToolError
from tinyedge.flash import qemu
from tinyedge.link.session import Session
from tinyedge.trace import log
from tinyedge.trace.cost import Cost
from tinyedge.trace.steps import attribute

_LOG = "trace.log"
#: What a compiled model runs. Application and port are left out: their interrupts, too.
_TRACED = ("runtime", "model", "library")
#: memcpy and memset where no C library brings them: layers call them, and no interrupt does
_MEMORY = ("/port/memory.c.o",)
_THUMB = 1  # bit 0 of a function's address


@dataclass(frozen=True)
class Traced:
    """What an inference executed, by step; ``instructions`` of the whole as ``bench`` counts them.

    The whole has more than the steps' sum: the call of the runtime and the reading of the timer.
    """

    steps: tuple[Cost, ...]
    instructions: int


def require_counts(board: Board) -> None:
    """Raise ConfigError if the board is not emulated with an instruction count."""
    if board.flash.method != "qemu" or board.ticks_per_instruction is None:
        raise ConfigError(
            f"{board.id}: instructions are counted on emulated boards alone",
            "give one whose flash.method is qemu, e.g. qemu-mps2-an386",
        )


def inference(
    artifact: Artifact, board: Board, kernels: Sequence[str], inputs: Sequence[bytes]
) -> Traced:
    """Run one inference of a compiled model (``kernels``: step by step) and count.

    Raises ConfigError if the board is not emulated, ToolError if the emulator's log is not
    understood, LinkError if the device goes.
    """
    require_counts(board)
    path = artifact.out / _LOG
    code = linker_map.addresses(artifact.map, ".text", _TRACED, _MEMORY)
    try:
        with flash.run(artifact, board, options=qemu.logging(log.OPTIONS, path, code)) as device:
            ticks = _infer(device.url, board, inputs)
        with path.open(encoding="ascii", errors="replace") as lines:
            trace = log.read(lines)
    finally:
        path.unlink(missing_ok=True)
    return Traced(
        attribute(trace, functions(artifact.elf), kernels), board.instructions(ticks) or 0
    )


def _infer(url: str, board: Board, inputs: Sequence[bytes]) -> int:
    with Session(url, board.link.baud) as session:
        ticks = session.infer(inputs).ticks
        session.halt()  # so that the emulator writes its log to the end
    return ticks


def functions(elf: Path) -> dict[str, range]:
    """Addresses of the functions of an ELF by name. Raises ToolError if it is damaged."""
    try:
        with elf.open("rb") as stream:
            return {
                symbol.name: range(at, at + symbol["st_size"])
                for table in ELFFile(stream).iter_sections()
                if isinstance(table, SymbolTableSection)
                for symbol in table.iter_symbols()
                if symbol["st_info"]["type"] == "STT_FUNC"
                for at in [symbol["st_value"] & ~_THUMB]
            }
    except Exception as error:
        raise ToolError(f"{elf}: not a readable ELF: {error}", "build it again") from error
