"""What SECURITY.md promises of the package's code, read from the code."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support.tools import CHECKOUT

SOURCES = sorted([*(CHECKOUT / "tinyedge").rglob("*.py"), *(CHECKOUT / "scripts").rglob("*.py")])
#: modules whose readers run what a file says
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
CALLS = {"eval", "exec", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load"}
#: CIFAR-10 comes pickled: its reader's own Unpickler finds no class but those of arrays
EXCEPT = {"tinyedge/dataset/keras_files.py": ["pickle"]}
#: keyword arguments, and the only value that each may have
KEYWORDS = {"shell": False, "allow_pickle": False, "safe_mode": True}


def offences(text: str) -> Iterator[str]:
    """What of ``text``, as Python, could run data as code or reach a shell."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names = {alias.name.partition(".")[0] for alias in node.names}
            yield from names & MODULES
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from {node.module.partition(".")[0]} & MODULES
        elif isinstance(node, ast.Call):
            yield from {ast.unparse(node.func).removeprefix("builtins.")} & CALLS
            for keyword in node.keywords:
                wanted = KEYWORDS.get(keyword.arg or "")
                if wanted is not None and ast.unparse(keyword.value) != str(wanted):
                    yield f"{keyword.arg}={ast.unparse(keyword.value)}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_no_data_is_run_and_no_shell_is_reached(path: Path) -> None:
    allowed = EXCEPT.get(path.relative_to(CHECKOUT).as_posix(), [])
    assert list(offences(path.read_text())) == allowed


def test_the_one_unpickler_is_the_careful_one() -> None:
    for name in EXCEPT:
        text = (CHECKOUT / name).read_text()
        assert set(re.findall(r"pickle\.(\w+)", text)) <= {"Unpickler", "UnpicklingError"}
        assert len(re.findall(r"pickle\.Unpickler", text)) == 1
        assert "def find_class(" in text


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from pickle import loads",
        "import joblib.externals",
        "subprocess.run('ls', shell=True)",
        "subprocess.run('ls', shell=flag)",
        "np.load(path, allow_pickle=True)",
        "load_model(path, safe_mode=False)",
        "eval('1')",
        "exec(text)",
        "builtins.exec(text)",
        "os.system('ls')",
    ],
)
def test_each_offence_is_found(text: str) -> None:
    assert len(list(offences(text))) == 1


def test_what_only_sounds_alike_is_allowed() -> None:
    harmless = "model.compile(); re.compile('x'); spec.loader.exec_module(m); np.load(p)"
    assert not list(offences(harmless))
    assert not list(offences("np.load(p, allow_pickle=False); run(argv, shell=False)"))


@pytest.mark.parametrize("name", sorted(path.name for path in CHECKOUT.glob("*.lock")))
def test_every_locked_package_has_a_hash_and_no_host(name: str) -> None:
    lock = (CHECKOUT / name).read_text()
    entries = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert len(entries) > 20
    for entry in entries:
        assert re.match(r"[a-z0-9._\[\]-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry
    assert "://" not in lock


def test_the_converters_are_locked_as_their_extras_ask() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    for kind in ("onnx", "torch"):
        lock = (CHECKOUT / f"requirements-import-{kind}.lock").read_text()
        pins = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", lock, flags=re.MULTILINE))
        for wanted in project["optional-dependencies"][f"import-{kind}"]:
            asked = Requirement(wanted)
            assert asked.specifier.contains(pins[asked.name]), (kind, wanted)
        assert not any(name.startswith(("nvidia", "triton")) for name in pins), kind
