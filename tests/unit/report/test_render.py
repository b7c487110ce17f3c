"""The page is whole and safe: no network, nothing unescaped, nothing left out unsaid."""

import base64
import dataclasses
import hashlib
import html.parser
import io
import re
from pathlib import Path

import matplotlib.image
import msgspec
import numpy as np
import pytest

from tests.support import made_up, made_up_report
from tinyedge import report
from tinyedge.report import ReportData, png
from tinyedge.report.render import escape_markdown
from tinyedge.results import ImportedNetwork

HOSTILE = "<script>alert(1)</script>|`x`\n**y**"


def _hostile() -> ReportData:
    data = made_up_report.report_data(held=False)
    names = (HOSTILE, *made_up.CLASSES[1:])
    rename = msgspec.structs.replace
    assert data.profile is not None
    layer = rename(data.profile.layers[0], name=HOSTILE, kernel=HOSTILE)
    symbol = rename(data.size.symbols[0], symbol=HOSTILE, object=HOSTILE)
    return dataclasses.replace(
        data,
        board=rename(data.board, name=HOSTILE),
        inspect=rename(data.inspect, model=HOSTILE),
        size=rename(data.size, symbols=(symbol, *data.size.symbols[1:])),
        validate=rename(data.validate, class_names=names, inputs=HOSTILE),
        profile=rename(data.profile, layers=(layer, *data.profile.layers[1:])),
        target=HOSTILE,
    )


