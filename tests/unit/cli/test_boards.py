"""``tinyedge boards`` and how the command line starts."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.tools import CHECKOUT
from tinyedge import results
from tinyedge.cli import cli

HEAVY = ("tensorflow", "matplotlib", "tf_keras", "sklearn", "tflite_micro")


def test_every_board_is_listed_with_its_memory(tmp_path: Path) -> None:
    out = tmp_path / "boards.json"
    done = CliRunner().invoke(cli, ["boards", "--json", str(out)], catch_exceptions=False)
    assert done.exit_code == 0
    boards = {info.id: info for info in results.read(out, results.BoardsReport).boards}
    assert {"host", "netduinoplus2", "qemu-mps2-an386"} <= set(boards)
    assert all(name in done.output for name in boards)
    netduino = boards["netduinoplus2"]
    assert (netduino.flash_bytes, netduino.ram_bytes) == (1 << 20, 128 << 10)
    assert netduino.emulated
    assert netduino.measures == "instructions"


@pytest.mark.parametrize("arguments", [["--help"], ["boards"]])
def test_starting_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys, contextlib\n"
        "sys.argv = ['tinyedge', *sys.argv[1:]]\n"
        "from tinyedge.cli import main\n"
        "with contextlib.suppress(SystemExit):\n"
        "    main()\n"
        f"print('LOADED', sorted(set(sys.modules) & set({HEAVY!r})))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.endswith("LOADED []\n"), done.stdout[-200:] + done.stderr
