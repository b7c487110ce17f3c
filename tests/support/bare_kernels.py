"""Runs a core's kernels on its emulated board: many cases in one start of the emulator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from tests.support import armv7em
from tests.support.armv7em import Case, Outcome
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import build, resources, tool, workspace
from tinyedge.board import Board
from tinyedge.emit import board_files
from tinyedge.emit.render import environment
from tinyedge.flash import qemu

_TESTS = Path(__file__).parent.parent / "target"


def run(board_id: str, family: str, cases: Sequence[Case], folder: Path) -> list[Outcome]:
    """Build the cases with ``family``'s kernels for the board, in ``folder``, and run them."""
    board = boards.load(board_id)
    need("make", board.build.toolchain, qemu.program(board))
    sources = sorted({name for case in cases for name in case.kernel.files(case.node)})
    kernels = resources.root("firmware_templates") / "runtime/aot/kernels"
    files: dict[str, str | bytes] = {
        path: text for path, text in board_files.files(board).items() if not path.startswith("app/")
    }
    headers = [f"{family}/{path.name}" for path in (kernels / family).glob("*.h")]
    files |= {f"runtime/{name}": (kernels / name).read_text() for name in (*sources, *headers)}
    names = [PurePosixPath(name).name for name in sources]
    files["model/cases.c"] = armv7em.render(cases, f"{family}.h")
    layers = armv7em.layers(cases, names, f"{family}.h")
    for name in ("layers.S", "layers.h") if layers.instances else ("layers.h",):
        template = environment().get_template(f"runtime/aot/{name}.j2")
        files[f"model/{name}"] = template.render(view=layers)
    files["model/harness.h"] = (_TESTS / "armv7em" / "harness.h").read_text()
    files["model/main.c"] = (_TESTS / "bare" / "main.c").read_text()
    files["Makefile"] = board_files.makefile(board, files)
    workspace.write_tree(folder / "firmware", files)
    return _emulate(board, build.build(folder / "firmware", board).elf, len(cases))


def _emulate(board: Board, elf: Path, count: int) -> list[Outcome]:
    argv = qemu.argv(elf, board, 0)
    at = argv.index("-chardev")
    done = tool.run([*argv[:at], "-serial", "stdio", *argv[at + 4 :]], check=False)
    lines = done.stdout.splitlines()
    assert lines[-1:] == ["end"], "\n".join(lines[-5:]) + done.stderr
    results = [[int(word) for word in line.split()] for line in lines[:-1]]
    assert len(results) == count
    return [Outcome(*result) for result in results]
