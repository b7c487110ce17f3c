"""What verbs print of a result, and when they end with exit code 1."""

from pathlib import Path

import msgspec
import pytest
from rich.progress import Progress

from tests.support import made_up, made_up_sizes
from tinyedge.cli import _console, bench, build, cli, collect, demo, validate
from tinyedge.errors import CheckFailed, ConfigError
from tinyedge.results import (
    ClassCount,
    CollectReport,
    DemoReport,
    RawReport,
    ReportFiles,
    Spread,
    WireMode,
    WireReport,
)


def test_a_difference_is_told_with_sample_and_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = made_up.validate(held=False)
    validate.show(wrong)
    assert "FELL SHORT: 3 of 200 answers differ" in capsys.readouterr().out
    with pytest.raises(CheckFailed) as caught:
        validate.require_equal(wrong)
    assert caught.value.exit_code == 1
    caught.match("sample 17 differs in 1 of 10 bytes: output 0 byte 3: 0x7f instead of 0x81")


def test_what_was_learned_is_not_flashed_over_where_its_answers_differ(tmp_path: Path) -> None:
    wrong = msgspec.structs.replace(made_up.validate(held=False), learned=True)
    file = tmp_path / "adapted.tflite"
    with pytest.raises(CheckFailed) as caught:
        validate.require_equal(wrong, file, compared=True)
    assert f'"tinyedge debug {file}"' in caught.value.hint
    assert "flash" not in caught.value.hint
    with pytest.raises(CheckFailed) as caught:
        validate.require_equal(wrong, file)
    assert f"--learned compares its answers with {file}" in caught.value.hint


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


RAW = RawReport(
    frame_sizes=("30x20x3", "64x48x1"),
    frame_bytes=4872,
    input_bytes=1568,
    differing_input_bytes=2,
    first_difference="cat/1.png: input byte 7 is 3, not 4",
    ticks=Spread(median=1200.0, min=900.0, max=1500.0),
    tick_unit="instructions",
)


def test_inputs_that_differ_fall_short_though_the_answers_are_equal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrong = msgspec.structs.replace(made_up.validate(), raw=RAW, held=False)
    validate.show(wrong)
    out = capsys.readouterr().out
    assert "2 sizes: 30x20x3, 64x48x1" in out
    assert "2 of 1,568" in out
    assert "1,200 instructions" in out
    assert "FELL SHORT: 2 input bytes differ from the host's" in out
    with pytest.raises(CheckFailed, match="input byte 7 is 3, not 4"):
        validate.require_equal(wrong)
    sound = msgspec.structs.replace(RAW, frame_sizes=("15840 samples",))
    validate.show(msgspec.structs.replace(made_up.validate(), raw=sound))
    assert "frames 15840 samples" in " ".join(capsys.readouterr().out.split())


def test_the_link_s_ways_say_what_they_are_computed_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    mode = WireMode(mode="packed", bytes_sent=541.1, bytes_received=69.5, samples_per_second=18.87)
    cost = WireReport(
        samples=20,
        inputs="test split of x",
        input_bytes=784,
        baud=115_200,
        inference_included=False,
        modes=(mode,),
    )
    bench.show(msgspec.structs.replace(made_up.bench(), wire=cost))
    raw = msgspec.structs.replace(cost, frame_bytes=57_600.0)
    bench.show(msgspec.structs.replace(made_up.bench(), wire=raw))
    out = " ".join(capsys.readouterr().out.split())
    assert "(784 bytes of input; raw 57,600.0; test split of x)" in out
    assert "computed from the bytes alone" in out
    assert "541.1 69.5 18.87" in out


def test_collected_frames_are_counted_and_the_stand_in_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = CollectReport(
        model="made-up",
        sha256=made_up.SHA,
        board="netduinoplus2",
        runtime="aot",
        elf_sha256=None,
        url="socket://127.0.0.1:1",
        folder="frames",
        sensor="host",
        stored="raw",
        recipe=('[data] source = "wav", path = "frames"', "[data.audio] seconds = 0.5"),
        before=3,
        collected=2,
        lost=0,
        labels=(ClassCount(name="cat", count=2),),
        answers=(ClassCount(name="dog", count=2),),
        seconds=1.0,
    )
    collect.show(report)
    printed = capsys.readouterr()
    assert 'path = "frames"; [data.audio] seconds = 0.5' in printed.err
    out = " ".join(printed.out.split())
    assert "pushed by the host in place of a sensor" in out
    assert "cat 2 0 dog 0 2" in out
    assert "5 frames: frames" in out
    collect.show(msgspec.structs.replace(report, sensor="board"))
    assert "in place of" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["collect", "x.tflite", "--out", "o", "--sensor", "--from", "."], "two places"),
        (["collect", "x.tflite", "--out", "o", "--label", "a", "--by-answer"], "two labels"),
        (["collect", "x.tflite", "--out", "o", "--label", "../a"], "cannot name a folder"),
        (["validate", "x.tflite", "--raw", "--inputs", __file__], "leave out --inputs"),
        (["validate", "x.tflite", "--raw", "--results-only"], "give one of them"),
    ],
)
def test_what_contradicts_itself_is_refused_before_any_work(
    arguments: list[str], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        cli.main(arguments, standalone_mode=False)
    caught.match(message)


def test_a_firmware_over_the_budget_says_by_how_much() -> None:
    good = made_up_sizes.build()
    build.require_fit(good, "nets/x.tflite")
    over = msgspec.structs.replace(
        good, fits=False, flash_available=good.flash_total_bytes - 5, ram_available=33_160 - 7
    )
    with pytest.raises(CheckFailed) as caught:
        build.require_fit(over, "nets/x.tflite")
    caught.match("5 bytes of flash too much; 7 bytes of RAM too much")
    assert '"tinyedge inspect nets/x.tflite" says' in caught.value.hint


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
            build=made_up_sizes.build(),
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
    times = iter([0.0, 1.0, 60.0, 64.0, 70.0])
    advance = _console._lines("work", lambda: next(times))
    for done in range(4):
        advance(done, 8)
    # the first piece took a minute to start: what it took says nothing of the others
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["work: 1 of 8", "work: 3 of 8, 25 s left"]


def test_a_bar_counts_once_it_knows_of_how_much() -> None:
    column = _console._Counted()
    bar = Progress(column)
    task = bar.add_task("work", total=None)
    assert column.render(bar.tasks[0]).plain == ""
    bar.update(task, completed=3, total=8)
    assert column.render(bar.tasks[0]).plain == "3/8"
