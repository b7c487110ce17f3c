"""docs/esp32.md quotes messages that the program really has."""

import re

import pytest

from tests.support.tools import CHECKOUT
from tinyedge import board
from tinyedge.build.idf import OLDEST

PAGE = (CHECKOUT / "docs" / "esp32.md").read_text()
MESSAGES = re.findall(r"^\| `([^`]+)` \| (?!ESP32)", PAGE, re.MULTILINE)


@pytest.mark.parametrize("message", MESSAGES)
def test_each_message_is_one_of_the_programs(message: str) -> None:
    sources = [path.read_text() for path in (CHECKOUT / "tinyedge").rglob("*.py")]
    sources.append((CHECKOUT / "firmware_templates/port/esp-idf/port.c").read_text())
    said = message.replace(".".join(map(str, OLDEST)), "{wanted}")
    said = said.replace("HELLO", "{kind.name}").removeprefix("the device crashed: ")
    assert any(said in re.sub(r'"\s+f?"', "", text) for text in sources)


def test_every_board_of_the_family_is_listed() -> None:
    every = map(board.load, board.available())
    family = [one.id for one in every if one.flash.method == "esptool"]
    assert sorted(re.findall(r"^\| `([^`]+)` \| ESP32", PAGE, re.MULTILINE)) == family
    assert len(MESSAGES) >= 15
