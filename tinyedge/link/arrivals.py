"""What a device sends, frame by frame, until a deadline."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from time import monotonic

from tinyedge.link.auth import Seal
from tinyedge.link.framing import Decoder, Frame
from tinyedge.link.traffic import Traffic
from tinyedge.link.transport import Transport


class Arrivals:
    """Frames of a transport, in order; with a ``seal`` what it has opened.

    ``unsealed``: frames that were dropped because it does not vouch for them.
    """

    def __init__(self, transport: Transport, traffic: Traffic) -> None:
        self._transport, self._traffic = transport, traffic
        self._decoder = Decoder()
        self._frames: deque[Frame] = deque()
        self.seal: Seal | None = None
        self.unsealed = 0

    @property
    def damaged(self) -> int:
        """Damaged frames that were dropped."""
        return self._decoder.damaged

    def until(self, deadline: float) -> Iterator[Frame]:
        """Frames as they come, and what is there at the deadline, once: some devices never stop.

        ``deadline``: by time.monotonic. Frames that are not taken stay for the next call.
        """
        left = 1.0
        while self._frames or left > 0:
            while self._frames:
                frame = self._frames.popleft()
                opened = self.seal.heard(frame) if self.seal else frame
                if opened is not None:
                    yield opened
                self.unsealed += opened is None
            if left > 0:
                left = deadline - monotonic()
                self._receive(self._transport.read(max(0.0, left)))

    def _receive(self, data: bytes) -> None:
        found = self._decoder.feed(data)
        self._frames.extend(found)
        self._traffic.bytes_received += len(data)
        self._traffic.frames_received += len(found)
