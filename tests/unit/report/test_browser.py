"""The page as a browser shows it: no error, nothing too wide, complete without JavaScript."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.support import made_up_report
from tests.support.browser import Browser, Page
from tinyedge import report
from tinyedge.report import ReportData

SECTIONS = ["accuracy", "latency", "memory", "quantization", "link", "training", "origin"]
WIDTHS, SCHEMES = (390, 1440), ("light", "dark")


def _crowded() -> ReportData:
    """Many classes and names that do not break: what a page has to bear."""
    data = made_up_report.report_data(held=False)
    many = 35
    names = tuple(f"a_class_with_quite_a_long_name_{number}" for number in range(many))
    matrix = tuple(tuple(1234 if i == j else i * j % 7 for j in range(many)) for i in range(many))
    rename = msgspec.structs.replace
    assert data.profile is not None
    long = "CONV_2D+" * 12 + "SOFTMAX"
    layers = tuple(rename(layer, name=long, kernel="k" * 60) for layer in data.profile.layers)
    symbols = tuple(rename(symbol, symbol="_ZN" + "x" * 200) for symbol in data.size.symbols)
    return dataclasses.replace(
        data,
        inspect=rename(data.inspect, model="m" * 120),
        validate=rename(data.validate, class_names=names, confusion=matrix),
        profile=rename(data.profile, layers=layers),
        size=rename(data.size, symbols=symbols),
        target="made-up" * 30,
    )


DATA = {
    "whole": made_up_report.report_data(),
    "bare": made_up_report.report_data(recipe=False),
    "crowded": _crowded(),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as started:
        yield started


def _write(folder: Path, text: str) -> str:
    path = folder / "page.html"
    path.write_text(text)
    return path.as_uri()


def _open_details(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")


@pytest.mark.parametrize("name", DATA)
def test_no_error_and_nothing_too_wide(browser: Browser, tmp_path: Path, name: str) -> None:
    url = _write(tmp_path, report.html(DATA[name]))
    for width in WIDTHS:
        for scheme in SCHEMES:
            with browser.page(url, width=width, scheme=scheme) as page:
                _open_details(page)
                assert page.overflowing() == [], (width, scheme)
                assert page.problems() == [], (width, scheme)
                dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
                assert (dark == "rgb(245, 246, 248)") == (scheme == "light")


def test_without_javascript_all_is_there(browser: Browser, tmp_path: Path) -> None:
    url = _write(tmp_path, report.html(DATA["whole"]))
    shown = "[...document.querySelectorAll('section')].filter((s) => s.offsetHeight > 80)"
    words = "document.querySelector('main').innerText.replace(/\\s/g, '').length"
    found = []
    for scripts in (True, False):
        with browser.page(url, width=1440, scripts=scripts) as page:
            assert page.evaluate(f"{shown}.map((s) => s.id)") == SECTIONS
            assert (page.evaluate("document.querySelectorAll('button').length") > 0) == scripts
            found.append(page.evaluate(words))
    assert found[0] == found[1] > 2000


def test_a_header_sorts_its_table(browser: Browser, tmp_path: Path) -> None:
    url = _write(tmp_path, report.html(DATA["whole"]))
    column = """[...document.querySelectorAll('#latency table.sort tbody tr')]
        .map((row) => row.cells[5].textContent)"""
    press = "[...document.querySelectorAll('#latency th button')][5].click()"
    state = "document.querySelectorAll('#latency th')[5].getAttribute('aria-sort')"
    with browser.page(url, width=1440) as page:
        before = page.evaluate(column)
        ticks = sorted((int(text.replace(",", "")) for text in before), reverse=True)
        largest = [f"{count:,}" for count in ticks]
        assert before != largest
        for order, wanted in (("descending", largest), ("ascending", largest[::-1])):
            page.evaluate(press)
            assert (page.evaluate(column), page.evaluate(state)) == (wanted, order)
        assert page.problems() == []


BROKEN = {
    "wide": ("", '<p style="width:2000px">wide</p>'),
    "left": ("", '<p style="position:absolute;left:-50px">left</p>'),
    "error": ('console.error("no")', ""),
    "thrown": ('throw new Error("no")', ""),
    "request": ("", '<img src="http://127.0.0.1:9/x.png">'),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_wrong_is_seen(browser: Browser, tmp_path: Path, kind: str) -> None:
    script, body = BROKEN[kind]
    url = _write(tmp_path, f"<!doctype html><body>{body}<script>{script}</script></body>")
    with browser.page(url, width=390) as page:
        assert bool(page.overflowing()) == (kind in ("wide", "left"))
        assert bool(page.problems()) == (kind in ("error", "thrown", "request"))
