"""Ctrl-C while TensorFlow works comes where it does no harm, and is never lost."""

import os
import signal
import threading
from typing import Any

import pytest

from tinyedge.backend import held


def _ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_it_comes_at_the_end_of_what_it_must_not_break() -> None:
    done = []

    def work() -> None:
        with held():
            _ctrl_c()
            done.append(True)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_it_comes_before_where_that_is_asked_for() -> None:
    done = []

    def work() -> None:
        with held() as check:
            check()  # nothing has come
            _ctrl_c()
            done.append(True)
            check()
            done.append(True)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert len(done) == 1


def test_the_second_waits_for_nothing() -> None:
    done = []

    def work() -> None:
        with held():
            _ctrl_c()
            done.append(True)
            _ctrl_c()
            done.append(True)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert len(done) == 1


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
