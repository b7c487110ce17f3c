"""Data flows one way: the imports between the package's modules are read and checked."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "tinyedge"
COMMON = {"errors", "resources", "tool", "workspace", "lock", "config", "backend", "npz_file"}
BASE = {"errors"}  # all that the common modules import
# room (a folder or a module of the package) -> what it may import besides COMMON and itself; a name
# covers what lies below it. In the order of the data's flow, so that each names only rooms above.
ALLOWED: dict[str, set[str]] = {
    # what others are made of
    "board": set(),
    "recipe": set(),
    "keys": set(),
    "link": set(),
    "graph": set(),
    "sound": set(),
    "results": set(),
    "oracle": {"graph"},
    "published": {"graph"},
    "learn": {"graph"},
    "samples": {"graph"},
    "meter": {"link"},
    # data -> network -> int8
    "dataset": {"recipe", "results", "sound"},
    "importing": {"dataset", "graph", "recipe", "results"},
    "train": {"dataset", "graph", "importing", "recipe", "results"},
    "quantize": {"dataset", "graph", "importing", "oracle", "recipe", "results", "train"},
    # network -> firmware -> board
    "compile": {"board", "graph"},
    "inspection": {"board", "compile", "graph", "learn.head", "results"},
    "emit": {
        "board",
        "compile",
        "graph",
        "learn.head",
        "link.layout",
        "link.payloads",
        "link.locked",
        "link.protocol",
        "oracle",
        "sound",
    },
    "packaging": {"emit", "keys", "link", "oracle", "samples"},
    "build": {"board"},
    "flash": {"board", "build", "graph", "link", "oracle"},
    "trace": {"board", "build", "compile", "flash", "link"},
    # a device that runs -> results -> pages
    "device": {
        "board",
        "compile",
        "graph",
        "inspection",
        "learn",
        "link",
        "meter",
        "oracle",
        "packaging",
        "results",
        "samples",
    },
    "mlperf": {"board", "emit", "graph", "link", "results", "samples", "train.tasks"},
    "report": {"results"},
    # all of it, put together
    "workflow": {
        "board",
        "build",
        "compile",
        "dataset",
        "device",
        "emit",
        "flash",
        "graph",
        "inspection",
        "keys",
        "learn",
        "link",
        "oracle",
        "packaging",
        "published",
        "quantize",
        "recipe",
        "report",
        "results",
        "samples",
        "trace",
        "train",
    },
    "fitting": {
        "board",
        "compile",
        "dataset",
        "graph",
        "inspection",
        "quantize",
        "recipe",
        "results",
        "train",
        "workflow",
    },
    "tuning": {
        "dataset",
        "fitting",
        "graph",
        "quantize",
        "recipe",
        "report",
        "results",
        "train",
        "workflow",
    },
    "testing": {
        "board",
        "build",
        "graph",
        "link",
        "device",
        "recipe",
        "results",
        "samples",
        "workflow",
    },
    "pytest_plugin": {"flash", "testing", "workflow"},
    "cli": {"*"},
    "__main__": {"cli"},
}


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.removeprefix("tinyedge.") for name in found if name.startswith("tinyedge.")}


def _wrong(module: str, imported: set[str]) -> set[str]:
    room = module.split(".", maxsplit=1)[0]
    allowed = BASE if room in COMMON else ALLOWED[room] | COMMON | {room, "__version__"}
    if "*" in allowed:
        return set()
    return {
        name for name in imported if not any(name == a or name.startswith(a + ".") for a in allowed)
    }


def _modules() -> list[Path]:
    return sorted(set(PACKAGE.rglob("*.py")) - {PACKAGE / "__init__.py"})


@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downstream(path: Path) -> None:
    module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    assert not _wrong(module, _imports(path))


def test_each_room_imports_only_rooms_above_it() -> None:
    order = list(ALLOWED)
    for room, allowed in ALLOWED.items():
        names = {name.split(".", maxsplit=1)[0] for name in allowed - {"*"}}
        assert {name for name in names if order.index(name) >= order.index(room)} == set()


def test_an_arrow_that_points_upstream_is_found() -> None:
    assert _wrong("graph.read_tflite", {"compile.plan"}) == {"compile.plan"}
    assert _wrong("link.session", {"board.load"}) == {"board.load"}
    assert not _wrong("emit.aot", {"link.protocol.VERSION", "errors.ModelError"})


def test_only_tool_starts_programs() -> None:
    users = {path.name for path in PACKAGE.rglob("*.py") if "subprocess" in path.read_text()}
    assert users == {"tool.py"}
