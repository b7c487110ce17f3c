"""One end of a pseudo terminal, served by a thread for the length of a ``with``."""

from __future__ import annotations

import os
import pty
import threading
import tty
from abc import ABC, abstractmethod
from typing import Self


class PtyEnd(ABC):
    """``port`` is what the host opens."""

    def __init__(self) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()
        for end in (self._master, self._slave):
            os.close(end)

    @abstractmethod
    def _serve(self) -> None:
        """Speak until ``_over``."""
