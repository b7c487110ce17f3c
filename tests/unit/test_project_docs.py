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


def test_readme_lists_every_verb_once() -> None:
    table = README.split("## Verbs", 1)[1].split("## ", 1)[0]
    assert sorted(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)) == sorted(VERBS)


def test_every_verb_is_a_make_target() -> None:
    for verb in VERBS:
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


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_teaches_by_an_example_that_parses(
    verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = CliRunner().invoke(cli, [verb, "--help"]).output
    examples = " ".join(shown.rsplit("Example", 1)[1].split(": ", 1)[1].split()).split("; ")
    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    for param in command.params:
        if isinstance(param.type, click.Path):
            monkeypatch.setattr(param.type, "exists", False)
    for example in examples:
        program, named, *arguments = example.split()
        assert (program, named) == ("tinyedge", verb)
        command.make_context(verb, arguments)


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
