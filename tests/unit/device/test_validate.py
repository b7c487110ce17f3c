"""Every differing byte is found and told; accuracies are of the answers, not of the labels."""

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from tests.support.fake_device import FakeDevice
from tests.support.tflite_writer import ModelWriter
from tinyedge import samples as sampling
from tinyedge.cli.validate import require_equal
from tinyedge.device.validate import Reference, confusion, mismatch, validate
from tinyedge.errors import CheckFailed, LinkError
from tinyedge.graph import read_tflite
from tinyedge.oracle import Oracle
from tinyedge.results import ByteDifference, ResultsOnly, ValidateReport
from tinyedge.samples import Samples


def _model() -> bytes:
    model = ModelWriter()
    x = model.input((1, 3), scale=1.0, zero_point=0)
    weights = np.eye(3, dtype=np.int8)
    y = model.fully_connected(
        x, weights=weights, weight_scales=[1.0], bias=None, scale=1.0, zero_point=0
    )
    return model.finish(y)


TFLITE = _model()
GRAPH = read_tflite.read(TFLITE, "identity")
INPUTS = np.array([[9, 0, 0], [0, 9, 0], [0, 0, 9], [9, 0, 0]], np.int8)
LABELS = np.array([0, 1, 2, 1])  # the last is not what the model answers
GIVEN = Samples("made", (INPUTS,), LABELS, class_names=("a", "b", "c"))


def _validate(given: Samples, wrong: tuple[int, ...] = ()) -> ValidateReport:
    device = FakeDevice(GRAPH, TFLITE, wrong)
    return validate(
        device.session, Oracle(TFLITE), given, model="identity", elf_sha256=None, url="fake"
    )


def test_equal_answers_hold_whatever_the_labels_say() -> None:
    report = _validate(GIVEN)
    assert report.held
    assert (report.samples, report.mismatches, report.first_mismatch) == (4, 0, None)
    assert (report.device_accuracy, report.host_accuracy) == (0.75, 0.75)
    assert report.confusion == ((1, 0, 0), (1, 1, 0), (0, 0, 1))
    assert (report.model, report.sha256, report.board) == (
        "identity",
        GRAPH.sha256,
        "netduinoplus2",
    )


def test_the_answers_are_kept_and_the_line_is_counted_from_the_first_sample() -> None:
    report = _validate(GIVEN)
    assert report.answers == (0, 1, 2, 0)
    assert _validate(sampling.random(GRAPH, 5)).answers == ()
    link = report.link
    assert link is not None
    assert (link.frames_sent, link.round_trips, link.damaged_device) == (4, 4, 4)
    assert link.rtt_ms == (2.0, 4.0, 4.0, 4.0)


def test_the_first_different_byte_is_told() -> None:
    report = _validate(GIVEN, wrong=(1, 3))
    assert not report.held
    assert report.mismatches == 2
    first = report.first_mismatch
    assert first is not None
    assert (first.sample, first.differing_bytes, first.output_bytes) == (1, 1, 3)
    assert first.differences == (ByteDifference(output=0, offset=2, expected=0, got=1),)


class _Other:
    """A reference that finds class 0 in everything."""

    def run(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        return [np.array([[9, 1, 2]], np.int8)]


def test_of_class_and_score_alone_each_difference_is_told() -> None:
    def alone(reference: Reference, wrong: tuple[int, ...] = ()) -> ValidateReport:
        device = FakeDevice(GRAPH, TFLITE, wrong)
        return validate(
            device.session,
            reference,
            GIVEN,
            model="identity",
            elf_sha256=None,
            url="fake",
            results_only=True,
        )

    good = alone(Oracle(TFLITE), wrong=(1,))  # a byte that is neither class nor score
    assert (good.held, good.mismatches, good.answers) == (True, 0, (0, 1, 2, 0))
    assert (good.device_accuracy, good.host_accuracy) == (0.75, 0.75)
    assert good.results_only == ResultsOnly(differing_classes=0, first_difference="")
    score = alone(Oracle(TFLITE), wrong=(2,))
    assert (score.held, score.mismatches, score.first_mismatch) == (False, 1, None)
    assert score.results_only == ResultsOnly(
        differing_classes=0,
        first_difference="sample 2: class 2 with score 8, not class 2 with score 9",
    )
    other = alone(_Other())
    assert other.mismatches == 2
    assert other.results_only == ResultsOnly(
        differing_classes=2,
        first_difference="sample 1: class 1 with score 9, not class 0 with score 9",
    )
    for report, words in ((score, "score 8, not"), (other, "class 1 with")):
        with pytest.raises(CheckFailed, match=words):
            require_equal(report)


def test_without_labels_there_is_no_accuracy() -> None:
    report = _validate(sampling.random(GRAPH, 5))
    assert (report.device_accuracy, report.host_accuracy, report.confusion) == (None, None, None)
    assert report.inputs == "pseudo-random, seed 1"


def test_a_file_whose_outputs_are_another_models_is_a_failed_check() -> None:
    good = Samples("v.npz", (INPUTS,), outputs=(INPUTS,))
    assert _validate(good).held
    other = INPUTS.copy()
    other[2, 0] = 1
    with pytest.raises(CheckFailed, match="outputs of sample 2"):
        _validate(Samples("v.npz", (INPUTS,), outputs=(other,)))


def test_progress_goes_from_nothing_to_all() -> None:
    heard: list[tuple[int, int]] = []
    device = FakeDevice(GRAPH, TFLITE)
    validate(
        device.session,
        Oracle(TFLITE),
        GIVEN,
        model="identity",
        elf_sha256=None,
        url="fake",
        progress=lambda done, total: heard.append((done, total)),
    )
    assert heard == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_only_the_first_differences_are_listed() -> None:
    found = mismatch(7, [bytes(40), b"ab"], [bytes([1] * 40), b"ax"])
    assert found.differing_bytes == 41
    assert len(found.differences) == 16
    assert found.sample == 7
    with pytest.raises(LinkError, match="other sizes"):
        mismatch(0, [b"ab"], [b"abc"])


def test_confusion_counts_rows_by_label() -> None:
    assert confusion([1, 1, 0], np.array([0, 0, 1]), 2) == ((0, 2), (1, 0))
    assert confusion([1], None, 2) is None
    assert confusion([0], np.array([0]), 0) is None


def test_the_result_survives_json() -> None:
    report = _validate(GIVEN, wrong=(0,))
    assert msgspec.json.decode(msgspec.json.encode(report), type=ValidateReport) == report
