"""MLPerf Tiny, driven from here: performance and accuracy mode, against the quality targets."""

from tinyedge.mlperf.rules import RUNS, TASKS, Task, own
from tinyedge.mlperf.run import Entry, accuracy, performance, suite
from tinyedge.mlperf.stimuli import Stimuli, read, stand_ins

__all__ = [
    "RUNS",
    "TASKS",
    "Entry",
    "Stimuli",
    "Task",
    "accuracy",
    "own",
    "performance",
    "read",
    "stand_ins",
    "suite",
]
