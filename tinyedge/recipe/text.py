"""A recipe as the text of a TOML file, with comments: what ``fit`` and ``search`` write."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from tinyedge import config
from tinyedge import recipe as recipes
from tinyedge.errors import ConfigError, TinyedgeError
from tinyedge.recipe import Recipe
from tinyedge.workspace import write_atomic

_ABOUT = {
    "data": "The data set, how it is split, and the size that its pictures are brought to.",
    "network": "The architecture and its parameters.",
    "augment": "Random changes of the training pictures.",
    "transfer": "Weights to begin with.",
    "training": "Epochs, batches and learning rate.",
    "prune": "Magnitude pruning after training.",
    "cluster": "Weight clustering after that.",
    "quantize": "Full-int8 quantization, and what accuracy it may cost.",
    "compile": "What the compiler aims at, and its limits.",
    "adapt": "What the device may train by itself.",
    "search": 'What "tinyedge search" varies.',
}
_LONGEST_NAME = 40
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def write(
    path: Path, recipe: Recipe, heading: Sequence[str], notes: Mapping[str, str], *, force: bool
) -> Recipe:
    """Write the recipe and return it as it reads back.

    ``heading``: lines of comment at the top; ``notes``: comments by key ("network.parameters").
    Paths that the recipe gives relative to its own file are turned to the new one. Raises
    ConfigError where the file is there already and ``force`` is not given.
    """
    require(path, recipe, force)
    moved = _moved(recipe, path)
    write_atomic(path, text(moved, heading, notes))
    read = recipes.read(path)
    if read != moved:
        raise TinyedgeError(
            f"{path}: what was written reads back as another recipe",
            "this is a defect of tinyedge: report it with that file and the recipe it came from",
        )
    return read


def require(path: Path, recipe: Recipe, force: bool) -> None:
    """Raise ConfigError where the file is there already and must not be replaced.

    So, too, where the recipe's network is a function in a file that would not be beside it.
    """
    assert recipe.imported is None, "fit and search refuse what they cannot make anew"
    if path.suffix != ".toml":
        raise ConfigError(f"{path}: a recipe's name ends in .toml", "e.g. --output my-recipe.toml")
    if path.exists() and not force:
        raise ConfigError(
            f"{path} is there already", "give another --output, or --force to replace it"
        )
    module, function, _ = recipe.network.architecture.partition(":")
    beside = recipe.path.parent / f"{module}.py"
    if function and beside.is_file() and path.parent.resolve() != beside.parent.resolve():
        raise ConfigError(
            f"{path}: the recipe's network is in {beside}, which must be beside the recipe",
            f"give --output {beside.parent / path.name}",
        )


def text(recipe: Recipe, heading: Sequence[str], notes: Mapping[str, str]) -> str:
    """The TOML text; values that are the defaults are left out."""
    lines = [f"# {line}".rstrip() for line in heading]
    lines += ["", f"schema = {recipes.SCHEMA}"]
    lines += [f"{key} = {_value(getattr(recipe, key))}" for key in ("name", "title")]
    for section, about in _ABOUT.items():
        table = getattr(recipe, section)
        if table is None or table == _default(section):
            continue
        lines += ["", f"# {about}", *_table(section, table, notes)]
    return "\n".join(lines) + "\n"


def named(recipe: Recipe, suffix: str) -> Recipe:
    """The recipe under the name of its own and ``suffix``, as names may be."""
    tail = "-" + re.sub(r"[^a-z0-9]+", "-", suffix.lower()).strip("-")
    head = recipe.name[: _LONGEST_NAME - len(tail)].rstrip("-")
    return msgspec.structs.replace(recipe, name=(head + tail)[-_LONGEST_NAME:].lstrip("-"))


def _table(section: str, table: config.Table, notes: Mapping[str, str]) -> list[str]:
    lines, below = [f"[{section}]"], []
    for field in msgspec.structs.fields(table):
        value = getattr(table, field.name)
        if value is None or (not field.required and value == _default_of(field)):
            continue
        if isinstance(value, config.Table):
            below += ["", *_table(f"{section}.{field.name}", value, notes)]
            continue
        note = notes.get(f"{section}.{field.name}")
        lines.append(f"{field.name} = {_value(value)}" + (f"  # {note}" if note else ""))
    return lines + below


def _default_of(field: msgspec.structs.FieldInfo) -> object:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


def _default(section: str) -> object:
    field = next(f for f in msgspec.structs.fields(Recipe) if f.name == section)
    return None if field.required else _default_of(field)


def _value(value: object) -> str:
    """A value as TOML has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return msgspec.json.encode(value).decode()  # JSON's escapes are TOML's, too
    if isinstance(value, Mapping):
        items = ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items())
        return f"{{ {items} }}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_value(one) for one in value)}]"
    if isinstance(value, (int, float)):
        return repr(value)
    raise TypeError(f"{value!r} is nothing that a recipe holds")


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else msgspec.json.encode(key).decode()


def _moved(recipe: Recipe, path: Path) -> Recipe:
    """The recipe at ``path``, with the paths in it that were relative to its old folder."""
    old, new = recipe.path.parent, path.parent
    moved = msgspec.structs.replace(recipe, path=path)
    if recipe.data.path is not None:
        data = msgspec.structs.replace(recipe.data, path=_turned(recipe.data.path, old, new))
        moved = msgspec.structs.replace(moved, data=data)
    if recipe.transfer is not None:
        transfer = msgspec.structs.replace(
            recipe.transfer, path=_turned(recipe.transfer.path, old, new)
        )
        moved = msgspec.structs.replace(moved, transfer=transfer)
    return moved


def _turned(given: str, old: Path, new: Path) -> str:
    """A path relative to ``old`` as one relative to ``new``, if it is there."""
    if Path(given).expanduser().is_absolute() or not (old / given).exists():
        return given
    if old.resolve() == new.resolve():
        return given
    return Path(os.path.relpath((old / given).resolve(), new.resolve())).as_posix()
