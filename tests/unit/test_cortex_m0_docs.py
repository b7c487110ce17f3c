"""docs/cortex-m0.md states what the baseline counts."""

import re

from tests.baseline import boards
from tests.support.tools import CHECKOUT

PAGE = (CHECKOUT / "docs" / "cortex-m0.md").read_text()


def test_figures_are_those_of_the_baseline() -> None:
    rows = re.findall(r"^\| `(\w+)`, [^|]+\| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", PAGE, re.M)
    stated = {row[0]: tuple(int(text.replace(",", "")) for text in row[1:]) for row in rows}
    counted = {
        one.model: (one.instructions, one.arena_bytes, one.flash_weights_bytes)
        for one in boards.committed("qemu-mps2-m0")
        if not one.bundled
    }
    assert stated == counted
