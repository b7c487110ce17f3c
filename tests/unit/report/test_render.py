"""The page is whole and safe: no network, nothing unescaped, nothing wider than the screen."""

import dataclasses
import html.parser
import re
import shutil
import subprocess
from html import escape
from pathlib import Path

import msgspec
import pytest

from tests.support import made_up
from tinyedge import report
from tinyedge.report import ReportData
from tinyedge.report.render import escape_markdown

HOSTILE = "<script>alert(1)</script>|`x`\n**y**"


def _hostile() -> ReportData:
    data = made_up.report_data(held=False)
    names = (HOSTILE, *made_up.CLASSES[1:])
    return ReportData(
        board=msgspec.structs.replace(data.board, name=HOSTILE),
        inspect=msgspec.structs.replace(data.inspect, model=HOSTILE),
        build=data.build,
        validate=msgspec.structs.replace(data.validate, class_names=names, inputs=HOSTILE),
        bench=data.bench,
        train=data.train,
        quantize=data.quantize,
        provenance=data.provenance,
    )


class _Balance(html.parser.HTMLParser):
    """Every element that is opened is closed, in order."""

    VOID = frozenset({"meta", "br", "line", "circle", "polyline"})

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
    page = report.html(made_up.report_data(held, recipe))
    parser = _Balance()
    parser.feed(page)
    assert parser.open == []
    assert not re.search(r"https?:|src=|@import|url\(|<link", page)
    assert ("Training" in page) == recipe


def test_every_headline_figure_is_on_both_pages() -> None:
    data = made_up.report_data()
    page, table = report.html(data).replace("\u00a0", " "), report.markdown(data)
    for text in ("91.50 %", "91.20 %", "13,532,032", "392 bytes", "205,312", made_up.SHA):
        assert text in page
        assert text in table


def test_without_labels_no_accuracy_is_shown() -> None:
    data = made_up.report_data(recipe=False)
    unlabelled = msgspec.structs.replace(
        data.validate, device_accuracy=None, host_accuracy=None, confusion=None
    )
    page = report.html(dataclasses.replace(data, validate=unlabelled))
    assert "Accuracy" not in page
    assert "24.7 a second" in page
    assert "Confusion" not in page


def test_the_first_mismatch_is_told() -> None:
    data = made_up.report_data(held=False)
    for text in (report.html(data), report.markdown(data)):
        assert "3 of 200 answers of the device differ" in text
        assert "byte 3 of output 0: 0x7f instead of 0x81" in text


def test_names_from_files_are_escaped() -> None:
    data = _hostile()
    assert "<script" not in report.html(data)
    lines = report.markdown(data).splitlines()
    assert not any("<script" in line.replace("\\<", "") for line in lines)
    row = next(line for line in lines if line.startswith("| accuracy, device"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 4


def test_markdown_escape_keeps_to_one_cell() -> None:
    assert escape_markdown("a|b\nc*") == "a\\|b c\\*"


def test_markdown_tables_have_equal_columns() -> None:
    blocks = report.markdown(made_up.report_data()).split("\n\n")
    tables = [block.strip().splitlines() for block in blocks if block.startswith("|")]
    assert len(tables) == 4
    for rows in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("recipe", [True, False])
def test_nothing_overflows_in_a_browser(tmp_path: Path, width: int, recipe: bool) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("chromium is not installed")
    # A frame, since a headless window cannot be narrower than 500 pixels.
    frame = escape(report.html(made_up.report_data(recipe=recipe)))
    probe = "document.title = this.contentDocument.documentElement.scrollWidth"
    page = tmp_path / "page.html"
    page.write_text(
        f'<title></title><iframe srcdoc="{frame}" style="width:{width}px;height:9000px;border:0"'
        f' onload="{probe}"></iframe>'
    )
    done = subprocess.run(
        [
            *(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            f"--user-data-dir={tmp_path / 'profile'}",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert f"<title>{width}</title>" in done.stdout
