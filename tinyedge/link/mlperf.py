"""The host's side of the MLPerf Tiny protocol: commands of text, answered up to ``m-ready``."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from time import monotonic

from tinyedge.errors import LinkError
from tinyedge.link import messages
from tinyedge.link.transport import SerialTransport, Transport

LONGEST = 80
"""Characters of a command, without the % that ends it."""

_END = b"m-ready\r\n"
_BYTES_A_COMMAND = (LONGEST - len("db ")) // 2
_AGAIN_S = 2.0
_MODEL = re.compile(r"m-model-\[([^\]]+)\]")
_RESULTS = re.compile(r"m-results-\[([-+.,0-9e]+)\]")
_LAP = re.compile(r"m-lap-us-(\d+)")
_REFUSED = re.compile(r"e-\[(.*)\]")
_REFLASH = 'build and flash the firmware again ("tinyedge flash --protocol mlperf")'


@dataclass(frozen=True)
class Deadlines:
    """Seconds until a device counts as gone: to begin with, for a command, for inferences."""

    connect_s: float = 20.0
    answer_s: float = 20.0
    infer_s: float = 900.0


@dataclass(frozen=True)
class Answer:
    """Of ``infer``: the model's results, and the device's microseconds between its two stamps.

    ``lap_us`` is None for firmware in energy mode, whose stamps are edges of a pin.
    """

    results: tuple[float, ...]
    lap_us: int | None


class Client:
    """One device that speaks the protocol. Every call raises LinkError if it is silent or refuses.

    ``url``: a serial port, a pyserial URL, or a transport that is open already.
    """

    def __init__(
        self, url: str | Transport, baud: int = 115200, deadlines: Deadlines | None = None
    ) -> None:
        self._deadlines = deadlines or Deadlines()
        self._transport = SerialTransport(url, baud) if isinstance(url, str) else url
        self._heard = b""
        try:
            self._synchronize()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the port back; the device goes on."""
        self._transport.close()

    def model(self) -> str:
        """The benchmark that the firmware says it is: "kws01"."""
        for line in self.command("profile"):
            found = _MODEL.fullmatch(line)
            if found:
                return found[1]
        raise self._nonsense("profile")

    def load(self, data: bytes) -> None:
        """Put one input into the device's buffer, as the benchmark's data set holds it."""
        self.command(f"db load {len(data)}")
        said: list[str] = []
        for at in range(0, len(data), _BYTES_A_COMMAND):
            said = self.command(f"db {data[at : at + _BYTES_A_COMMAND].hex()}")
        if "m-load-done" not in said:
            raise self._nonsense("db")

    def infer(self, count: int, warmups: int) -> Answer:
        """Run ``warmups`` inferences, then ``count`` between two time stamps."""
        lines = self.command(f"infer {count} {warmups}", self._deadlines.infer_s)
        laps = [int(found[1]) for line in lines if (found := _LAP.fullmatch(line))]
        results = [found[1] for line in lines if (found := _RESULTS.fullmatch(line))]
        if len(results) != 1 or len(laps) not in (0, 2):
            raise self._nonsense("infer")
        try:
            values = tuple(float(part) for part in results[0].split(","))
        except ValueError as error:
            raise self._nonsense("infer") from error
        return Answer(values, laps[1] - laps[0] if laps else None)

    def command(self, text: str, limit_s: float | None = None) -> list[str]:
        """Send one command; return the lines of its answer, without the last, ``m-ready``."""
        if len(text) > LONGEST:
            raise ValueError(f"a command has {len(text)} characters, at most {LONGEST}")
        self._transport.write(f"{text}%".encode())
        within = self._deadlines.answer_s if limit_s is None else limit_s
        lines = self._answer(text, monotonic() + within, within)
        for line in lines:
            refused = _REFUSED.fullmatch(line)
            if refused:
                raise LinkError(
                    f'{self._transport.name}: "{text}" is refused: {refused[1]}', _REFLASH
                )
        return [line for line in lines if not line.startswith("m-log-")]

    def _answer(self, text: str, until: float, within: float) -> list[str]:
        while _END not in self._heard:
            left = until - monotonic()
            if left <= 0:
                raise LinkError(
                    f'{self._transport.name}: no answer to "{text}" within {within:.0f} s',
                    "check port, baud rate and power; does the firmware speak mlperf?",
                )
            self._heard += self._transport.read(left)
        answer, _, self._heard = self._heard.partition(_END)
        return [messages.plain(line) for line in answer.split(b"\r\n")[:-1]]

    def _synchronize(self) -> None:
        """Ask for a word that is none, and each time another, until it is answered.

        What a board is sent while it starts is lost, and what it still had to say comes first.
        """
        until = monotonic() + self._deadlines.connect_s
        for attempt in itertools.count():
            self._transport.write(f"sync{attempt}%".encode())
            wanted = f"e-[Unknown command: sync{attempt}]\r\n".encode() + _END
            again = min(until, monotonic() + _AGAIN_S)
            while monotonic() < again:
                self._heard += self._transport.read(0.2)
                if self._heard.endswith(wanted):
                    self._heard = b""
                    return
            if monotonic() >= until:
                raise LinkError(
                    f"{self._transport.name}: no answer in the MLPerf Tiny protocol within "
                    f"{self._deadlines.connect_s:.0f} s",
                    'check port, baud rate and power; flash with "--protocol mlperf"',
                )

    def _nonsense(self, command: str) -> LinkError:
        return LinkError(
            f'{self._transport.name}: the answer to "{command}" is not the protocol\'s', _REFLASH
        )
