"""What verbs print of a result, and when they end with exit code 1."""

import msgspec
import pytest

from tests.support import made_up
from tinyedge.cli import _console, bench, build, demo, validate
from tinyedge.errors import CheckFailed
from tinyedge.results import DemoReport, ReportFiles


def test_a_difference_is_told_with_sample_and_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = made_up.validate(held=False)
    validate.show(wrong)
    assert "FELL SHORT: 3 of 200 answers differ" in capsys.readouterr().out
    with pytest.raises(CheckFailed) as caught:
        validate.require_equal(wrong)
    assert caught.value.exit_code == 1
    caught.match("sample 17 differs in 1 of 10 bytes: output 0 byte 3: 0x7f instead of 0x81")


def test_equal_answers_hold(capsys: pytest.CaptureFixture[str]) -> None:
    good = made_up.validate()
    validate.show(good)
    validate.require_equal(good)
    out = capsys.readouterr().out
    assert "held: 200 answers equal" in out
    assert "91.50 %" in out


def test_answers_without_labels_have_no_accuracy(capsys: pytest.CaptureFixture[str]) -> None:
    none = msgspec.structs.replace(
        made_up.validate(), device_accuracy=None, host_accuracy=None, confusion=None
    )
    validate.show(none)
    assert "the samples have no labels" in capsys.readouterr().out


def test_a_firmware_over_the_budget_says_by_how_much() -> None:
    good = made_up.build()
    build.require_fit(good)
    over = msgspec.structs.replace(
        good, fits=False, flash_available=good.flash_total_bytes - 5, ram_available=33_160 - 7
    )
    with pytest.raises(CheckFailed) as caught:
        build.require_fit(over)
    caught.match("5 bytes of flash too much; 7 bytes of RAM too much")


def test_ticks_are_never_printed_without_their_unit(capsys: pytest.CaptureFixture[str]) -> None:
    bench.show(made_up.bench())
    out = capsys.readouterr().out
    assert "instructions an inference" in out
    assert " ms" not in out
    cycles = msgspec.structs.replace(made_up.bench(), tick_unit="cycles", seconds=0.0805)
    bench.show(cycles)
    out = capsys.readouterr().out
    assert "cycles an inference" in out
    assert "80.500 ms" in out


def test_the_demos_path_is_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    path = f"{'very/' * 60}report.html"
    files = ReportFiles(
        model="made-up",
        sha256=made_up.SHA,
        board="netduinoplus2",
        runtime="aot",
        html=path,
        markdown="report.md",
    )
    demo.show(
        DemoReport(
            train=made_up.train(),
            quantize=made_up.quantize(),
            build=made_up.build(),
            validate=made_up.validate(),
            bench=made_up.bench(),
            report=files,
        )
    )
    out = capsys.readouterr().out
    assert path in out
    assert "\x1b" not in out  # no colours where there is no terminal
    for text in ("91.20 %", "91.15 %", "91.50 % of 200 sent", "13,532,032", "33,160 of 131,072"):
        assert text in out


def test_progress_without_a_terminal_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    times = iter([0.0, 1.0, 10.0, 14.0, 21.0])
    advance = _console._lines("work", lambda: next(times))
    for done in range(4):
        advance(done, 8)
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["work: 1 of 8, 70 s left", "work: 3 of 8, 35 s left"]
