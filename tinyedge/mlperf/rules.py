"""The benchmark's rules: tasks, quality targets, how often an inference is timed.

From mlcommons/tiny (v1.2 and v1.3 agree): benchmark/MLPerfTiny_Rules.adoc has the quality targets,
benchmark/runner/tests_performance.yaml the inferences, warm-ups and loops, and its script.py that
the loops together take ten seconds or more; the README of benchmark/evaluation/datasets has the
files' layout and numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tinyedge.train import tasks

RUNS = 5
"""Timed runs; the median counts."""

SECONDS = 10.0
"""That each run takes at least, where the device's clock tells time."""

Metric = Literal["top-1", "AUC"]


@dataclass(frozen=True)
class Task:
    """One benchmark. ``target``: what its metric must reach, 0 to 1; None: nothing is asked.

    A run times ``inferences`` after ``warmups``; ``stimuli``: files of the official data set; 0:
    there is none.
    """

    id: str
    metric: Metric
    target: float | None
    inferences: int
    warmups: int
    stimuli: int = 0

    def score(self, answers: list[tuple[float, ...]], labels: list[int]) -> float:
        """The metric over ``answers``, one a stimulus. AUC: the first result is an error."""
        if self.metric == "top-1":
            right = [int(np.argmax(a)) == label for a, label in zip(answers, labels, strict=True)]
            return sum(right) / len(right)
        errors = np.array([answer[0] for answer in answers])
        return tasks.auc(errors, np.array(labels, np.int64))


TASKS = {
    task.id: task
    for task in (
        Task("kws01", "top-1", 0.90, inferences=70, warmups=10, stimuli=1000),
        Task("vww01", "top-1", 0.80, inferences=20, warmups=5, stimuli=1000),
        Task("ic01", "top-1", 0.85, inferences=20, warmups=5, stimuli=200),
        Task("ad01", "AUC", 0.85, inferences=1500, warmups=10, stimuli=248),
    )
}
"""The closed division's, but for the streaming wake word, which is sent over I2S."""


def own(name: str, target: float | None) -> Task:
    """A task that is no benchmark's: a classifier, timed like the image classification."""
    like = TASKS["ic01"]
    return Task(name, "top-1", target, inferences=like.inferences, warmups=like.warmups)
