"""A training that takes seconds, for the tests of train and quantize."""

from pathlib import Path

from tests.support.data import needs_data, needs_package
from tinyedge import recipe

EPOCHS = 3


def short_recipe(folder: Path, **changes: str) -> recipe.Recipe:
    """digits-cnn with few epochs; ``changes`` are texts of its file -> others."""
    needs_package("tensorflow")
    needs_data("digits")
    text = recipe.load("digits-cnn").path.read_text()
    for old, new in {"epochs = 12": f"epochs = {EPOCHS}", **changes}.items():
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "recipe.toml"
    path.write_text(text)
    return recipe.read(path)
