"""docs/recipes.md names every key of a recipe with its default."""

import re

import msgspec
import pytest

from tests.support.tools import CHECKOUT
from tinyedge import recipe

SECTIONS = {
    "Recipes": recipe._File,
    "`[data]`": recipe.Data,
    "`[data.audio]`": recipe.Audio,
    "`[import]`": recipe.Import,
    "`[network]`": recipe.Network,
    "`[augment]`": recipe.Augment,
    "`[transfer]`": recipe.Transfer,
    "`[training]`": recipe.Training,
    "`[prune]`": recipe.Prune,
    "`[cluster]`": recipe.Cluster,
    "`[quantize]`": recipe.Quantize,
    "`[compile]`": recipe.Compile,
    "`[search]`": recipe.Search,
    "`[adapt]`": recipe.Adapt,
}


def _rows(title: str) -> dict[str, str]:
    text = (CHECKOUT / "docs" / "recipes.md").read_text()
    first_table = re.search(r"(^\|.*\n)+", text.split(f"# {title}\n", 1)[1], re.MULTILINE)
    assert first_table is not None
    return dict(re.findall(r"^\| `(\w+)` \| (.*?) ?\|", first_table[0], flags=re.MULTILINE))


@pytest.mark.parametrize("title", SECTIONS)
def test_every_key_is_there_with_its_default(title: str) -> None:
    rows = _rows(title)
    fields = [
        field
        for field in msgspec.structs.fields(SECTIONS[title])
        if f"`[{field.encode_name}]`" not in SECTIONS
    ]
    assert list(rows) == [field.name for field in fields]
    for field in fields:
        if field.default is msgspec.NODEFAULT or field.default in (None, ()):
            continue
        value = field.default
        shown = f'"{value}"' if isinstance(value, str) else str(value)
        shown = str(value).lower() if isinstance(value, bool) else shown
        shown = str(list(value)) if isinstance(value, tuple) else shown
        assert rows[field.name].strip("`") == shown, field.name