class _Balance(html.parser.HTMLParser):
    """Every element that is opened is closed, in order."""

    VOID = frozenset({"meta", "br", "img", "wbr", "line", "circle", "polyline"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize("recipe", [True, False])
@pytest.mark.parametrize("held", [True, False])
def test_the_page_is_well_formed_and_needs_no_network(held: bool, recipe: bool) -> None:
    page = report.html(made_up_report.report_data(held, recipe))
    parser = _Balance()
    parser.feed(page)
    assert parser.open == []
    assert not re.search(r"https?:|src=\"(?!data:)|@import|url\(|<link", page)
    assert ("Accuracy</b> by epoch" in page) == recipe


def test_every_headline_figure_is_on_both_pages() -> None:
    data = made_up_report.report_data()
    page, table = (
        text.replace("\u00a0", " ") for text in (report.html(data), report.markdown(data))
    )
    for text in ("91.50 %", "91.20 %", "13,532,032", "392 bytes", "225,736", made_up.SHA):
        assert text in page
        assert text in table


def test_what_is_not_known_is_one_line_with_the_command_that_fills_it() -> None:
    data = made_up_report.report_data(recipe=False)
    unlabelled = msgspec.structs.replace(
        data.validate, device_accuracy=None, host_accuracy=None, confusion=None, link=None
    )
    page = report.html(dataclasses.replace(data, validate=unlabelled))
    assert "Samples a second</span><b>24.7</b>" in page
    target = "made-up --board netduinoplus2 --runtime aot"
    assert re.findall(r'<p class="need">.*<code>(.*)</code></p>', page) == [
        f"tinyedge validate {target} --inputs samples.npz",
        f"tinyedge profile {target}",
        f"tinyedge debug {target}",
        f"tinyedge validate {target}",
        "tinyedge train RECIPE",
    ]
    labelled = report.html(data)
    assert "<code>tinyedge validate RECIPE --board netduinoplus2</code>" in labelled
    whole = report.html(made_up_report.report_data())
    assert 'class="need"' not in whole


def test_a_network_that_was_imported_says_from_what() -> None:
    data = made_up_report.report_data()
    assert data.train is not None
    origin = ImportedNetwork(
        path="net.onnx", format="ONNX", sha256="0" * 64, converter="onnx2tf 1", framework="ort 2",
        input_shape=(3, 8, 8), channels_moved=True, transposes=0, compared=16, max_error=1e-6,
        max_output=2.0, tolerance=1e-3,
    )  # fmt: skip
    train = msgspec.structs.replace(data.train, epochs=(), curves_path="", imported=origin)
    page = report.html(dataclasses.replace(data, train=train))
    assert "net.onnx (ONNX): after conversion by onnx2tf 1 its outputs are within 1e-06" in page
    assert "tinyedge train" in page


def test_tflm_shows_no_arena_of_the_other_runtime() -> None:
    data = made_up_report.report_data()
    tflm = dataclasses.replace(
        data, bench=msgspec.structs.replace(data.bench, runtime="tflm"), debug=None
    )
    page = report.html(tflm)
    assert 'class="map"' not in page
    assert "tinyedge report made-up --board netduinoplus2 --runtime aot" in page


def test_what_the_wheel_does_not_tell_another_runtime_does() -> None:
    data = made_up_report.report_data(recipe=False)
    on_host = dataclasses.replace(
        data,
        board=msgspec.structs.replace(data.board, id="host"),
        bench=msgspec.structs.replace(data.bench, runtime="tflm"),
        target="made-up --board host --runtime tflm",
    )
    page = report.html(on_host)
    for verb in ("profile made-up --board host", "debug made-up --board host --runtime aot"):
        assert f"<code>tinyedge {verb}</code>" in page


def test_the_only_script_is_the_one_the_policy_names() -> None:
    page = report.html(made_up_report.report_data())
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page


def test_pictures_are_the_pixels_sent_and_say_what_they_are() -> None:
    page = report.html(made_up_report.report_data())
    sources = re.findall(r'<img src="data:image/png;base64,([^"]+)" alt="([^"]+)"', page)
    assert [alt for _, alt in sources] == [
        "Picture of T-shirt, sample 0, wrongly answered as shirt",
        "Picture of coat, sample 1, wrongly answered as pullover",
        "Picture of trouser, sample 2, rightly answered",
        "Picture of pullover, sample 3, rightly answered",
    ]
    pixels = matplotlib.image.imread(io.BytesIO(base64.b64decode(sources[0][0])))
    assert np.array_equal(np.round(pixels * 255), np.arange(784).reshape(28, 28) % 256)


def test_pngs_of_grey_and_colour_are_read_back() -> None:
    for channels in (1, 3):
        pixels = np.arange(5 * 7 * channels, dtype=np.uint8).reshape(5, 7, channels)
        read = matplotlib.image.imread(io.BytesIO(png.encode(pixels)))
        assert np.array_equal(np.round(read.reshape(pixels.shape) * 255), pixels)


def test_every_picture_and_drawing_has_a_name_and_every_table_heads() -> None:
    page = report.html(made_up_report.report_data())
    for tag in re.findall(r'<[a-z]+ [^>]*role="img"[^>]*>', page):
        assert 'aria-label="' in tag
    assert len(re.findall(r"<img (?![^>]*alt=)", page)) == 0
    for table in re.findall(r"<table.*?</table>", page, re.DOTALL):
        assert 'scope="col"' in table
        assert 'scope="row"' in table


def _colours(css: str) -> list[dict[str, str]]:
    """The variables of the light scheme, and of the dark one."""
    light, dark = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    first = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    return [first, first | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark))]


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(scheme: int) -> None:
    """WCAG AA: 4.5 to 1 for text, 3 to 1 for the parts of a drawing."""
    css = (Path(report.__file__).parent / "templates" / "style.css").read_text()
    colours = _colours(css)[scheme]
    pairs = [(ink, ground, 4.5) for ink in ("ink", "muted", "link") for ground in ("card", "page")]
    pairs += [("good", "good-soft", 4.5), ("bad", "bad-soft", 4.5), ("good", "card", 4.5)]
    pairs += [("bad", "card", 4.5), ("card", "s0", 4.5), ("card", "s1", 4.5), ("ink", "track", 4.5)]
    pairs += [
        (f"{kind}{n}", "card", 3.0) for kind, many in (("s", 3), ("g", 8)) for n in range(many)
    ]
    for ink, ground, least in pairs:
        low, high = sorted(_luminance(colours[name]) for name in (ink, ground))
        assert (high + 0.05) / (low + 0.05) >= least, (ink, ground)


def test_the_first_mismatch_is_told() -> None:
    data = made_up_report.report_data(held=False)
    for text in (report.html(data), report.markdown(data)):
        assert "3 of 200 answers of the device differ" in text
        assert "byte 3 of output 0: 0x7f instead of 0x81" in text


def test_names_from_files_are_escaped() -> None:
    data = _hostile()
    assert report.html(data).count("<script") == 1
    lines = report.markdown(data).splitlines()
    assert not any("<script" in line.replace("\\<", "") for line in lines)
    row = next(line for line in lines if line.startswith("| accuracy, device"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 4


def test_markdown_escape_keeps_to_one_cell() -> None:
    assert escape_markdown("a|b\nc*") == "a\\|b c\\*"


def test_markdown_tables_have_equal_columns() -> None:
    blocks = report.markdown(made_up_report.report_data()).split("\n\n")
    tables = [block.strip().splitlines() for block in blocks if block.startswith("|")]
    assert len(tables) == 5
    for rows in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
