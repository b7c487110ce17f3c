"""The device's answers against the TFLM reference, byte for byte, and against the labels."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol, TypeVar

import msgspec
import numpy as np

from tinyedge.errors import CheckFailed, LinkError
from tinyedge.link.learning import runs_learned
from tinyedge.link.messages import Inference, Status
from tinyedge.link.session import Session
from tinyedge.link.traffic import Traffic
from tinyedge.results import ByteDifference, LinkReport, Mismatch, ResultsOnly, ValidateReport
from tinyedge.samples import Array, Samples, answered, names_index

_SHOWN = 16  # differing bytes that a result lists
_FEWEST_CLASSES = 2
_T = TypeVar("_T")


class Reference(Protocol):
    """What says which answer is right."""

    def run(self, inputs: Sequence[Array]) -> list[Array]:
        """The outputs for one sample."""


class Shared:
    """A reference for several threads that send the same samples: each is computed once."""

    def __init__(self, inner: Reference) -> None:
        self._inner, self._lock = inner, Lock()
        self._known: dict[bytes, list[Array]] = {}

    def run(self, inputs: Sequence[Array]) -> list[Array]:
        """See Reference."""
        key = b"".join(array.tobytes() for array in inputs)
        with self._lock:
            if key not in self._known:
                self._known[key] = [array.copy() for array in self._inner.run(inputs)]
            return self._known[key]


@dataclass
class _Tally:
    mismatches: int = 0
    first: Mismatch | None = None
    classes: int = 0  # that differ, with results_only
    words: str = ""
    seconds: float = 0.0
    device: list[int] = field(default_factory=list)
    host: list[int] = field(default_factory=list)

    def timed(self, ask: Callable[[int], _T], number: int) -> _T:
        """What ``ask`` answers; its time counts."""
        started = time.perf_counter()
        answer = ask(number)
        self.seconds += time.perf_counter() - started
        return answer


_Judge = Callable[[int, Sequence[Array], _Tally], int]
"""Gets a sample's number and the reference's outputs; returns the device's class."""


