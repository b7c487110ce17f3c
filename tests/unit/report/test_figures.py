"""Figures of classes, areas of the treemap, bars of layers: right, and nothing left out."""

import dataclasses
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import made_up, made_up_report, made_up_sizes
from tinyedge.report import classes, layers, memory
from tinyedge.report.treemap import Box, squarify
from tinyedge.results import LayerNoise


def _figures(*matrix: tuple[int, ...]) -> list[tuple[str, ...]]:
    result = msgspec.structs.replace(
        made_up.validate(), confusion=matrix, class_names=tuple("abcdefg"[: len(matrix)])
    )
    return [(*(text for text, _ in row.figures), row.support) for row in classes.figures(result)]


def test_precision_recall_f1_and_support() -> None:
    assert _figures((8, 2), (1, 9)) == [
        ("88.9", "80.0", "84.2", "10"),
        ("81.8", "90.0", "85.7", "10"),
        ("85.4", "85.0", "85.0", "20"),
    ]


def test_a_class_that_was_neither_asked_nor_answered_has_no_figures() -> None:
    rows = _figures((5, 0, 0), (0, 0, 5), (0, 0, 0))
    assert rows[0] == ("100.0", "100.0", "100.0", "5")
    assert rows[1] == ("–", "0.0", "0.0", "5")  # noqa: RUF001  never answered
    assert rows[2] == ("0.0", "–", "0.0", "0")  # noqa: RUF001  never asked


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=40), st.floats(0.2, 5))
def test_areas_are_the_sizes_and_do_not_overlap(sizes: list[int], aspect: float) -> None:
    frame = Box(3, 5, 100 * aspect, 100)
    boxes = squarify(sizes, frame)
    whole = frame.width * frame.height
    for size, box in zip(sizes, boxes, strict=True):
        assert box.width * box.height == pytest.approx(whole * size / sum(sizes), rel=1e-6)
        assert box.x >= frame.x - 1e-6
        assert box.y >= frame.y - 1e-6
        assert box.x + box.width <= frame.x + frame.width + 1e-6
        assert box.y + box.height <= frame.y + frame.height + 1e-6
    for index, one in enumerate(boxes):
        for two in boxes[index + 1 :]:
            wide = min(one.x + one.width, two.x + two.width) - max(one.x, two.x)
            high = min(one.y + one.height, two.y + two.height) - max(one.y, two.y)
            assert min(wide, high) <= 1e-6


def test_equal_sizes_are_nearly_square() -> None:
    for box in squarify([1] * 12, Box(0, 0, 400, 300)):
        assert math.isclose(box.width, box.height, rel_tol=0.01)


def test_the_treemap_is_all_of_the_flash() -> None:
    size = made_up_sizes.size()
    drawn = memory.treemap(size)
    for leaves in (drawn.wide, drawn.narrow):
        assert sum(leaf.width * leaf.height for leaf in leaves) == pytest.approx(1e4, rel=1e-3)
    area = {leaf.text: leaf.width * leaf.height / 1e4 for leaf in drawn.wide}
    heavy = "layers: weights and tables: 5 FULLY_CONNECTED, 205,312 bytes"
    assert area[heavy] == pytest.approx(205_312 / size.flash_total_bytes, rel=1e-3)


def test_noise_is_the_data_sets_where_that_is_known() -> None:
    data = made_up_report.report_data()
    shown = layers.noise(data)
    assert [row.decibels.replace("\u00a0", " ") for row in shown][3:6] == [
        "36.0 dB",
        "–",  # noqa: RUF001  no noise
        "30.0 dB",
    ]
    assert [row.low for row in shown] == [False] * 6 + [True] * 2
    assert "All 8 layers have written TFLM's bytes" in layers.noise_text(data)
    worst_first = (
        LayerNoise(index=2, op="B", tensor="b", snr_db=20.0, gain_db=-20.0, advice="do this"),
        LayerNoise(index=0, op="A", tensor="a", snr_db=40.0, gain_db=0.0, advice=""),
    )
    assert data.quantize is not None
    known = msgspec.structs.replace(data.quantize, layers=worst_first)
    rows = layers.noise(dataclasses.replace(data, quantize=known))
    assert [(r.index, r.low, r.bar) for r in rows] == [("0", False, 100.0), ("2", True, 50.0)]
    assert rows[1].note.endswith("do this")
