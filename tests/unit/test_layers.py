"""Data flows one way: the imports between the package's modules are read and checked."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "tinyedge"
COMMON = {"errors", "resources", "tool", "workspace", "lock", "config", "backend", "npz_file"}
BASE = {"errors"}  # all that the common modules import
# module -> what it may import besides COMMON and itself; a prefix covers what lies below it.
ALLOWED: dict[str, set[str]] = {
    "port": set(),
    "board_tables": set(),
    "board": {"board_tables", "port"},
    "board_file": {"board", "port"},
    "recipe": set(),
    "link": set(),
    "arena_probe": set(),
    "oracle": {"graph"},
    "sound": set(),
    "dataset": {"recipe", "sound"},
    "importing": {"recipe", "dataset", "graph", "results"},
    "train": {"recipe", "dataset", "graph", "importing", "results"},
    "quantize": {"recipe", "dataset", "importing", "train", "graph", "oracle", "results"},
    "graph": set(),
    "compile": {"graph", "board"},
    "learn": {"graph"},
    "emit": {
        "graph",
        "compile",
        "board",
        "board_tables",
        "port",
        "link.layout",
        "link.locked",
        "link.protocol",
        "learn.head",
        "oracle",
        "monocypher",
        "sound",
    },
    "build": {"board"},
    "flash": {"board", "board_tables", "build", "link", "graph", "oracle"},
    "results": set(),
    "samples": {"graph"},
    "sensor": {"dataset", "emit", "graph", "quantize", "recipe", "samples"},
    "validate": {"link", "samples", "results"},
    "bench": {"link", "board", "samples", "results"},
    "trace": {"board", "build", "compile", "flash", "link"},
    "published": {"graph"},
    "adapt": {"learn", "link", "oracle", "results", "samples"},
    "debug": {"compile", "graph", "link", "oracle", "results"},
    "profile": {"bench", "board", "compile", "graph", "inspection", "link", "results", "samples"},
    "cleaning": {"dataset", "results"},
    "inspection": {"graph", "compile", "board", "learn.head", "results"},
    "report": {"results"},
    "mlperf": {"board", "emit", "graph", "link", "results", "samples", "train.tasks"},
    "meter": {"link"},
    "energy": {"board", "link", "meter", "results", "samples"},
    "pipeline": {"*"},
    "fits": {"board", "compile", "graph", "inspection", "pipeline", "results"},
    "float_network": {"*"},
    "bill": {"*"},
    "fitting": {"*"},
    "recipe_file": {"recipe"},
    "tuning": {"*"},
    "sizes": {"*"},
    "examples": {"dataset", "pipeline", "report", "results"},
    "devices": {"*"},
    "observing": {"*"},
    "anchors": {"*"},
    "learning": {"*"},
    "drift": {"link", "oracle", "results"},
    "watching": {"*"},
    "secret_file": set(),
    "keys": {"secret_file"},
    "device_keys": {"secret_file"},
    "monocypher": set(),
    "packaging": {"emit", "keys", "link", "oracle", "samples"},
    "update": {"link", "oracle", "packaging", "results", "samples"},
    "updates": {"*"},
    "matrix": {"*"},
    "raw": {"*"},
    "class_alone": {"*"},
    "collect": {"*"},
    "wire": {"link", "results", "samples"},
    "testing": {"*"},
    "pytest_plugin": {"testing", "flash", "devices"},
    "compare": {"results"},
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


def test_an_arrow_that_points_upstream_is_found() -> None:
    assert _wrong("graph.read_tflite", {"compile.plan"}) == {"compile.plan"}
    assert _wrong("link.session", {"board.load"}) == {"board.load"}
    assert not _wrong("emit.aot", {"link.protocol.VERSION", "errors.ModelError"})


def test_only_tool_starts_programs() -> None:
    users = {path.name for path in PACKAGE.rglob("*.py") if "subprocess" in path.read_text()}
    assert users == {"tool.py"}
