"""Headless Chromium through its DevTools protocol, over a pipe: no port, no driver, no package."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.tools import missing

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
#: The pipe's ends must be file descriptors 3 and 4: a shell puts stdin and stdout there.
PIPES = ["sh", "-c", 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null', "sh"]
FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",  # root has none
    "--disable-dev-shm-usage",  # /dev/shm of a container is small
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--no-first-run",
)
_DEADLINE_S = 120.0

#: elements that reach over the right edge, but for those in a container that scrolls
OVERFLOWING = """(() => {
  const width = document.documentElement.clientWidth;
  const scrolls = (e) => e && e !== document.documentElement &&
    (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(e).overflowX)
      || scrolls(e.parentElement));
  return [...document.querySelectorAll("body, body *")]
    .filter((e) => e.getClientRects().length && !scrolls(e.parentElement))
    .map((e) => [e, e.getBoundingClientRect()])
    .filter(([e, box]) => box.right > width + 0.5 || box.left < -0.5)
    .map(([e, box]) => `${e.tagName.toLowerCase()}.${e.className} ${box.left} to ${box.right}`)
    .slice(0, 20);
})()"""


class Browser:
    """One process; use as a context manager. Skips (or fails, in CI) where there is none."""

    def __init__(self) -> None:
        found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
        if found is None:
            missing('the program "chromium"', '"CI=true make setup" installs it')
        assert found is not None
        if not Path("/proc/self").exists():  # a change of root without it
            missing("/proc, which chromium needs,", '"mount -t proc proc /proc" gives it')
        self._folder = tempfile.TemporaryDirectory(prefix="tinyedge-browser-")
        argv = [*PIPES, found, *FLAGS, f"--user-data-dir={self._folder.name}", "about:blank"]
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "HOME": self._folder.name},
        )
        self._numbers = itertools.count(1)
        self._pending = b""
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_error: object) -> None:
        with contextlib.suppress(OSError, EOFError):
            self.send("Browser.close")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(20)
        with contextlib.suppress(ProcessLookupError):  # its helpers, if they have stayed
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(20)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()
        _remove(self._folder)

    def send(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """One command; its result. Events that come before it are kept."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\0")
        self._process.stdin.flush()
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def wait(self, method: str, session: str) -> None:
        """Until that event has come."""
        while not any(
            (e.get("method"), e.get("sessionId")) == (method, session) for e in self.events
        ):
            self.events.append(self._receive())

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        while b"\0" not in self._pending:
            ready, _, _ = select.select([pipe], [], [], _DEADLINE_S)
            assert ready, f"chromium is silent for {_DEADLINE_S:.0f} s"
            data = os.read(pipe, 1 << 16)
            if not data:
                raise EOFError("chromium has ended")
            self._pending += data
        text, _, self._pending = self._pending.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message

    @contextlib.contextmanager
    def page(
        self, url: str, *, width: int, scheme: str = "light", scripts: bool = True
    ) -> Iterator[Page]:
        """A page that has loaded, ``width`` pixels wide; a narrow one as on a phone."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.send(f"{domain}.enable")
        phone = width < 700
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": phone}
        page.send("Emulation.setDeviceMetricsOverride", **size)
        media = [{"name": "prefers-color-scheme", "value": scheme}]
        page.send("Emulation.setEmulatedMedia", features=media)
        page.send("Emulation.setScriptExecutionDisabled", value=not scripts)
        page.send("Page.navigate", url=url)
        self.wait("Page.loadEventFired", session)
        yield page
        self.send("Target.closeTarget", targetId=target)


class Page:
    """One open page."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """A command to this page."""
        return self._browser.send(method, self._session, **params)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression."""
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def overflowing(self) -> list[str]:
        """What is wider than the page, with the page's own width if that has grown."""
        grown = self.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        found: list[str] = self.evaluate(OVERFLOWING)
        return [f"page by {grown} pixels", *found] if grown > 0 else found

    def problems(self) -> list[str]:
        """Errors and warnings of the console, exceptions, and requests to anywhere."""
        self.evaluate("1")  # what is on its way has come after this
        found = []
        for event in self._browser.events:
            if event.get("sessionId") != self._session:
                continue
            found += _problem(event["method"], event["params"])
        return found


def _problem(method: str, params: dict[str, Any]) -> list[str]:
    if method == "Runtime.exceptionThrown":
        return [str(params["exceptionDetails"].get("exception", params["exceptionDetails"]))]
    if method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
        return [f"console.{params['type']}: {[a.get('value') for a in params['args']]}"]
    if method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
        return [params["entry"]["text"]]
    if method == "Network.requestWillBeSent":
        url = params["request"]["url"]
        return [] if url.startswith(("file:", "data:", "about:")) else [f"request to {url}"]
    return []


def _remove(folder: tempfile.TemporaryDirectory[str]) -> None:
    """Its helpers may still write there while they end."""
    until = time.monotonic() + _DEADLINE_S
    while Path(folder.name).exists() and time.monotonic() < until:
        with contextlib.suppress(OSError):
            folder.cleanup()
