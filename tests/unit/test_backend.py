"""Ctrl-C while TensorFlow works comes where it does no harm, and is never lost."""

import os
import signal
import threading
from typing import Any

import pytest

from tinyedge.backend import held


def _ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize(
    ("pressed", "asks", "reached"),
    [(1, False, ["pressed", "end"]), (1, True, ["pressed"]), (2, False, ["pressed"])],
    ids=["at the end", "where it is asked for", "the second waits for nothing"],
)
def test_it_comes_where_it_does_no_harm(pressed: int, asks: bool, reached: list[str]) -> None:
    steps = []

    def work() -> None:
        with held() as check:
            check()  # nothing has come
            for _ in range(pressed):
                _ctrl_c()
                steps.append("pressed")
            if asks:
                check()
            steps.append("end")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert steps == reached
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda *_: None], ids=["ignored", "other"])
def test_the_handler_of_somebody_else_stays(handler: Any) -> None:
    before = signal.signal(signal.SIGINT, handler)
    try:
        with held() as check:
            assert signal.getsignal(signal.SIGINT) is handler
            _ctrl_c()
            check()
    finally:
        signal.signal(signal.SIGINT, before)


def test_threads_hold_nothing() -> None:
    entered = []

    def work() -> None:
        with held() as check:
            check()
            entered.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert entered == [signal.default_int_handler]
