"""``tinyedge boards`` and how the command line starts."""

import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from tests.support import tiny_model
from tests.support.fake_tools import FakeTools
from tests.support.tools import CHECKOUT, need
from tinyedge import board as boards
from tinyedge import resources, results, tool
from tinyedge.board import port
from tinyedge.cli import cli
from tinyedge.errors import ConfigError

HEAVY = ("tensorflow", "matplotlib", "tf_keras", "sklearn", "tflite_micro")


def test_every_board_is_listed_with_its_memory(tmp_path: Path) -> None:
    out = tmp_path / "boards.json"
    done = CliRunner().invoke(cli, ["boards", "--json", str(out)], catch_exceptions=False)
    assert done.exit_code == 0
    found = {info.id: info for info in results.read(out, results.BoardsReport).boards}
    assert {"host", "netduinoplus2", "qemu-mps2-an386"} <= set(found)
    assert all(name in done.output for name in found)
    netduino = found["netduinoplus2"]
    assert (netduino.flash_bytes, netduino.ram_bytes) == (1 << 20, 128 << 10)
    assert netduino.run == "emulated"
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


def _boards(tmp_path: Path) -> dict[str, results.BoardInfo]:
    out = tmp_path / "boards.json"
    assert CliRunner().invoke(cli, ["boards", "--json", str(out)]).exit_code == 0
    return {info.id: info for info in results.read(out, results.BoardsReport).boards}


def test_it_is_said_how_each_board_was_run(tmp_path: Path) -> None:
    found = _boards(tmp_path)
    ways = {name: found[name].run for name in ("host", "qemu-microbit", "pico", "nucleo-f446re")}
    assert ways == {
        "host": "native",
        "qemu-microbit": "emulated",
        "pico": "simulated",
        "nucleo-f446re": "built",
    }
    assert (found["pico"].runtimes, found["qemu-riscv32"].runtimes) == (("aot", "tflm"), ("aot",))
    assert found["pico"].flash_methods == ("uf2", "openocd", "pyocd", "picotool")
    assert found["feather-nrf52840"].flash_methods == ("adafruit-nrfutil", "uf2")


def test_what_is_experimental_is_marked(tmp_path: Path) -> None:
    found = _boards(tmp_path)
    assert {name for name, info in found.items() if info.experimental} == {
        "esp32-bare",
        "esp32s3-bare",
    }
    lines = CliRunner().invoke(cli, ["boards"]).output.splitlines()
    row = next(line for line in lines if " esp32-bare " in line)
    assert "simulated*" in row
    assert any(line.startswith("* ") and "experimental" in line for line in lines)


