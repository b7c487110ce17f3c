"""The text protocol's client, against a device that is a few lines of Python."""

import pytest

from tinyedge.errors import LinkError
from tinyedge.link.mlperf import Answer, Client, Deadlines


class _Device:
    """A transport whose other end answers by ``answers``: command -> lines."""

    name = "made up"

    def __init__(self, answers: dict[str, list[str]], *, boots_with: bytes = b"") -> None:
        self._answers, self._said, self._pending = answers, boots_with, b""
        self.commands: list[str] = []

    def write(self, data: bytes) -> None:
        *whole, self._pending = (self._pending + data).split(b"%")
        for command in map(bytes.decode, whole):
            self.commands.append(command)
            unknown = [f"e-[Unknown command: {command}]"]
            word = " ".join(command.split()[:2]) if command.startswith("db l") else command
            word = command.split()[0] if word not in self._answers else word
            lines = [*self._answers.get(word, unknown), "m-ready"]
            self._said += "".join(f"{line}\r\n" for line in lines).encode()

    def read(self, timeout_s: float) -> bytes:
        said, self._said = self._said[:7], self._said[7:]
        return said

    def close(self) -> None:
        pass


def _client(answers: dict[str, list[str]], boots_with: bytes = b"") -> tuple[Client, _Device]:
    device = _Device(answers, boots_with=boots_with)
    return Client(device), device


def test_a_device_that_still_boots_is_waited_for() -> None:
    client, _ = _client({"profile": ["m-model-[kws01]"]}, b"\xffgarbage m-init-done\r\nm-ready\r\n")
    assert client.model() == "kws01"


def test_an_input_is_sent_in_commands_that_are_not_too_long() -> None:
    client, device = _client({"db": ["m-load-done"]})
    data = bytes(range(100))
    client.load(data)
    sent = [command for command in device.commands if command.startswith("db")]
    assert sent[0] == "db load 100"
    assert bytes.fromhex("".join(command[3:] for command in sent[1:])) == data
    assert max(map(len, sent)) <= 80


@pytest.mark.parametrize(
    ("laps", "lap"), [(["m-lap-us-100", "m-lap-us-350"], 250), ([], None)], ids=["time", "pin"]
)
def test_an_inference_s_results_and_time(laps: list[str], lap: int | None) -> None:
    lines = ["m-warmup-done", *laps, "m-infer-done", "m-results-[0.125,-1.000]"]
    client, device = _client({"infer": lines})
    assert client.infer(7, 2) == Answer((0.125, -1.0), lap)
    assert device.commands[-1] == "infer 7 2"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["e-[the arena is too small]"], "refused: the arena is too small"),
        (["m-results-[1.0]", "m-lap-us-1"], "not the protocol's"),
        (["m-lap-us-1", "m-lap-us-2"], "not the protocol's"),
        (["m-results-[1.0,-]"], "not the protocol's"),
    ],
)
def test_what_is_no_answer_is_told(lines: list[str], said: str) -> None:
    client, _ = _client({"infer": lines})
    with pytest.raises(LinkError, match=said):
        client.infer(1, 0)


def test_a_load_that_the_device_does_not_finish_is_told() -> None:
    client, _ = _client({"db": []})
    with pytest.raises(LinkError, match=r'"db" is not the protocol\'s'):
        client.load(b"12")


class _Silent(_Device):
    def write(self, data: bytes) -> None:
        pass


def test_a_device_that_speaks_something_else_is_told_in_time() -> None:
    with pytest.raises(LinkError, match="no answer in the MLPerf Tiny protocol"):
        Client(_Silent({}, boots_with=b"\0\0frames\0"), deadlines=Deadlines(connect_s=0.3))
