"""TensorFlow, imported only when needed, quiet and deterministic."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any

from tinyedge.errors import ToolError

# sums of floats depend on how work is cut up: fixed, whatever the machine's number of cores
THREADS = 2
_PACKAGES = ("tensorflow", "tf-keras")
_ENVIRONMENT = {
    "TF_USE_LEGACY_KERAS": "1",  # Keras 2, which tensorflow-model-optimization needs
    "TF_ENABLE_ONEDNN_OPTS": "0",  # oneDNN picks kernels by machine, and results with them
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_DETERMINISTIC_OPS": "1",
}


@dataclass(frozen=True)
class Backend:
    """The two modules everything is done with."""

    tf: Any
    keras: Any


def versions() -> dict[str, str]:
    """Installed versions, without importing anything. Raises ToolError if one is missing."""
    try:
        return {name: metadata.version(name) for name in _PACKAGES}
    except metadata.PackageNotFoundError as error:
        raise _missing(str(error.name)) from error


@cache
def load() -> Backend:
    """Import TensorFlow and tf_keras. Raises ToolError saying what to install."""
    os.environ.update(_ENVIRONMENT)
    with held(), quiet():
        try:
            import tensorflow as tf  # noqa: PLC0415 - seconds, and an extra
            import tf_keras  # noqa: PLC0415
        except ImportError as error:
            raise _missing(error.name or "tensorflow") from error
        tf.get_logger().setLevel("ERROR")
        tf.config.threading.set_intra_op_parallelism_threads(THREADS)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.experimental.enable_op_determinism()
    return Backend(tf, tf_keras)


def _missing(package: str) -> ToolError:
    return ToolError(
        f"training needs {package}, which is not installed", 'run pip install "tinyedge[train]"'
    )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what C++ code writes to standard error off the terminal."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as sink:
        os.dup2(sink.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)


@contextlib.contextmanager
def held() -> Iterator[Callable[[], None]]:
    """Hold Ctrl-C back inside the ``with``; its KeyboardInterrupt comes at the end of it.

    The function that it gives raises it before, where that is safe: raised while TensorFlow traces
    a network, it ends the process with a segmentation fault, or with memory freed that was not
    its. A second Ctrl-C waits for nothing. Outside of the main thread, and where SIGINT is ignored
    or has another handler, nothing is held.
    """
    came = 0

    def note(*_: object) -> None:
        nonlocal came
        came += 1
        if came > 1:
            raise KeyboardInterrupt

    def check() -> None:
        if came:
            raise KeyboardInterrupt

    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not usual or threading.current_thread() is not threading.main_thread():
        yield check
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    check()
