"""Builds the harness around the firmware's application, and runs it with libFuzzer."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from tests.support import fixture_firmware as fixture
from tinyedge import board as boards
from tinyedge.emit import authenticating, board_files, features
from tinyedge.emit.mlperf import MlperfView, Protocol
from tinyedge.emit.render import render
from tinyedge.link import bits, packing, payloads
from tinyedge.link import protocol as p
from tinyedge.workspace import write_tree

HARNESS = Path(__file__).with_name("harness.c")
COMPILER = "clang-22"
Kind = Literal["tinyedge", "sealed", "mlperf"]
#: each with a parser of its own; "sealed" is tinyedge's with the feature auth
KINDS: tuple[Kind, ...] = get_args(Kind)
FIRST, SECOND = 12, 5
#: of the device, with requests of their own; those that need a model of their kind are not here
FEATURES = ("compress",)
_SANITIZE = ("-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all")
_LONGEST = 4096  # bytes of an input


@dataclass(frozen=True)
class Result:
    """What libFuzzer has said. ``crash`` is its report, empty if there was none."""

    executions: int
    edges: int
    crash: str

    def __str__(self) -> str:
        return f"{self.executions:,} inputs, {self.edges} edges: {self.crash or 'no crash'}"


def available() -> bool:
    """Whether the compiler is there, with libFuzzer."""
    if shutil.which(COMPILER) is None:
        return False
    argv = [COMPILER, "-print-file-name=libclang_rt.fuzzer-x86_64.a"]
    told = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60)
    return Path(told.stdout.strip()).is_absolute()


def build(folder: Path, kind: Kind = "tinyedge", extra: tuple[str, ...] = ()) -> Path:
    """Compile application, harness and the hand-made model; ``extra``: more flags."""
    protocol: Protocol = "mlperf" if kind == "mlperf" else "tinyedge"
    sealed = ("auth",) if kind == "sealed" else ()
    selected = features.chosen((*FEATURES, *sealed) if protocol == "tinyedge" else ())
    files: dict[str, str | bytes] = dict(
        board_files.files(boards.load("host"), protocol=protocol, selected=selected)
    )
    files = {name: text for name, text in files.items() if name.startswith(("include/", "app/"))}
    del files["app/main.c"]
    if protocol == "mlperf":
        view = MlperfView("fixture", "int8", FIRST, 1 << 20)
        files["include/te_mlperf.h"] = render("include/te_mlperf.h.j2", view)
        # What the hand-made model takes from frame.c.
        files["app/numbers.c"] = _NUMBERS
        files["app/frame.h"] = board_files.files(boards.load("host"))["app/frame.h"]
    if kind == "sealed":
        files |= authenticating.files(fixture.DEVICE, fixture.KEY)
    files |= {"harness.c": HARNESS.read_text(), "model.c": fixture.MODEL.read_text()}
    write_tree(folder, files)
    defines = (f"-DFIXTURE_FIRST={FIRST}", f"-DFIXTURE_SECOND={SECOND}", "-DFIXTURE_TAME")
    defines += ("-DTE_OBSERVE",) if protocol == "tinyedge" else ("-DRAW_ONLY",)
    defines += ("-DSEALED", "-Iauth", "-Imonocypher") if kind == "sealed" else ()
    sources = sorted(name for name in files if name.endswith(".c"))
    flags = ("-std=c11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-Iinclude", "-Iapp")
    argv = [COMPILER, *flags, *_SANITIZE, *extra, *defines, *sources, "-o", "fuzzer"]
    subprocess.run(argv, cwd=folder, check=True, timeout=300)
    return folder / "fuzzer"


_NUMBERS = """#include "frame.h"
void te_set_u32(uint8_t *to, uint32_t value) {
  for (int i = 0; i < 4; i++) to[i] = (uint8_t)(value >> 8 * i);
}
"""


def run(program: Path, corpus: Path, seconds: int, seed: int, most: int = -1) -> Result:
    """Fuzz for ``seconds`` or ``most`` inputs; what reaches more goes into ``corpus``."""
    argv = [
        str(program),
        str(corpus),
        f"-max_total_time={seconds}",
        f"-runs={most}",
        f"-seed={seed + 1}",
        f"-max_len={_LONGEST}",
        "-timeout=20",
        # a process begins with the peak of the one that forked it; ours has no heap of its own
        "-rss_limit_mb=8192",
        "-malloc_limit_mb=1024",
        "-print_final_stats=1",
    ]
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run(
        argv,
        cwd=program.parent,
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds + 600,
        check=False,
    )
    ran = re.findall(r"stat::number_of_executed_units:\s+(\d+)", done.stderr)
    edges = re.findall(r"cov: (\d+)", done.stderr)
    crash = "" if done.returncode == 0 else done.stderr[done.stderr.find("ERROR: ") :][:4000]
    return Result(int(ran[-1]) if ran else 0, int(edges[-1]) if edges else 0, crash)


def seeds(corpus: Path, kind: Kind) -> None:
    """Write a few inputs to begin with: a conversation as a host leads it, and parts of one."""
    corpus.mkdir(parents=True, exist_ok=True)
    texts = _CONVERSATION if kind == "mlperf" else ()
    found = [_record(0, 0, text.encode()) for text in texts] or _conversation()
    for number, data in enumerate([b"".join(found), *found]):
        (corpus / f"seed{number}").write_bytes(data)


_CONVERSATION = (
    "name%",
    "profile%",
    "timestamp%",
    "help%",
    f"db load {FIRST}%",
    "db " + "7f" * FIRST + "%",
    "db print 4 2%",
    "infer 2 1%",
    "results%",
    "x" * 90 + "%",
)


def _conversation() -> list[bytes]:
    """The harness's records (see there) of every request."""
    data = bytes(range(FIRST + SECOND))
    return [
        _record(4, p.Type.HELLO),
        _record(2, 1, data),
        _record(4, p.Type.READ, payloads.READ.pack(1, 3, 5)),
        _record(4, p.Type.PROFILE, payloads.PROFILE.pack(1, 0)),
        _record(4, p.Type.WATCH, payloads.WATCH.pack(1)),
        _record(4, p.Type.WRITE, payloads.WRITE.pack(2, 0) + data[:7]),
        _record(4, p.Type.WRITE, payloads.WRITE.pack(2, 7) + data[7:]),
        _record(4, p.Type.INVOKE, payloads.INVOKE.pack(2, len(data), 0)),
        _record(
            4, p.Type.PACKED, payloads.PACKED.pack(3, 0, FIRST, p.Codec.LZ4, 0) + _packed(data)
        ),
        _record(
            4, p.Type.PACKED, payloads.PACKED.pack(3, FIRST, SECOND, p.Codec.DELTA, 1) + b"\x83\1"
        ),
        _record(4, p.Type.CLASSIFY, payloads.INVOKE.pack(3, len(data), 0)),
        _record(4, p.Type.PACKED, payloads.PACKED.pack(4, 0, FIRST, p.Codec.BITS, 1) + _bits(data)),
        _record(4, p.Type.STATUS),
        _record(1, 9),
        _record(0, 0, b"\0\x05noise\0\xff"),
        _record(4, p.Type.HALT),
    ]


def _packed(data: bytes) -> bytes:
    return packing.pack_lz4(data[:FIRST], 0, len(data))[0]


def _bits(data: bytes) -> bytes:
    return bits.pack(data[:FIRST], 1, 1, len(data))[0]


def _record(how: int, about: int, payload: bytes = b"") -> bytes:
    """``payload`` filled up to a length that the record can name."""
    count = -(-len(payload) // 3)
    return bytes([how, count, about]) + payload.ljust(3 * count, b"\0")
