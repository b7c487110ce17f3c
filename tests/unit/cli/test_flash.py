"""``tinyedge flash`` where something is missing: said before anything is trained or built."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.fake_tools import FakeTools
from tinyedge.cli import cli
from tinyedge.errors import LinkError, TinyedgeError, ToolError
from tinyedge.flash import ports, uf2


@pytest.mark.parametrize(
    ("board", "installed", "told"),
    [
        ("esp32", (), (ToolError, "ESP-IDF is not active", "export.sh")),
        ("esp32c3-bare", (), (ToolError, "riscv64-unknown-elf-gcc", "apt-get install")),
        (
            "esp32c3-bare",
            ("riscv64-unknown-elf-gcc",),
            (ToolError, "esptool", "pip install esptool"),
        ),
        (
            "nucleo-f446re",
            ("arm-none-eabi-gcc",),
            (ToolError, '"openocd"', "apt-get install openocd"),
        ),
        ("nano33ble", ("arm-none-eabi-gcc",), (ToolError, '"bossac"', "Arduino's core mbed_nano")),
        (
            "pico",
            ("arm-none-eabi-gcc",),
            (ToolError, "no drive RPI-RP2 is mounted", "hold BOOTSEL while you plug the board in"),
        ),
        (
            "stm32f4-discovery",
            ("arm-none-eabi-gcc", "openocd"),
            (LinkError, "no board is plugged in", "serial adapter on PA2"),
        ),
    ],
)
def test_what_is_missing_is_told_before_the_work(
    board: str,
    installed: tuple[str, ...],
    told: tuple[type[TinyedgeError], str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kind, message, hint = told
    tools = FakeTools(tmp_path / "bin", monkeypatch)
    for program in installed:
        tools.add(program)
    monkeypatch.setattr(ports, "_comports", list)
    monkeypatch.setattr(uf2, "mounted", list)
    arguments = ["flash", "fashion-cnn", "--board", board, "--workspace", str(tmp_path / "build")]
    with pytest.raises(kind) as caught:
        CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert not (tmp_path / "build").exists()
    assert tools.calls() == []
