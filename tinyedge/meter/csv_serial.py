"""A monitor that writes a line of CSV for each measurement to a serial port.

A line is ``time,current,voltage`` or ``time,current,voltage,mark``: seconds, amperes, volts, and
1 or 0 of the input that the device's mark is wired to. Lines that begin with ``#`` are comments,
and the line in whose middle the port was opened and headers are skipped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tinyedge.errors import ConfigError
from tinyedge.link.transport import SerialTransport
from tinyedge.meter.samples import Sample

BAUD = 115_200
_LONGEST = 256  # bytes of a line
_MARKS = {"0": False, "1": True}


class CsvMeter:
    """``where``: a serial port or a pyserial URL, with ``@BAUD`` behind it if it is not 115200."""

    def __init__(self, where: str) -> None:
        url, _, baud = where.partition("@")
        if not url or (baud and not baud.isdecimal()):
            raise ConfigError(
                f'--meter csv:{where}: "{where}" is no port', "e.g. csv:/dev/ttyACM1@921600"
            )
        self.damaged = 0
        self._url, self._baud = url, int(baud or BAUD)
        self._port: SerialTransport | None = None
        self._pending, self._begun = b"", False
        self._last: Sample | None = None

    def open(self) -> None:
        """See PowerMeter."""
        self._port = SerialTransport(self._url, self._baud)

    def read(self, timeout_s: float) -> Sequence[Sample]:
        """See PowerMeter."""
        assert self._port is not None
        self._pending += self._port.read(timeout_s)
        *lines, rest = self._pending.split(b"\n")
        self._pending = rest[-_LONGEST:]
        if lines and not self._begun:
            self._begun = True
            del lines[0]  # the port may have been opened in the middle of it
        return [sample for line in lines if (sample := self._parsed(line)) is not None]

    def close(self) -> None:
        """See PowerMeter."""
        if self._port is not None:
            self._port.close()

    def _parsed(self, line: bytes) -> Sample | None:
        """None for a comment, for what comes before the first sample, and for what is damaged."""
        text = line.strip()
        if not text or text.startswith(b"#"):
            return None
        sample, last = parse(text), self._last
        if sample is None or (last is not None and not _follows(sample, last)):
            self.damaged += last is not None
            return None
        self._last = sample
        return sample


def parse(line: bytes) -> Sample | None:
    """One line -> Sample, or None if it is none."""
    cells = [cell.strip() for cell in line.decode(errors="replace").split(",")]
    if len(cells) not in (3, 4) or (len(cells) == 4 and cells[3] not in _MARKS):
        return None
    try:
        seconds, amperes, volts = (float(cell) for cell in cells[:3])
    except ValueError:
        return None
    if not math.isfinite(seconds + amperes + volts):
        return None
    mark = _MARKS[cells[3]] if len(cells) > 3 else None
    return Sample(seconds, amperes, volts, mark)


def _follows(sample: Sample, last: Sample) -> bool:
    return sample.time_s > last.time_s and (sample.mark is None) == (last.mark is None)
