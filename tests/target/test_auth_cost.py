"""What docs/authentication.md says that it takes to open a request, counted on emulated boards."""

import re
from pathlib import Path

import pytest

from tests.support import fixture_firmware as fixture
from tests.support.tools import CHECKOUT, need
from tinyedge import board as boards
from tinyedge import build, flash
from tinyedge.emit import features
from tinyedge.flash import qemu
from tinyedge.link.messages import DeviceError
from tinyedge.link.protocol import Type
from tinyedge.link.session import Session

PAGE = (CHECKOUT / "docs" / "authentication.md").read_text()
BOARDS = ("netduinoplus2", "qemu-microbit")
OPEN = "if (!te_features_open(request)) return;"
COUNTED = """const uint64_t before = te_port_ticks();
  const bool opened = te_features_open(request);
  taken = (uint32_t)(te_port_ticks() - before);
  if (!opened) return;"""


def _stated(board: str) -> dict[int, int]:
    """Instructions by payload."""
    rows = re.findall(rf"^\| (?:payload, bytes|Cortex.*`{board}`\)) \| (.*) \|$", PAGE, re.M)
    sizes, counts = ([int(cell.replace(",", "")) for cell in row.split(" | ")] for row in rows)
    return dict(zip(sizes, counts, strict=True))


def _counted(board_id: str, sizes: list[int], folder: Path) -> dict[int, int]:
    """The same, of firmware that answers a request of no known type with what it took to open."""
    board = boards.load(board_id)
    need("make", board.build.toolchain, qemu.program(board))
    source = fixture.write(folder / "firmware", board, [features.AUTH])
    command = source / "app" / "command.c"
    text = command.read_text()
    for old, new in (
        (OPEN, COUNTED),
        ("static void dispatch(", "static uint32_t taken;\n\nstatic void dispatch("),
        ("TE_CODE_TYPE, request->type,", "TE_CODE_TYPE, taken,"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    command.write_text(text)
    keys = {fixture.DEVICE: fixture.KEY}.__getitem__
    found = {}
    with (
        flash.run(build.build(source, board), board, keys=keys) as device,
        Session(device.url, keys=keys) as session,
    ):
        for size in sizes:
            with pytest.raises(DeviceError) as refused:
                session.ask(Type.MONITOR, bytes(size))
            found[size] = board.instructions(refused.value.detail) or 0
    return found


@pytest.mark.parametrize("board", BOARDS)
def test_to_open_a_request_takes_what_the_page_says(board: str, tmp_path: Path) -> None:
    stated = _stated(board)
    assert len(stated) == 6
    # 1 %: the clock is read, too, and compilers differ.
    assert _counted(board, list(stated), tmp_path) == pytest.approx(stated, rel=0.01)