def validate(
    session: Session,
    reference: Reference,
    samples: Samples,
    *,
    model: str,
    elf_sha256: str | None,
    url: str,
    baud: int = 115200,
    infer: Callable[[int], Inference] | None = None,
    results_only: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> ValidateReport:
    """Send every sample and compare every output byte with the reference.

    ``infer`` gets a sample's number and asks for its answer (default: sends the sample). With
    ``results_only`` class and score alone come back, and are compared.
    Raises LinkError if the device goes or refuses, CheckFailed if the samples' own expected
    outputs are not the reference's. A difference is no exception: the result says so.
    """
    tally = _Tally()

    def by_input(number: int) -> Inference:
        return session.infer(samples.payload(number))

    judge = _by_class(session, samples) if results_only else _by_bytes(infer or by_input)
    status, traffic = session.status(), session.traffic
    for number in samples.numbered(progress):
        _compare(judge, reference, samples, number, tally)
    traffic = session.traffic.since(traffic)
    link = _link(baud, traffic, status, session.status())
    report = _report(session, samples, tally, model=model, url=url, link=link)
    return msgspec.structs.replace(
        report,
        elf_sha256=elf_sha256,
        results_only=_results_only(tally) if results_only else None,
    )


def _report(
    session: Session,
    samples: Samples,
    tally: _Tally,
    *,
    model: str,
    url: str,
    link: LinkReport,
) -> ValidateReport:
    labels, hello = samples.labels, session.hello
    return ValidateReport(
        model=model,
        sha256=hello.sha256,
        board=hello.board,
        runtime=hello.runtime,
        elf_sha256=None,
        url=url,
        inputs=samples.source,
        samples=len(samples),
        mismatches=tally.mismatches,
        first_mismatch=tally.first,
        device_accuracy=_accuracy(tally.device, labels),
        host_accuracy=_accuracy(tally.host, labels),
        class_names=samples.class_names,
        answers=() if labels is None else tuple(tally.device),
        confusion=confusion(tally.device, labels, len(samples.class_names)),
        seconds=round(tally.seconds, 6),
        samples_per_second=round(len(samples) / max(tally.seconds, 1e-9), 3),
        link=link,
        learned=tally.mismatches > 0 and runs_learned(session),
        held=tally.mismatches == 0,
    )


def _link(baud: int, traffic: Traffic, before: Status, after: Status) -> LinkReport:
    """Percentiles in milliseconds; the device counts since it booted."""
    p50, p90, p99, most = (round(traffic.percentile(p) * 1e3, 3) for p in (50, 90, 99, 100))
    return LinkReport(
        baud=baud,
        frames_sent=traffic.frames_sent,
        frames_received=traffic.frames_received,
        bytes_sent=traffic.bytes_sent,
        bytes_received=traffic.bytes_received,
        repeats=traffic.repeats,
        damaged_host=traffic.damaged,
        damaged_device=max(0, after.damaged - before.damaged),
        overruns=max(0, after.overruns - before.overruns),
        round_trips=len(traffic.round_trips),
        rtt_ms=(p50, p90, p99, most),
    )


def _compare(
    judge: _Judge, reference: Reference, samples: Samples, number: int, tally: _Tally
) -> None:
    expected = reference.run(samples[number])
    _check_file(samples, number, expected)
    tally.device.append(judge(number, expected, tally))
    tally.host.append(answered(expected[0]))


def _by_bytes(infer: Callable[[int], Inference]) -> _Judge:
    def judge(number: int, expected: Sequence[Array], tally: _Tally) -> int:
        answer = tally.timed(infer, number)
        wanted = [array.tobytes() for array in expected]
        if list(answer.outputs) != wanted:
            tally.mismatches += 1
            tally.first = tally.first or mismatch(number, wanted, answer.outputs)
        return answered(np.frombuffer(answer.outputs[0], expected[0].dtype))

    return judge


def _by_class(session: Session, samples: Samples) -> _Judge:
    def classify(number: int) -> tuple[int, int]:
        return session.classify(samples.payload(number))

    def judge(number: int, expected: Sequence[Array], tally: _Tally) -> int:
        got = tally.timed(classify, number)
        first = expected[0].reshape(-1)
        wanted = int(first.argmax()), int(first.max())
        if got != wanted:
            tally.mismatches += 1
            tally.classes += got[0] != wanted[0]
            tally.words = tally.words or (
                f"sample {number}: class {got[0]} with score {got[1]}, "
                f"not class {wanted[0]} with score {wanted[1]}"
            )
        return got[1] if names_index(first) else got[0]

    return judge


def _results_only(tally: _Tally) -> ResultsOnly:
    return ResultsOnly(differing_classes=tally.classes, first_difference=tally.words)


def _check_file(samples: Samples, number: int, expected: Sequence[Array]) -> None:
    """The outputs that an .npz brings along must be the reference's."""
    for theirs, ours in zip(samples.outputs or (), expected, strict=False):
        if not np.array_equal(theirs[number].reshape(-1), ours.reshape(-1)):
            raise CheckFailed(
                f"{samples.source}: the outputs of sample {number} are not what TensorFlow Lite "
                "Micro's reference answers",
                "make them with this model and tflite-micro's interpreter, or leave them out",
            )


def mismatch(number: int, wanted: Sequence[bytes], got: Sequence[bytes]) -> Mismatch:
    """Which bytes differ. Raises LinkError if the device's outputs have other sizes."""
    if [len(data) for data in wanted] != [len(data) for data in got]:
        raise LinkError(
            "the device's outputs have other sizes than the model's",
            'firmware and host do not match; build and flash again ("tinyedge flash")',
        )
    differences = [
        ByteDifference(output=output, offset=offset, expected=want, got=have)
        for output, (left, right) in enumerate(zip(wanted, got, strict=True))
        for offset, (want, have) in enumerate(zip(left, right, strict=True))
        if want != have
    ]
    return Mismatch(
        sample=number,
        differing_bytes=len(differences),
        output_bytes=sum(map(len, wanted)),
        differences=tuple(differences[:_SHOWN]),
    )


def describe(first: Mismatch) -> str:
    """The first differing sample and its bytes, in one sentence."""
    bytes_ = ", ".join(
        f"output {d.output} byte {d.offset}: 0x{d.got:02x} instead of 0x{d.expected:02x}"
        for d in first.differences
    )
    more = " ..." if first.differing_bytes > len(first.differences) else ""
    return (
        f"sample {first.sample} differs in {first.differing_bytes} of {first.output_bytes} bytes: "
        f"{bytes_}{more}"
    )


def _accuracy(answers: list[int], labels: Array | None) -> float | None:
    if labels is None:
        return None
    return float(np.mean(np.asarray(answers) == labels))


def confusion(
    answers: Sequence[int], labels: Array | None, classes: int
) -> tuple[tuple[int, ...], ...] | None:
    """Samples by label (row) and answer (column); None without labels or names of classes."""
    if labels is None or classes < _FEWEST_CLASSES:
        return None
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (labels, np.asarray(answers)), 1)
    return tuple(tuple(int(count) for count in row) for row in counts)
