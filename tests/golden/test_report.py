"""A report's data -> the page and the table, compared with committed text.

TINYEDGE_UPDATE_GOLDEN=1 writes the text anew; read the difference before committing it. Style,
script and pixels are left out: they have tests of their own, and no figures.
"""

import os
import re
from pathlib import Path

import pytest

from tests.support import made_up_report
from tinyedge import report

FOLDER = Path(__file__).parent / "report"
LEFT_OUT = (
    (r"<style>.*?</style>", "<style></style>"),
    (r"<script>.*?</script>", "<script></script>"),
    (r"sha256-[\w+/=]+", "sha256-"),
    (r"base64,[\w+/=]+", "base64,"),
)


def _figures(page: str) -> str:
    for pattern, instead in LEFT_OUT:
        page = re.sub(pattern, instead, page, flags=re.DOTALL)
    return page


@pytest.mark.parametrize("recipe", [True, False], ids=["whole", "bare"])
def test_text(recipe: bool) -> None:
    data = made_up_report.report_data(recipe=recipe)
    name = "whole" if recipe else "bare"
    found = {
        f"{name}.html.golden": _figures(report.html(data)),
        f"{name}.md.golden": report.markdown(data),
    }
    for file, text in found.items():
        golden = FOLDER / file
        if os.environ.get("TINYEDGE_UPDATE_GOLDEN"):
            golden.parent.mkdir(exist_ok=True)
            golden.write_text(text)
        assert text == golden.read_text(), f"differs from {file}"


def test_same_data_same_bytes() -> None:
    assert report.html(made_up_report.report_data()) == report.html(made_up_report.report_data())
