"""Programs that are called: found or named, ended in time, their failure shown."""

import re
import sys
from pathlib import Path

import pytest

from tests.support.fake_tools import FakeTools
from tests.support.tools import CHECKOUT
from tinyedge import board as boards
from tinyedge import build, tool
from tinyedge.errors import ToolError


@pytest.mark.parametrize(
    ("board", "program", "packages"),
    [
        (
            "netduinoplus2",
            "arm-none-eabi-gcc",
            "gcc-arm-none-eabi libnewlib-arm-none-eabi",
        ),
        ("host", "gcc", "gcc"),
    ],
)
def test_a_compiler_that_is_missing_is_named_with_its_packages(
    board: str, program: str, packages: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ToolError) as caught:
        build.require(boards.load(board), "aot")
    assert caught.value.message == f'the program "{program}" is not on the PATH'
    assert caught.value.hint == f'run "make setup", or "sudo apt-get install {packages}"'


def test_what_setup_does_not_install_is_not_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    program = "openocd"
    monkeypatch.setenv("PATH", "/nowhere")
    package = tool.install(program).removeprefix("apt: ")
    listed = (CHECKOUT / "scripts" / "apt-packages.txt").read_text()
    assert not re.search(rf"^[?+]?{package} ", listed, re.MULTILINE)
    with pytest.raises(ToolError) as caught:
        tool.require(program)
    assert caught.value.hint == f'run "sudo apt-get install {package}"'


def test_what_pip_installed_beside_this_python_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = FakeTools(tmp_path / "bin", monkeypatch)
    tools.add("pyocd")
    monkeypatch.setenv("PATH", "/nowhere")
    assert tool.require("pyocd") == str(tmp_path / "bin" / "pyocd")
    tool.run(["pyocd", "list"])
    assert tools.calls() == [["pyocd", "list"]]


def test_a_python_package_is_installed_for_this_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for executable, typed in (
        (tmp_path / ".venv/bin/python", ".venv/bin/python"),
        (Path("/opt/a b/bin/python3"), "'/opt/a b/bin/python3'"),
        (tmp_path / "python", str(tmp_path / "python")),
    ):
        monkeypatch.setattr(sys, "executable", str(executable))
        both = tool.install_command(["pyocd", "openocd", "esptool"])
        assert both == (f"sudo apt-get install -y openocd && {typed} -m pip install esptool pyocd")
        monkeypatch.setattr(tool, "find", lambda _: None)
        with pytest.raises(ToolError) as caught:
            tool.require("pyocd")
        assert caught.value.hint == f'run "{typed} -m pip install pyocd"'


def test_a_failure_shows_the_end_of_what_was_printed() -> None:
    code = "import sys; [print('line', n, file=sys.stderr) for n in range(50)]; sys.exit(3)"
    with pytest.raises(ToolError) as caught:
        tool.run([sys.executable, "-c", code])
    assert "failed with exit code 3:\nline 20\n" in caught.value.message
    assert caught.value.message.endswith("line 49")
    assert tool.run([sys.executable, "-c", code], check=False).returncode == 3


def test_a_program_that_does_not_end_is_ended() -> None:
    with pytest.raises(ToolError, match=r"did not end within 0 s"):
        tool.run([sys.executable, "-c", "import time; time.sleep(1000)"], timeout_s=0.2)


def test_a_program_that_nobody_knows_may_be_another_misspelled() -> None:
    with pytest.raises(ToolError, match='did you mean "arm-none-eabi-gcc"') as caught:
        tool.require("arm-none-gcc")
    assert "correct its name" in caught.value.hint
