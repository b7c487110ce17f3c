"""A profile as CSV and as pictures."""

import csv
import io
import xml.etree.ElementTree as ET

import msgspec
import pytest

from tests.support import made_up
from tinyedge.report import profile as pictures
from tinyedge.results import ArenaBlock, LayerProfile, ProfileReport


def _layer(index: int, name: str, ticks: float, macs: int) -> LayerProfile:
    return LayerProfile(
        index=index,
        name=name,
        kernel=f"te_{name.lower()}",
        input_shapes=((1, 8, 8, 1),),
        output_shape=(1, 4, 4, 8),
        macs=macs,
        ticks=ticks,
        ticks_per_mac=ticks / macs if macs else None,
        share=ticks / 1000,
        weight_bytes=72,
        arena_bytes=192,
    )


REPORT = ProfileReport(
    model="made-up",
    sha256=made_up.SHA,
    board="netduinoplus2",
    runtime="aot",
    optimize="speed",
    url="socket://127.0.0.1:1",
    runs=5,
    tick_unit="instructions",
    ticks=1010,
    layer_ticks=1000,
    macs=600,
    arena_bytes=192,
    arena=(
        ArenaBlock(name="input", offset=0, bytes=64, first_step=-1, last_step=0),
        ArenaBlock(name="0 CONV_2D", offset=64, bytes=128, first_step=0, last_step=1),
    ),
    layers=(_layer(0, "CONV_2D", 900, 600), _layer(1, "SOFTMAX", 100, 0)),
)


def test_csv_has_a_line_a_layer_and_names_the_unit() -> None:
    rows = list(csv.DictReader(io.StringIO(pictures.to_csv(REPORT))))
    assert [row["name"] for row in rows] == ["CONV_2D", "SOFTMAX"]
    assert (rows[0]["instructions"], rows[0]["ticks_per_mac"]) == ("900", "1.5")
    assert (rows[0]["output_shape"], rows[1]["ticks_per_mac"]) == ("1x4x4x8", "")


@pytest.mark.parametrize("arena", [REPORT.arena, ()], ids=["arena", "none"])
def test_svg_says_what_it_shows_and_is_the_same_each_time(arena: tuple[ArenaBlock, ...]) -> None:
    report = msgspec.structs.replace(REPORT, arena=arena)
    picture = pictures.draw(report, "svg")
    assert picture == pictures.draw(report, "svg")
    root = ET.fromstring(picture)  # noqa: S314  our own
    texts = {"".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"0 CONV_2D", "1 SOFTMAX", "instructions since the start"} & texts
    assert "made-up on netduinoplus2, aot: 1,010 instructions an inference" in texts
    assert " 90.0 %, 1.50 a MAC" in texts
    assert any("scratch" in text for text in texts) == bool(arena)


def test_png() -> None:
    assert pictures.draw(REPORT, "png").startswith(b"\x89PNG")
