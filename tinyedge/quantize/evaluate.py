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
from tinyedge.train import tasks
from tinyedge.train.architectures import Task

Advance = Callable[[int, int], None]
"""Called with (done, total) samples."""

_CHUNK = 25  # samples a task: what Ctrl-C waits for
_MOST_WORKERS = 8  # each holds a few hundred megabytes of Python
_ALONE = 500  # samples that are done sooner here than other processes start


def accuracy(tflite: bytes, split: Split, task: Task, progress: Advance) -> float:
    """Fraction of the split's samples whose greatest output is the label's.

    For a network that repeats its input: the area under the ROC curve of its error.
    """
    graph = read_tflite.read(tflite, "model")
    samples = inputs(split, graph.inputs[0].q)
    progress(0, len(samples))
    work = _here if len(samples) <= _ALONE else _everywhere
    answers = work(tflite, samples, progress)
    if task == "classify":
        return float(np.mean(answers.reshape(len(samples), -1).argmax(axis=1) == split.labels))
    wanted, got = (
        (values.astype(np.float64) - tensor.q.zero_point) * tensor.q.scale
        for values, tensor in ((samples, graph.inputs[0]), (answers, graph.outputs[0]))
    )
    return tasks.auc(tasks.errors(wanted, got), split.labels)


def _here(tflite: bytes, samples: NDArray[np.int8], progress: Advance) -> NDArray[np.int8]:
    oracle = Oracle(tflite)
    answers = _answers(oracle, samples)
    progress(len(samples), len(samples))
    return answers


def _everywhere(tflite: bytes, samples: NDArray[np.int8], progress: Advance) -> NDArray[np.int8]:
    answers: NDArray[np.int8] | None = None
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
        pending = {pool.submit(_task, samples[at : at + _CHUNK]): at for at in starts}
        for task in as_completed(pending):
            some = task.result()
            if answers is None:
                answers = np.empty((len(samples), *some.shape[1:]), np.int8)
            answers[pending[task] : pending[task] + _CHUNK] = some
            done += len(some)
            progress(done, len(samples))
    finally:
        pool.shutdown(cancel_futures=True)  # a "with" would finish every task first
    assert answers is not None
    return answers


def _answers(oracle: Oracle, samples: NDArray[np.int8]) -> NDArray[np.int8]:
    return np.array([oracle.run([sample])[0].ravel() for sample in samples], np.int8)


_worker: Oracle | None = None  # of this worker process


def _begin(tflite: bytes) -> None:
    global _worker  # noqa: PLW0603 - a pool's initializer has no other place
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    _worker = Oracle(tflite)


def _task(samples: NDArray[np.int8]) -> NDArray[np.int8]:
    assert _worker is not None
    return _answers(_worker, samples)
