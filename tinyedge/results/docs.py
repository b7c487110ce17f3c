"""docs/json.md from the results' own types: ``python -m tinyedge.results.docs docs/json.md``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from tinyedge.results.codec import VERBS, json_schema, schema_of
from tinyedge.results.error import ErrorReport
from tinyedge.workspace import write_if_changed

_HEAD = """# What `--json FILE` holds

Every verb takes `--json FILE`; `--json -` writes it to stdout, alone, and what people read to
stderr. The field `schema` names the layout and its version. A field may be added within a version;
renaming or removing one, or giving it another meaning, makes a new version. Sizes are bytes,
accuracies fractions of 1. `tick_unit` says what a tick is: instructions are never a time. This page
is made from `tinyedge/results` by `python -m tinyedge.results.docs docs/json.md`.

Where a verb ends before it has a result, the file holds the error instead, so that no result of an
earlier run passes for that of this one: look at the exit code, or at `schema`. A run that Ctrl-C
ends, one whose output nobody reads (141), and a verb or option that there is not or that lacks its
value, leave the file as it was.
"""


def markdown() -> str:
    """The whole page: a section a verb, then the parts that they share."""
    sections = [_HEAD]
    shared: dict[str, Any] = {}
    for verb in VERBS:
        definitions = json_schema(verb)["$defs"]
        own = VERBS[verb].__name__
        sections.append(
            _section(f"`tinyedge {verb}`: `{schema_of(VERBS[verb])}`", definitions[own])
        )
        shared |= {name: one for name, one in definitions.items() if name != own}
    error = msgspec.json.schema(ErrorReport)["$defs"][ErrorReport.__name__]
    sections.append(_section(f"An error: `{schema_of(ErrorReport)}`", error))
    whole = {report.__name__ for report in VERBS.values()}
    parts = {name: one for name, one in shared.items() if name not in whole}
    sections.append("# Parts\n")
    sections += [_section(f"`{name}`", parts[name]) for name in sorted(parts)]
    return "\n".join(sections)


def _section(title: str, definition: dict[str, Any]) -> str:
    about = definition.get("description", "").split(": ", 1)[-1]
    about = about[:1].upper() + about[1:]
    rows = [
        f"| `{name}` | {_kind(field)} | {field.get('description', '')} |"
        for name, field in definition["properties"].items()
        if name != "schema"
    ]
    table = ["| field | type | meaning |", "|---|---|---|", *rows]
    return "\n".join([f"## {title}", "", about, "", *table, ""])


def _kind(field: dict[str, Any]) -> str:
    """A type in few words: ``integer``, ``list of `Epoch` ``, ``number or null``."""
    if "$ref" in field:
        return f"`{field['$ref'].rsplit('/', 1)[-1]}`"
    if "anyOf" in field:
        return " or ".join(_kind(option) for option in field["anyOf"])
    if "enum" in field:
        return " or ".join(f'`"{value}"`' for value in field["enum"])
    if field.get("type") == "array":
        return f"list of {_kind(field['items'] or field['prefixItems'][0])}"
    return str(field.get("type", "any"))


if __name__ == "__main__":
    write_if_changed(Path(sys.argv[1]), markdown())