@pytest.mark.parametrize("columns", [80, 130])
def test_the_table_reads_well(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = CliRunner().invoke(cli, ["boards"]).output.splitlines()
    assert max(map(len, lines)) <= columns
    row = next(line for line in lines if " qemu-mps3-an547 " in line)
    assert all(text in row for text in ("M55", "512", "aot tflm", "qemu", "emulated"))
    assert ("32 MHz" in row) == (columns == 130)
    assert not any(line.strip() in ("d", "ed", "ulated") for line in lines), "a word is cut"
    assert any("not yet run on silicon" in line for line in lines)


def test_the_doctor_names_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = FakeTools(tmp_path / "bin", monkeypatch)
    tools.add("make")
    tools.add("openocd")
    out = tmp_path / "doctor.json"
    done = CliRunner().invoke(cli, ["boards", "doctor", "--json", str(out)], catch_exceptions=False)
    assert done.exit_code == 0
    report = results.read(out, results.DoctorReport)
    found = {info.name: info for info in report.programs}
    assert found["openocd"].path == str(tmp_path / "bin" / "openocd")
    assert found["arm-none-eabi-gcc"].path is None
    assert "netduinoplus2" in found["qemu-system-arm"].boards
    assert found["pyocd"].install == "pip: pyocd"
    apt, pip = report.command.split(" && ")
    assert apt.startswith("sudo apt-get install -y ")
    assert {"gcc-arm-none-eabi", "qemu-system-arm"} <= set(apt.split())
    assert "bossa-cli" not in report.command  # it does not know the board's chip
    assert not {"make", "openocd"} & set(apt.split())
    assert pip.startswith(tool.pip())
    assert {"pyocd", "esptool", "adafruit-nrfutil"} <= set(pip.split())
    assert found["adafruit-nrfutil"].boards == ("feather-nrf52840",)
    assert report.command in done.output


@pytest.fixture
def own_boards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of boards/, which a test may add to."""
    folder = tmp_path / "boards"
    shutil.copytree(CHECKOUT / "boards", folder)
    root = resources.root
    monkeypatch.setattr(resources, "root", lambda name: folder if name == "boards" else root(name))
    return folder


@pytest.mark.parametrize("base", boards.available())
def test_a_new_board_is_its_model_explained(base: str, own_boards: Path) -> None:
    done = CliRunner().invoke(cli, ["board", "new", "--from", base, "mine"], catch_exceptions=False)
    assert done.exit_code == 0
    made, like = boards.load("mine"), boards.load(base)
    assert made.name == f"mine, like {base}"
    same = msgspec.structs.replace(made, id=like.id, name=like.name)
    assert same == like
    text = (own_boards / "mine.toml").read_text()
    for key, meaning in port.load(like.port).peripherals.items():
        assert f"# {meaning}\n{key} " in text
    assert "# From the datasheet's memory map" in text


@pytest.mark.parametrize(
    ("family", "like"), [("stm32f4", "nucleo-f446re"), ("riscv_virt", "qemu-riscv32")]
)
def test_a_family_stands_for_a_board_of_it(family: str, like: str, own_boards: Path) -> None:
    done = CliRunner().invoke(cli, ["board", "new", "--from", family], catch_exceptions=False)
    assert f"made from {like}, " in done.output
    assert boards.load("my-board").name == f"my-board, like {like}"


def test_a_new_board_replaces_none(own_boards: Path) -> None:
    with pytest.raises(ConfigError, match='there is a board "pico" already'):
        CliRunner().invoke(cli, ["board", "new", "--from", "pico2", "pico"], catch_exceptions=False)
    with pytest.raises(ConfigError, match='there is no board "pico3"'):
        CliRunner().invoke(cli, ["board", "new", "--from", "pico3", "m"], catch_exceptions=False)


@pytest.mark.parametrize(
    "name", ["a b", "../evil", "a/b", "", ".hidden", "pico-simulated", "b.toml.toml", "x" * 48]
)
def test_a_name_that_means_something_else_is_refused(name: str, own_boards: Path) -> None:
    before = sorted(own_boards.parent.rglob("*"))
    with pytest.raises(ConfigError, match="the new board's name is") as raised:
        CliRunner().invoke(cli, ["board", "new", "--from", "pico", name], catch_exceptions=False)
    assert "letters, digits, . _ and -, at most 47" in raised.value.hint
    assert sorted(own_boards.parent.rglob("*")) == before


def test_a_new_board_may_be_named_as_its_file(own_boards: Path) -> None:
    CliRunner().invoke(cli, ["board", "new", "--from", "pico", "b.toml"], catch_exceptions=False)
    assert boards.load("b").name == "b, like pico"
    assert not (own_boards / "b.toml.toml").exists()


@pytest.fixture
def with_a_typo(own_boards: Path) -> Path:
    """boards/ with one file that is wrong, of a family that has others."""
    text = (own_boards / "nucleo-f446re.toml").read_text().replace("clock_hz", "clok_hz")
    path = own_boards / "b1.toml"
    path.write_text(text)
    return path


def _invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


@pytest.mark.parametrize("verb", [["boards"], ["boards", "doctor"]])
def test_a_wrong_file_is_listed_with_what_is_wrong(
    verb: list[str], with_a_typo: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.json"
    done = _invoke(*verb, "--json", str(out))
    assert isinstance(done.exception, ConfigError)
    assert done.exception.exit_code == 2
    assert done.exception.message.endswith("left out, since it is wrong: b1.toml")
    row = next(line for line in done.output.splitlines() if "b1.toml" in line)
    assert "unknown key" in row
    assert "netduinoplus2" in done.output, "the others are listed as ever"
    kind = results.DoctorReport if verb[1:] else results.BoardsReport
    (wrong,) = results.read(out, kind).wrong
    assert wrong.path == str(with_a_typo)
    assert 'unknown key "cpu.clok_hz"; did you mean "clock_hz"?' in wrong.problem


def test_a_wrong_file_stops_no_other_board(with_a_typo: Path, tmp_path: Path) -> None:
    need("make", "gcc")
    model = str(tiny_model.write(tmp_path / "tiny.tflite"))
    build = ["--workspace", str(tmp_path / "build")]
    for arguments in (
        ["build", model, "--board", "host", *build],
        ["inspect", model, *build],
        ["board", "new", "--from", "pico", "mine"],
        ["board", "new", "--from", "stm32f4", "other"],
    ):
        done = _invoke(*arguments)
        assert done.exit_code == 0, done.exception
    assert boards.load("other").name == "other, like nucleo-f446re"
    with pytest.raises(ConfigError, match="host: no simulator runs this board"):
        boards.simulated(boards.load("host"))
    with pytest.raises(ConfigError, match="clok_hz"):
        boards.load("b1")
