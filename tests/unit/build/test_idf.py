"""Building with idf.py: exact arguments, the sequence, and what each failure says."""

import os
from pathlib import Path

import pytest

from tests.support.fake_tools import FakeTools, printing
from tinyedge import board
from tinyedge.build import idf
from tinyedge.errors import CheckFailed, ToolError

# Plays idf.py: prints a version, or makes what a build leaves behind.
IDF = """
if sys.argv[1] == "--version":
    print("ESP-IDF v5.3.1")
    sys.exit(0)
assert "IDF_TARGET" not in os.environ
out = Path(sys.argv[4])
out.mkdir(parents=True, exist_ok=True)
(out / "firmware.elf").write_bytes(b"ELF")
(out / "sdkconfig").write_text("made")
"""


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTools:
    return FakeTools(tmp_path / "bin", monkeypatch)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "firmware"
    folder.mkdir()
    (folder / "sdkconfig.defaults").write_text("")
    return folder


def test_arguments() -> None:
    assert idf.build_argv(Path("/a/firmware"), Path("/a/out"), "esp32c3") == [
        "idf.py",
        "-C",
        "/a/firmware",
        "-B",
        "/a/out",
        "-D",
        "IDF_TARGET=esp32c3",
        "-D",
        "SDKCONFIG=/a/out/sdkconfig",
        "build",
    ]


def test_version_is_checked_then_the_project_is_built(
    tools: FakeTools, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools.add("idf.py", IDF)
    monkeypatch.setenv("IDF_TARGET", "esp32s3")
    out = tmp_path / "out"
    assert idf.build(project, out, board.load("esp32")).is_file()
    assert tools.calls() == [
        ["idf.py", "--version"],
        idf.build_argv(project, out, "esp32"),
    ]


def test_the_shell_does_not_choose_another_chip_or_other_options() -> None:
    given = {"PATH": "/bin", "IDF_TARGET": "esp32s3", "SDKCONFIG_DEFAULTS": "x", "LC_ALL": "de_DE"}
    assert idf.environment(given) == {"PATH": "/bin", "LC_ALL": "C.UTF-8"}


def test_options_are_made_anew_when_the_defaults_change(
    tools: FakeTools, project: Path, tmp_path: Path
) -> None:
    tools.add("idf.py", IDF)
    options = tmp_path / "out" / "sdkconfig"
    options.parent.mkdir()
    options.write_text("old")
    os.utime(options, (1, 1))
    idf.build(project, tmp_path / "out", board.load("esp32"))
    assert options.read_text() == "made"


def test_no_esp_idf(tools: FakeTools, project: Path, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="ESP-IDF is not active") as caught:
        idf.build(project, tmp_path / "out", board.load("esp32"))
    assert "export.sh" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [("ESP-IDF v5.0.7", "ESP-IDF 5.0 is too old; 5.1 or newer"), ("hello", "printed no version")],
)
def test_wrong_version(tools: FakeTools, text: str, message: str) -> None:
    tools.add("idf.py", printing(text))
    with pytest.raises(ToolError, match=message):
        idf.check_version()


@pytest.mark.parametrize("text", ["ESP-IDF v5.1", "ESP-IDF v6.0.2-dirty", "v5.10-dev-123"])
def test_releases_that_are_new_enough(tools: FakeTools, text: str) -> None:
    tools.add("idf.py", printing(text))
    assert idf.check_version() >= idf.OLDEST


@pytest.mark.parametrize(
    ("log", "kind", "message"),
    [
        (
            "ld: region `dram0_0_seg' overflowed by 12345 bytes",
            CheckFailed,
            "does not fit esp32: 12,345 bytes too many in dram0_0_seg",
        ),
        (
            "app partition is too small for binary firmware.bin size 0x400000:\\n"
            "  - Part 'factory' 0/0 @ 0x10000 size 0x3f0000 (overflow 0x10000)",
            CheckFailed,
            "65,536 bytes too many in flash",
        ),
        (
            "ERROR: Cannot establish a connection to the component registry.",
            ToolError,
            "could not download espressif/esp-tflite-micro",
        ),
        ("something else", ToolError, "(?s)idf.py failed with exit code 2:.*something else"),
    ],
)
def test_failures(tools: FakeTools, project: Path, log: str, kind: type, message: str) -> None:
    body = f"print('ESP-IDF v5.3')\nif '--version' not in sys.argv:\n    print({log!r})\n"
    tools.add("idf.py", body + "    sys.exit(2)\n")
    with pytest.raises(kind, match=message) as caught:
        idf.build(project, project / "out", board.load("esp32"))
    assert type(caught.value) is kind
