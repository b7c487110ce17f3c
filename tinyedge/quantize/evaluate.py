"""Accuracy of an int8 model on a whole split, by the TFLM reference, on all cores."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed

import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset import Split
from tinyedge.graph import read_tflite
from tinyedge.oracle import Oracle
from tinyedge.quantize.inputs import inputs

Advance = Callable[[int, int], None]
"""Called with (done, total) samples."""

_CHUNK = 25  # samples a task: what Ctrl-C waits for
_MOST_WORKERS = 8  # each holds a few hundred megabytes of Python
_ALONE = 500  # samples that are done sooner here than other processes start


def accuracy(tflite: bytes, split: Split, progress: Advance) -> float:
    """Fraction of the split's samples whose greatest output is the label's."""
    (tensor,) = read_tflite.read(tflite, "model").inputs
    samples = inputs(split, tensor.q)
    progress(0, len(samples))
    work = _here if len(samples) <= _ALONE else _everywhere
    return float(np.mean(work(tflite, samples, progress) == split.labels))


def _here(tflite: bytes, samples: NDArray[np.int8], progress: Advance) -> NDArray[np.int64]:
    oracle = Oracle(tflite)
    answers = _classify(oracle, samples)
    progress(len(samples), len(samples))
    return answers


def _everywhere(tflite: bytes, samples: NDArray[np.int8], progress: Advance) -> NDArray[np.int64]:
    answers = np.empty(len(samples), np.int64)
    done = 0
    # spawn: TensorFlow's threads do not survive a fork
    pool = ProcessPoolExecutor(
        max_workers=min(os.cpu_count() or 1, _MOST_WORKERS),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(tflite,),
    )
    try:
        starts = range(0, len(samples), _CHUNK)
        tasks = {pool.submit(_task, samples[at : at + _CHUNK]): at for at in starts}
        for task in as_completed(tasks):
            answers[tasks[task] : tasks[task] + _CHUNK] = task.result()
            done += len(task.result())
            progress(done, len(samples))
    finally:
        pool.shutdown(cancel_futures=True)  # a "with" would finish every task first
    return answers


def _classify(oracle: Oracle, samples: NDArray[np.int8]) -> NDArray[np.int64]:
    return np.array([int(oracle.run([sample])[0].argmax()) for sample in samples], np.int64)


_worker: Oracle | None = None  # of this worker process


def _begin(tflite: bytes) -> None:
    global _worker  # noqa: PLW0603 - a pool's initializer has no other place
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    _worker = Oracle(tflite)


def _task(samples: NDArray[np.int8]) -> NDArray[np.int64]:
    assert _worker is not None
    return _classify(_worker, samples)
