"""The part of a firmware folder that does not depend on the model: headers, app, port, Makefile."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinyedge import __version__, resources
from tinyedge.board import Board, port
from tinyedge.compile.options import Optimize
from tinyedge.emit import features, flash_areas
from tinyedge.emit.features import Feature
from tinyedge.emit.mlperf import APP, Protocol
from tinyedge.emit.render import render
from tinyedge.link import locked, payloads, protocol
from tinyedge.link.layout import Layout

# One line of make's $(error), so without commas, parentheses or hashes.
_TFLM_MISSING = (
    "TFLM_DIR names no tree in which TensorFlow Lite Micro has been built for {arch}. "
    "In a clone of its repository run: make -f tensorflow/lite/micro/tools/make/Makefile "
    "TARGET=cortex_m_generic TARGET_ARCH={arch} TARGET_TOOLCHAIN_ROOT=/usr/bin/ "
    "BUILD_TYPE=release_with_logs OPTIMIZED_KERNEL_DIR=cmsis_nn microlite. "
    "Then set TFLM_DIR to that clone"
)
_LEVELS: dict[Optimize, str] = {"speed": "-O2", "size": "-Os"}
#: makes GCC's code smaller still; clang does not know it
_GCC_SIZE = " -fno-move-loop-invariants"
WATCHDOG_S = 8
"""After which a real board restarts firmware that hangs. The RP2040's watchdog counts to 8.4 s."""
_WITHOUT_WATCHDOG = ("qemu", "host")
_COMPILED = (".c", ".S", ".cc")
#: what LLVM calls the cores that it compiles for
_LLVM_CPUS = {"xtensa-lx6": "esp32", "xtensa-lx7": "esp32", "xtensa": "esp32"}


@dataclass(frozen=True)
class ProtocolView:
    """What te_protocol.h.j2 prints."""

    version: int
    max_payload: int
    max_answer: int
    window: int
    answer: int
    crc_bytes: int
    max_tensors: int
    ticks_bytes: int
    types: tuple[tuple[str, int], ...]
    codes: tuple[tuple[str, int], ...]
    monitor_bins: int
    monitor_classes: int
    resets: tuple[tuple[str, int], ...]
    package_magic: str
    package_format: int
    slot_head: int
    package_downgrade: int
    decisions: tuple[tuple[str, int], ...]
    parts: tuple[tuple[str, int], ...]
    features: tuple[tuple[str, int], ...]
    codecs: tuple[tuple[str, int], ...]
    codecs_at: int
    most_stride: int
    part_bytes: int
    part_ways: str
    doubts: tuple[tuple[str, int], ...]
    locked_allows: tuple[str, ...]
    layouts: tuple[Layout, ...]


@dataclass(frozen=True)
class BoardView:
    """What te_board.h.j2 and link.ld.j2 print."""

    firmware: str
    id: str
    clock_hz: int
    baud: int
    tick_source: str
    tick_measures: str
    tick_hz: int
    emulated: int
    flash_origin: int
    flash_bytes: int
    data_window: int
    ram_origin: int
    ram_bytes: int
    code_origin: int
    code_bytes: int
    stack_bytes: int
    counts_resets: int
    tells_registers: int
    peripherals: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class MakefileView:
    """What Makefile.j2 prints: compiler, flags and what is compiled."""

    cc: str
    cxx: str
    flags: tuple[str, ...]
    optimize: str
    sources: tuple[str, ...]
    includes: tuple[str, ...]
    link_script: str
    c_library: bool
    llvm_cpu: str
    tflm_arch: str
    tflm_missing: str
    watchdog_s: int


def files(
    board: Board,
    optimize: Optimize = "speed",
    protocol: Protocol = "tinyedge",
    selected: Sequence[Feature] = (),
) -> dict[str, str]:
    """Relative path -> text of headers, app, port and linker script of ``board``.

    ``selected``: the application's optional features.

    For size, bare metal gets memory functions of its own: the C library's are several times larger.
    """
    found = _copies("include") | _copies("app")
    absent = features.left_out(selected) | (frozenset().union(*APP.values()) - APP[protocol])
    found = {path: text for path, text in found.items() if path not in absent}
    found |= {
        "include/te_protocol.h": protocol_header(),
        "include/te_board.h": board_header(board, selected),
        "app/te_features.h": features.header(selected),
    }
    for folder in port.folders(board.port, board.timer.source):
        found |= _copies(folder, into="port")
        if (resources.root("firmware_templates") / folder / "link.ld.j2").is_file():
            found["link.ld"] = render(f"{folder}/link.ld.j2", board_view(board))
    if features.MARK not in selected and protocol != "mlperf-energy":
        found.pop("port/mark.c", None)
    if features.MONITOR not in selected:
        found.pop("port/kept.c", None)
        found.pop("port/reset.c", None)
    if features.AUTH not in selected:
        found.pop("port/entropy.c", None)
    if features.UPDATE not in selected:
        found.pop("port/flash.c", None)
    else:
        if not flash_areas.lasting(board):
            found.pop("port/flash.c", None)
        found = _copies("update") | _copies("port/flash_ram", into="port") | found
    if optimize == "size" and "link.ld" in found:
        found["port/memory.c"] = _copies("port/freestanding", into="port")["port/memory.c"]
    return found


