"""Programs that are called: found or named, ended in time, their failure shown."""

import sys

import pytest

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
    assert caught.value.hint == f'run "make setup", or "apt-get install {packages}"'


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
