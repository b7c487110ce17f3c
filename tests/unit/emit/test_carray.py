"""Names and numbers reach C whole, and can never be anything else than names and numbers."""

import numpy as np
import pytest

from tinyedge.emit import carray


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("kws", '"kws"'),
        ('a"b\\c', '"a\\042b\\134c"'),
        ("what??/", '"what\\077\\077/"'),
        ("line\nend\0", '"line\\012end\\000"'),
        ("é1", '"\\303\\2511"'),
    ],
)
def test_string(text: str, literal: str) -> None:
    assert carray.string(text) == literal


@pytest.mark.parametrize("text", ["end */ of", "line\nbreak", "back\\", "what??/", "// more", "é"])
def test_comment_ends_nowhere_early(text: str) -> None:
    shown = carray.comment(text)
    assert len(shown) == len(text)
    assert not set(shown) & set('*/\\\n?"é')


def test_integers() -> None:
    rows = carray.integers(np.arange(-2, 18, dtype=np.int8))
    assert rows[0].startswith("-2, -1, 0,")
    assert len(rows) == 2
    assert carray.integers(np.array([-(1 << 31)], np.int32)) == ("-2147483647 - 1,",)


def test_floats_are_exact() -> None:
    value = float(np.float32(1.5e-7))
    text = carray.number(value)
    assert text.endswith("f")
    assert float.fromhex(text[:-1]) == value
