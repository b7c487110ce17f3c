"""A locked device: every request is decided, and what is not is refused."""

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support import learning
from tests.support.learning import CLASSES
from tinyedge.emit import board_files
from tinyedge.learn.sgd import Settings, Trainer
from tinyedge.link import locked
from tinyedge.link import protocol as p
from tinyedge.resources import root

#: what sends weights, what layers write, or what a sensor sees
TELLING = {"WATCH", "PROFILE", "MADE", "SENSE", "SHOW", "PACKED_SHOW", "LEARN_READ"}
#: what together tells what layers write: see test_what_training_answers_tells_features
TRAINING = {"LEARN_BEGIN", "LEARN_RATE", "LEARN_SAMPLE", "LEARN_DECIDE"}


def _requests() -> list[p.Type]:
    """Types below READY: those that a host sends."""
    return [kind for kind in p.Type if kind < p.ANSWER]


def test_every_request_is_decided() -> None:
    undecided = [kind.name for kind in _requests() if kind not in locked.DECISIONS]
    assert not undecided, "decide in tinyedge/link/locked.py whether a locked device answers"
    assert set(locked.DECISIONS) == set(_requests())
    assert all(decision.why for decision in locked.DECISIONS.values())


def test_what_tells_is_refused() -> None:
    refused = {kind.name for kind, found in locked.DECISIONS.items() if not found.allowed}
    assert refused >= TELLING | TRAINING
    assert not refused & {kind.name for kind in locked.allowed()}


def test_the_device_has_the_same_list() -> None:
    (listed,) = re.findall(r"#define TE_LOCKED_ALLOWS ((?:.*\\\n)*)", board_files.protocol_header())
    assert re.findall(r"TE_TYPE_(\w+)", listed) == [kind.name for kind in locked.allowed()]


def test_the_table_of_the_documentation_is_this_one() -> None:
    text = (root("tinyedge").parent / "docs" / "authentication.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (yes|no) \| (.+) \|$", text, re.MULTILINE)
    expected = [
        (kind.name, "yes" if found.allowed else "no", found.why)
        for kind, found in locked.DECISIONS.items()
    ]
    assert rows == expected


def test_what_training_answers_tells_features(tmp_path: Path) -> None:
    """Why: a step on one input, and how far it moves the logits of another, is their product."""
    path = tmp_path / "learner.tflite"
    path.write_bytes(learning.model(np.random.default_rng(4)))
    layer = learning.head(path).layers[0]
    inputs = np.random.default_rng(1).integers(-128, 128, (2, 12), np.int8)
    features = [learning.features(path, x) for x in inputs]
    real = [(f.astype(float) - layer.input_zero_point) * float(layer.input_scale) for f in features]
    trainer = Trainer(learning.head(path), Settings(learning_rate=1e-30, momentum=0.0, batch=1))

    def answers(index: int) -> NDArray[np.float64]:
        """What LEARN_SAMPLE says of an input; the rate is too small to change a weight."""
        trainer.rate(1e-30)
        return np.array([trainer.sample(features[index], c).probability for c in range(CLASSES)])

    of_step, before = answers(0), answers(1)
    trainer.rate(0.01)
    trainer.sample(features[0], 2)
    after = answers(1)
    pulled = 0.01 * (of_step - np.eye(CLASSES)[2])  # of each logit, for each unit of the product
    two = np.argsort(np.minimum(before, after))[-2:]  # that are not 0
    moved = np.log(before[two] / after[two])
    told = (moved[0] - moved[1]) / (pulled[two[0]] - pulled[two[1]]) - 1
    assert told == pytest.approx(real[0] @ real[1], rel=1e-3)
