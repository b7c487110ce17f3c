"""README, CONTRIBUTING and ``make help`` name all that is there, and nothing that is not."""

import re
import subprocess

import click
import pytest
from click.testing import CliRunner

from tests.support.tools import CHECKOUT
from tinyedge.cli import VERBS, cli
from tinyedge.errors import ConfigError

README = (CHECKOUT / "README.md").read_text()
CONTRIBUTING = (CHECKOUT / "CONTRIBUTING.md").read_text()
MAKEFILE = (CHECKOUT / "Makefile").read_text()


def _folders(parent: str) -> set[str]:
    found = {path.name for path in (CHECKOUT / parent).iterdir() if path.is_dir()}
    return found - {"__pycache__"}


def _commands(path: str, command: click.Command | None) -> dict[str, click.Command]:
    """``{"bench": ..., "board new": ...}``: the command, and those below it."""
    assert command is not None
    found = {path: command}
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            below = command.get_command(click.Context(command), name)
            found |= _commands(f"{path} {name}", below)
    return found


COMMANDS = {
    path: command
    for verb in VERBS
    for path, command in _commands(verb, cli.get_command(click.Context(cli), verb)).items()
}


def test_readme_lists_every_verb_once() -> None:
    table = README.split("## Verbs", 1)[1].split("## ", 1)[0]
    rows = re.findall(r"^\| `([a-z-]+)[a-z ]*` \|", table, re.MULTILINE)
    assert sorted(rows) == sorted(VERBS)
    missing = {path for path in COMMANDS if " " in path and f"`{path}`" not in table}
    assert not missing


def test_every_verb_is_a_make_target() -> None:
    for verb in set(VERBS) - {"board"}:
        assert re.search(rf"^{verb}: setup\n\t@\$\(TINYEDGE\) {verb} ", MAKEFILE, re.MULTILINE), (
            verb
        )


def test_make_help_explains_every_target() -> None:
    done = subprocess.run(
        ["make", "-s", "help"], cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=True
    )
    phony = re.search(r"^\.PHONY:((?:.*\\\n)*.*)", MAKEFILE, re.MULTILINE)
    assert phony is not None
    targets = re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE)
    assert re.findall(r"^  make ([a-z-]+) +\w", done.stdout, re.MULTILINE) == targets
    assert sorted(phony[1].replace("\\", "").split()) == sorted(targets)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_verb_teaches_by_an_example_that_parses(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = CliRunner().invoke(cli, [*path.split(), "--help"]).output
    lines = re.split(r"\n  Examples?:\n", shown)[1].splitlines()
    examples = [line.strip() for line in lines[1::2]]
    assert all(re.fullmatch(r"    # \S.*", line) for line in lines[::2])
    for command in COMMANDS.values():
        for param in command.params:
            if isinstance(param.type, click.Path):
                monkeypatch.setattr(param.type, "exists", False)
    for example in examples:
        assert f"{example} ".startswith(f"tinyedge {path} ")
        words = example.split()[1:]
        named = max((p for p in COMMANDS if words[: len(p.split())] == p.split()), key=len)
        COMMANDS[named].make_context(named, words[len(named.split()) :])


def test_a_word_that_is_no_verb_is_told_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        cli.main(["validat"], standalone_mode=False)
    caught.match('there is no verb "validat"; did you mean "validate"')
    caught.match("verbs: data, train, ")


@pytest.mark.parametrize("parent", ["tinyedge", "firmware_templates", "tests"])
def test_contributing_names_every_folder(parent: str) -> None:
    table = CONTRIBUTING.split("## Where things are", 1)[1].split("## ", 1)[0]
    where = r"^\| .*" if parent != "tests" else r"^\| `tests/` \|.*"
    rows = " ".join(re.findall(where + r".*$", table, re.MULTILINE))
    prefix = "" if parent == "tests" else f"{parent}/"
    missing = {name for name in _folders(parent) if f"`{prefix}{name}/" not in rows}
    assert not missing
