"""``python -m tests.kills.child N VERB ...``: tinyedge, killed before its Nth change of a file.

N of 0 lets it end, and prints how many changes there were.
"""

import os
import signal
import sys

from tinyedge.cli import cli

CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.chmod", "subprocess.Popen"}


class Count:
    """Counts, as Python's audit hook; the process dies in the middle of the call."""

    def __init__(self, at: int) -> None:
        self.seen, self._at = 0, at

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in CHANGES or (event == "open" and _writes(arguments[2])):
            self.seen += 1
            if self.seen == self._at:
                os.kill(os.getpid(), signal.SIGKILL)


def _writes(flags: object) -> bool:
    return isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR) != 0


if __name__ == "__main__":
    count = Count(int(sys.argv[1]))
    sys.addaudithook(count)
    cli(sys.argv[2:], standalone_mode=False)
    sys.stdout.write(f"\nchanges: {count.seen}\n")
