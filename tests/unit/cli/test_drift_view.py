"""What ``monitor --drift`` shows fits a terminal, alarm first; and when it looks."""

import io
from itertools import islice

import msgspec
import pytest
from rich.console import Console

from tests.support import drift_report
from tinyedge.cli._drift_view import line, verdict, view
from tinyedge.results import DriftReport, DriftScore, ResetCount
from tinyedge.workflow import watching

SCORES = (
    DriftScore(what="classes", psi=0.4, ks=None, ks_bound=None, state="steady"),
    DriftScore(what="confidence", psi=0.2, ks=0.3, ks_bound=0.2, state="warning"),
    DriftScore(what="inputs", psi=0.3, ks=0.25, ks_bound=0.2, state="alarm"),
)


def _report(scores: tuple[DriftScore, ...], classes: int = 10) -> DriftReport:
    causes = ("power", "watchdog", "fault", "brownout", "software", "pin", "unknown")
    return drift_report.made(
        model="speech-commands-with-a-long-name",
        running="speech-commands-that-have-been-adapted",
        version="12.13.14",
        inferences=1234,
        resets=tuple(ResetCount(cause=cause, count=12345) for cause in causes),
        class_names=tuple(f"class {number}" for number in range(classes)),
        classes=tuple(range(classes)),
        scores=scores,
    )


@pytest.fixture(autouse=True)
def _columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def _lines(report: DriftReport, rows: int | None) -> list[str]:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(view(report, rows))
    return [row.rstrip() for row in console.export_text().rstrip().splitlines()]


def test_on_24_rows_the_alarm_is_seen_and_the_most_common_classes() -> None:
    lines = _lines(_report(SCORES, classes=32), 23)
    assert len(lines) == 23
    assert any("inputs" in row and "ALARM" in row for row in lines[:6])
    names = [row.split()[0:2] for row in lines[lines.index("Answers") + 1 :]]
    shown = len(names) - 1
    assert shown >= 2
    assert names[:shown] == [["class", str(31 - number)] for number in range(shown)]
    assert lines[-1].split() == ["and", str(32 - shown), "more", str(sum(range(32 - shown)))]


def test_all_classes_are_shown_where_there_is_room() -> None:
    assert "class 0" in _lines(_report(SCORES), 39)[-1]
    assert "and 3 more" in _lines(_report(SCORES, classes=12), None)[-1]


def test_a_terminal_of_a_few_rows_shows_no_classes() -> None:
    assert "Answers" not in _lines(_report(SCORES), 12)


def test_the_worst_score_is_the_one_of_the_worst_state() -> None:
    assert line(_report(SCORES)).endswith("  1234 inferences  PSI 0.300 of inputs  ALARM")
    assert verdict(_report(SCORES)) == "ALARM: PSI 0.300, of inputs"
    assert line(_report(SCORES[:2])).endswith("PSI 0.200 of confidence  warning")
    assert line(_report(SCORES[:1])).endswith("PSI 0.400 of classes  steady")


def test_what_is_not_judged_says_so() -> None:
    assert "too few to judge" in _lines(_report(()), 23)[3]
    few = msgspec.structs.replace(_report(()), inferences=40, failed=3)
    assert verdict(few) == "37 answers of the device are too few, it takes 50"


@pytest.mark.parametrize(
    ("every", "seconds", "slept"),
    [(15.0, 1.0, [1.0]), (2.0, 5.0, [2.0, 2.0, 1.0]), (5.0, 0.0, []), (5.0, None, [5.0] * 3)],
)
def test_looks_end_on_time(every: float, seconds: float | None, slept: list[float]) -> None:
    now, naps = [100.0], list[float]()

    def sleep(nap: float) -> None:
        naps.append(nap)
        now[0] += nap

    looks = watching.looks(every, seconds, lambda: now[0], sleep)
    assert len(list(islice(looks, 4))) == len(slept) + 1
    assert naps == slept
