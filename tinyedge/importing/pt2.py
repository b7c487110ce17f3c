"""A .pt2's program: whether loading it would run what the file says instead of a network.

``torch.export.load`` hands formulas of sizes to Python's ``eval`` and looks operators up by name
in all of PyTorch; so only formulas and operators of a network are let through.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tinyedge.errors import ModelError

EXPORT = 'torch.export.save(torch.export.export(model.eval(), (example,)), "net.pt2")'
_PROGRAM = re.compile(r"(^|/)(models/[^/]+|serialized_exported_program)\.json$")
_OPERATOR = re.compile(
    r"torch\.ops\.(aten|prims|higher_order|quantized_decomposed|torchvision)(\.[a-z0-9]\w*){1,2}"
    r"|_operator\.[a-z]\w*|math\.[a-z]\w*|torch\.sym_\w+",
    re.IGNORECASE,
)
_FORMULA = re.compile(
    r"""(
        \s | \d+ | [-+*/(),.=<>] | '[a-z]+\d+' | [a-z]+\d+
        | (Symbol|Integer|Rational|Add|Mul|Pow|Max|Min|Mod|PythonMod|FloorDiv|CleanDiv|CeilDiv
           |ModularIndexing|Eq|Ne|Lt|Le|Gt|Ge|positive|integer|nonnegative|True|False|evaluate)\b
    )*""",
    re.VERBOSE,
)


def check(path: Path) -> None:
    """Raise ModelError if it is no program of torch.export, or one with code in it."""
    programs = _programs(path)
    if not programs:
        raise ModelError(f"{path}: no program of torch.export is in it", f"write {EXPORT}")
    for node in _objects(programs):
        target, formula = node.get("target"), node.get("expr_str")
        if "inputs" in node and isinstance(target, str) and not _OPERATOR.fullmatch(target):
            raise ModelError(
                f'{path}: operator "{target}" is none of PyTorch\'s own', "use built-in layers"
            )
        if isinstance(formula, str) and not _FORMULA.fullmatch(formula):
            raise ModelError(
                f'{path}: "{formula[:80]}" is no size of a tensor', "export it with fixed sizes"
            )


def _programs(path: Path) -> list[Any]:
    try:
        with zipfile.ZipFile(path) as file:
            damaged = file.testzip()
            if damaged is not None:
                raise ModelError(f"{path}: {damaged} in it is damaged", f"write {EXPORT}")
            names = [name for name in file.namelist() if _PROGRAM.search(name)]
            return [json.loads(file.read(name)) for name in names]
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: no .pt2 archive: {error}", f"write {EXPORT}") from error


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    left = [value]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            yield value
            left += value.values()
        elif isinstance(value, list):
            left += value
