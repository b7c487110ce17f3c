"""TOML files -> frozen msgspec structs; every mistake named with file, key and allowed values."""

from __future__ import annotations

import math
import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from tinyedge.errors import ConfigError, near_match

_T = TypeVar("_T")
_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<where>.*)`)?$", re.DOTALL)


_SIZE = re.compile(r"^([0-9]+)([KM]?)$")
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20}
_WORDS: dict[type, str] = {
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.StrType: 'a text in ""',
    inspect.BoolType: "true or false",
    inspect.VarTupleType: "a list in []",
    inspect.TupleType: "a list in []",
}
_SYNTAX = "correct it there; https://toml.io shows how tables, texts and lists are written"
_SIZES = 'write bytes, or K or M, e.g. "64K"'


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of everything read from TOML: frozen, keys by name, unknown keys refused."""


def read(path: Path, schema: int, hint: str) -> dict[str, Any]:
    """Parse a TOML file and check its ``schema``; ``hint`` is what to do if it cannot be read.

    Raises ConfigError naming the file and what is wrong with it.
    """
    try:
        raw = tomllib.loads(path.read_text())
        _require_numbers(raw)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", hint) from error
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, deep nesting
        raise ConfigError(f"{path}: not valid TOML: {error}", _SYNTAX) from error
    if "schema" not in raw:
        raise ConfigError(f'{path}: "schema" is missing', f"write schema = {schema}")
    if raw["schema"] != schema:
        raise ConfigError(f"{path}: schema is {_toml(raw['schema'])}", f"write schema = {schema}")
    _refuse_infinite(raw, path)
    return raw


def _require_numbers(value: object) -> None:
    """ValueError for whole numbers beyond TOML's 64 bits, which hexadecimal ones can be."""
    if isinstance(value, int) and value.bit_length() > 64:
        raise ValueError(f"a whole number of {value.bit_length()} bits")
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in items:
        _require_numbers(item)


def _refuse_infinite(value: object, path: Path, key: str = "") -> None:
    """TOML has nan and inf, which pass for numbers of any range that has no end."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"{path}: {key} = {value} is not allowed", "write a finite number")
    if isinstance(value, dict):
        for name, item in value.items():
            _refuse_infinite(item, path, _join(key, name))
    for item in value if isinstance(value, list) else ():
        _refuse_infinite(item, path, key)


def convert(raw: dict[str, Any], kind: type[_T], path: Path, prefix: str = "") -> _T:
    """Parsed TOML -> ``kind``. ``prefix`` is the key in the file under which ``raw`` was found.

    Raises ConfigError naming file and key: an unknown key with its nearest match, a wrong value
    with what is allowed.
    """
    info = inspect.type_info(kind)
    _refuse_unknown(raw, info, path, prefix)
    try:
        return msgspec.convert(raw, kind, strict=True)
    except msgspec.ValidationError as error:
        raise ConfigError(*_explain(str(error), raw, info, path, prefix)) from error


def parse_size(text: int | str) -> int:
    """``"64K"`` -> 65536. Raises ValueError if it is not bytes, K or M."""
    match = _SIZE.match(str(text))
    if match is None or int(match[1]) == 0:
        raise ValueError(f"{_toml(text)} is not a size; {_SIZES}")
    return int(match[1]) * _UNITS[match[2]]


def require_size(path: Path, key: str, value: int | str) -> None:
    """Raise ConfigError naming file and key if ``value`` is no size."""
    try:
        parse_size(value)
    except ValueError as error:
        raise ConfigError(f"{path}: {key} {_toml(value)} is not a size", _SIZES) from error


def _join(prefix: str, key: str) -> str:
    return f"{prefix}.{key}" if prefix else key


def _struct_of(info: inspect.Type) -> inspect.StructType | None:
    if isinstance(info, inspect.UnionType):  # an optional table
        return next((one for one in info.types if isinstance(one, inspect.StructType)), None)
    return info if isinstance(info, inspect.StructType) else None


def _refuse_unknown(raw: object, info: inspect.Type, path: Path, prefix: str) -> None:
    struct = _struct_of(info)
    if struct is None or not isinstance(raw, dict):
        return
    fields = {one.encode_name: one.type for one in struct.fields}
    for key, value in raw.items():
        if key not in fields:
            raise ConfigError(
                f'{path}: unknown key "{_join(prefix, key)}"{near_match(key, fields)}',
                f"allowed{f' in [{prefix}]' if prefix else ''}: {', '.join(fields)}",
            )
        _refuse_unknown(value, fields[key], path, _join(prefix, key))


def _explain(
    message: str, raw: dict[str, Any], info: inspect.Type, path: Path, prefix: str
) -> tuple[str, str]:
    """A message of msgspec -> (what and where, allowed values)."""
    match = _AT.match(message)
    assert match is not None
    what, where = match["what"].replace("`", ""), match["where"] or ""
    missing = re.fullmatch(r"Object missing required field (\w+)", what)
    if missing:
        _, kind = _look_up(raw, info, f"{where}.{missing[1]}")
        key = _join(_join(prefix, where), missing[1])
        return f'{path}: "{key}" is missing', f"add {missing[1]}, {_wanted(kind)}"
    value, kind = _look_up(raw, info, where)
    text = f"{path}: {_join(prefix, where)} = {_toml(value)} is not allowed"
    if isinstance(kind, inspect.UnionType):  # an optional value
        kind = next((one for one in kind.types if isinstance(one, inspect.LiteralType)), None)
    if isinstance(kind, inspect.LiteralType):
        near = near_match(value, map(str, kind.values)) if isinstance(value, str) else ""
        return text + near, "allowed: " + ", ".join(_toml(one) for one in kind.values)
    return text, what[:1].lower() + what[1:]


def _look_up(raw: Any, info: inspect.Type | None, where: str) -> tuple[Any, inspect.Type | None]:
    """Value and type at a msgspec path such as ``quantize.samples`` or ``filters[...]``."""
    for key in re.findall(r"\w+", where):
        struct = _struct_of(info) if info is not None else None
        raw = raw.get(key) if isinstance(raw, dict) else raw
        fields = {one.encode_name: one.type for one in struct.fields} if struct else {}
        info = fields.get(key)
    return raw, info


def _wanted(kind: inspect.Type | None) -> str:
    """What a missing key takes, in TOML's words."""
    if isinstance(kind, inspect.LiteralType):
        return " or ".join(_toml(one) for one in kind.values)
    if isinstance(kind, inspect.StructType):
        return f"a table with {', '.join(one.encode_name for one in kind.fields if one.required)}"
    if isinstance(kind, inspect.UnionType):
        return " or ".join(map(_wanted, kind.types))
    return _WORDS.get(type(kind), "a value")


def _toml(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else str(value)
