"""docs/json.md is what the results are."""

from tests.support.tools import CHECKOUT
from tinyedge.results import VERBS
from tinyedge.results.docs import markdown


def test_the_page_is_up_to_date() -> None:
    page = (CHECKOUT / "docs" / "json.md").read_text()
    assert page == markdown(), "run: python -m tinyedge.results.docs docs/json.md"


def test_every_verb_and_every_part_has_a_section() -> None:
    page = markdown()
    for verb in VERBS:
        assert f"## `tinyedge {verb}`: `tinyedge-{verb}/1`" in page
    for part in ("Spread", "Mismatch", "LayerInfo"):
        assert f"## `{part}`" in page
        assert f"`{part}` |" in page.replace(" or null", "") or f"list of `{part}`" in page