def _named(members: type[enum.IntEnum]) -> tuple[tuple[str, int], ...]:
    return tuple((member.name, member.value) for member in members)


def protocol_header() -> str:
    """te_protocol.h."""
    view = ProtocolView(
        version=protocol.PROTOCOL_VERSION,
        max_payload=protocol.MAX_PAYLOAD,
        max_answer=protocol.MAX_ANSWER,
        window=protocol.WINDOW,
        answer=protocol.ANSWER,
        crc_bytes=payloads.CRC_BYTES,
        max_tensors=protocol.MAX_TENSORS,
        ticks_bytes=payloads.TICKS_BYTES,
        types=_named(protocol.Type),
        codes=_named(protocol.Code),
        monitor_bins=payloads.MONITOR_BINS,
        monitor_classes=payloads.MONITOR_CLASSES,
        resets=_named(protocol.Reset),
        package_magic=payloads.PACKAGE_MAGIC.decode(),
        package_format=payloads.PACKAGE_FORMAT,
        slot_head=payloads.SLOT_HEAD,
        package_downgrade=payloads.PACKAGE_DOWNGRADE,
        decisions=_named(protocol.Decision),
        parts=_named(protocol.Part),
        features=features.bits(),
        codecs_at=protocol.CODECS_AT,
        most_stride=protocol.MOST_STRIDE,
        part_bytes=protocol.PART_BYTES,
        part_ways=", ".join(
            f"{{TE_CODEC_{codec.name}, {stride}, 0, 0}}" for codec, stride in protocol.PART_WAYS
        ),
        codecs=tuple((codec.name, codec.value) for codec in protocol.Codec),
        doubts=_named(protocol.Doubt),
        locked_allows=tuple(kind.name for kind in locked.allowed()),
        layouts=payloads.LAYOUTS,
    )
    return render("include/te_protocol.h.j2", view)


def board_view(board: Board, selected: Sequence[Feature] = ()) -> BoardView:
    """The board as templates see it; sizes in bytes."""
    code = board.memory.code or board.memory.flash
    return BoardView(
        firmware=__version__,
        id=board.id,
        clock_hz=board.cpu.clock_hz,
        baud=board.link.baud,
        tick_source=board.timer.source,
        tick_measures=board.timer.measures,
        tick_hz=board.timer.hz,
        emulated=int(board.flash.method == "qemu"),
        flash_origin=board.memory.flash.origin,
        flash_bytes=board.memory.flash.bytes,
        data_window=board.windows[1] if len(board.windows) > 1 else 0,
        ram_origin=board.memory.ram.origin,
        ram_bytes=board.memory.ram.bytes,
        code_origin=code.origin,
        code_bytes=code.bytes,
        stack_bytes=board.memory.stack_bytes,
        counts_resets=int(features.MONITOR in selected),
        tells_registers=int(features.AUTH not in selected and features.LOCKED not in selected),
        peripherals=tuple((k.upper(), _number(v)) for k, v in board.peripherals.items()),
    )


def _number(value: int) -> str:
    """As C: what is an address reads as one."""
    return f"{value:#010x}u" if value > 0xFFFF else f"{value}u"


def board_header(board: Board, selected: Sequence[Feature] = ()) -> str:
    """te_board.h."""
    return render("include/te_board.h.j2", board_view(board, selected))


def has_floats(board: Board) -> bool:
    """Whether the compiler brings functions for floating point: clang alone does not."""
    return board.port == "esp-idf" or board.cpu.core not in _LLVM_CPUS


def makefile(
    board: Board, paths: Iterable[str], tflm_arch: str = "", optimize: Optimize = "speed"
) -> str:
    """The Makefile of a firmware folder that holds ``paths``.

    ``tflm_arch``: TARGET_ARCH of the TFLM library to link; empty: none.
    """
    every = sorted(paths)
    sources = tuple(path for path in every if path.endswith(_COMPILED))
    headers = [path for path in every if path.endswith((".h", ".inc"))]
    includes = tuple(sorted({Path(path).parent.as_posix() for path in headers}))
    compiler = board.build.toolchain
    llvm = _LLVM_CPUS.get(board.cpu.core, "")
    view = MakefileView(
        cc=compiler,
        cxx=compiler.removesuffix("gcc") + "g++",
        flags=board.build.flags,
        optimize=_LEVELS[optimize] + (_GCC_SIZE if optimize == "size" and not llvm else ""),
        sources=sources,
        includes=includes,
        link_script="link.ld" if "link.ld" in every else "",
        c_library="freestanding" not in port.load(board.port).shares,
        llvm_cpu=llvm,
        tflm_arch=tflm_arch,
        tflm_missing=_TFLM_MISSING.format(arch=tflm_arch),
        watchdog_s=0 if board.flash.method in _WITHOUT_WATCHDOG else WATCHDOG_S,
    )
    name = "Makefile.xtensa.j2" if view.llvm_cpu else "Makefile.j2"
    return render(f"build/{name}", view)


def _copies(folder: str, into: str = "") -> dict[str, str]:
    """Files of a template folder that are no templates, under ``into`` (default: ``folder``)."""
    root = resources.root("firmware_templates") / folder
    return {
        f"{into or folder}/{path.relative_to(root).as_posix()}": path.read_text()
        for path in sorted(root.rglob("*"))
        if path.suffix in (".c", ".h", ".S", ".cc", ".inc")
    }
