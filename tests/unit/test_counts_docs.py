"""The pages on kernels state what the baselines count."""

import re

import pytest

from tests.baseline import boards
from tests.support.tools import CHECKOUT

MODELS = {
    "keyword spotting": "kws",
    "anomaly detection": "ad",
    "image classification": "ic",
    "visual wake words": "vww",
    "streaming wake word": "sww",
}
WHAT = ("instructions", "arena_bytes", "flash_weights_bytes")


@pytest.mark.parametrize(
    ("page", "board", "column", "what"),
    [
        ("cortex-m0.md", "qemu-mps2-m0", 0, WHAT),
        ("cortex-m55.md", "qemu-mps3-an547", 1, WHAT[:2]),
        ("esp32.md", "qemu-xtensa", 0, WHAT[:2]),
        ("esp32.md", "qemu-riscv32", 2, WHAT[:2]),
    ],
)
def test_figures_are_those_of_the_baseline(
    page: str, board: str, column: int, what: tuple[str, ...]
) -> None:
    text = (CHECKOUT / "docs" / page).read_text()
    stated = {}
    for name, cells in re.findall(r"^\| (?:`\w+`, )?([a-z ]+) \| ([\d, |]+) \|$", text, re.M):
        numbers = [int(cell.replace(",", "")) for cell in cells.split(" | ")]
        stated[MODELS[name]] = tuple(numbers[column : column + len(what)])
    counted = {
        one.model: tuple(getattr(one, name) for name in what)
        for one in boards.committed(board)
        if not one.bundled
    }
    assert stated == counted
