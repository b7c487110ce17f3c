"""Geometry of the drawings: inside the frame, true to scale, labels apart."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import made_up
from tinyedge.report import arena_svg
from tinyedge.report.charts import arena_map, curves, nice_ticks
from tinyedge.report.text import kilobytes, short


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_cover_the_range_evenly(low: float, span: float) -> None:
    ticks = nice_ticks(low, low + span)
    assert 2 <= len(ticks) <= 7
    steps = {round((b - a) / (ticks[1] - ticks[0]), 3) for a, b in pairwise(ticks)}
    assert steps == {1.0}
    assert ticks[0] <= low + 1e-6 * span
    assert ticks[-1] >= low + span - 1e-6 * span


def test_ticks_of_a_flat_line_are_not_all_equal() -> None:
    assert len(set(nice_ticks(0.5, 0.5))) >= 2
    assert len(set(nice_ticks(0.0, 0.0))) >= 2


@pytest.mark.parametrize(
    ("count", "text"), [(12, "12 B"), (1024, "1 KB"), (13_520, "13.2 KB"), (1 << 20, "1 MB")]
)
def test_sizes_are_short(count: int, text: str) -> None:
    assert kilobytes(count).replace("\u00a0", " ") == text


def test_headlines_have_three_digits() -> None:
    given = [short(count).replace("\u00a0", " ") for count in (12, 12_345, 13_532_032, 2e9)]
    assert given == ["12", "12.3 k", "13.5 M", "2 G"]


def test_curves_stay_in_the_frame_and_their_names_apart() -> None:
    for chart in curves(made_up.train().epochs):
        points = [point for line in chart.lines for point in line.points]
        assert all(chart.left <= point.x <= chart.right for point in points)
        assert all(chart.top <= point.y <= chart.bottom for point in points)
        assert abs(chart.lines[0].label_y - chart.lines[1].label_y) >= 13.9


def test_one_epoch_is_drawn_too() -> None:
    loss, _ = curves(made_up.train().epochs[:1])
    assert [tick.text for tick in loss.x_ticks] == ["1"]


def test_arena_blocks_are_true_to_scale() -> None:
    inspect = made_up.inspect()
    drawn = arena_map(inspect.arena, inspect.arena_bytes, 8)
    given, conv = drawn.blocks[:2]
    assert conv.height == pytest.approx(100 * 21_632 / 27_040, abs=1e-3)
    assert (given.left, given.width) == (0.0, pytest.approx(200 / 9, abs=1e-3))
    assert (conv.left, conv.width) == (
        pytest.approx(100 / 9, abs=1e-3),
        pytest.approx(200 / 9, abs=1e-3),
    )
    assert given.text.endswith("the start to step 0")
    assert {block.kind for block in drawn.blocks} == {"tensor", "scratch"}
    assert all(block.bottom + block.height <= 100.001 for block in drawn.blocks)
    assert all(block.left + block.width <= 100.001 for block in drawn.blocks)


def test_the_arena_is_a_picture_of_its_own() -> None:
    inspect = made_up.inspect()
    root = ElementTree.fromstring(arena_svg(inspect))  # noqa: S314  our own
    spaces = {"svg": "http://www.w3.org/2000/svg"}
    blocks = root.findall("svg:g", spaces)
    assert len(blocks) == len(inspect.arena)
    for block in blocks:
        (box,) = block.findall("svg:rect", spaces)
        x, y, width, height = (float(box.attrib[n]) for n in ("x", "y", "width", "height"))
        assert 0 <= x < x + width <= 1000.01
        assert y + 0.01 >= 0
        assert y + height <= 500.01
    assert "27,040 bytes" in (root.findtext("svg:title", None, spaces) or "")
