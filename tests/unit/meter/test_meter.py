"""Lines of CSV, integrals that are known, and monitors by name."""

from pathlib import Path

import pytest

from tinyedge.errors import ConfigError
from tinyedge.meter import Sample, load, plug
from tinyedge.meter.csv_serial import CsvMeter, parse
from tinyedge.meter.integrate import Recording


@pytest.mark.parametrize(
    ("line", "sample"),
    [
        (b"0.5,0.012,3.3", Sample(0.5, 0.012, 3.3)),
        (b" 1 , 2e-3 , 1.8 , 1 ", Sample(1.0, 0.002, 1.8, True)),
        (b"1,-2e-6,1.8,0", Sample(1.0, -2e-6, 1.8, False)),
        (b"time,current,voltage", None),
        (b"1,2", None),
        (b"1,2,3,4", None),
        (b"1,2,3,1,1", None),
        (b"1,nan,3", None),
        (b"\xff\xfe,2,3", None),
    ],
)
def test_a_line_is_a_sample_or_none(line: bytes, sample: Sample | None) -> None:
    assert parse(line) == sample


def test_what_is_lost_on_the_way_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    chunks = [
        b"7,0.0",  # the rest of a line that would be one itself
        b"12,3.3\ntime,current,voltage,mark\n# a comment\n0.1,0.01,3,1\n0.2,0.0",
        b"2,3,0\n0.3,0.0x,3,0\n0.15,0.01,3,0\n0.4,0.03,3,1\n0.5,0.01,3\n",
    ]
    meter = CsvMeter("socket://nowhere")
    port = type("Port", (), {"read": lambda *_: chunks.pop(0), "close": lambda _: None})()
    monkeypatch.setattr(meter, "_port", port)
    found = [sample for _ in range(3) for sample in meter.read(0)]
    assert [sample.time_s for sample in found] == [0.1, 0.2, 0.4]
    assert meter.damaged == 3  # 0.3 is no number, 0.15 goes back, 0.5 has no mark
    meter.close()


def _steady(marks: str, power: float = 2.0, busy: float = 6.0, step: float = 0.5) -> Recording:
    """``marks``: a digit a sample; the current is larger where it is 1."""
    return Recording(
        [
            Sample(10 + step * number, (busy if mark == "1" else power) / 2, 2.0, mark == "1")
            for number, mark in enumerate(marks)
        ]
    )


def test_each_mark_s_energy_is_its_power_times_its_time() -> None:
    recording = _steady("0011100110000")
    windows = recording.marked()
    assert [(w.joules, w.seconds, w.samples, w.whole) for w in windows] == [
        (6 * 1.5, 1.5, 3, True),
        (6 * 1.0, 1.0, 2, True),
    ]
    assert recording.idle_w(windows) == 2.0
    assert recording.step_s == 0.5


def test_what_the_recording_cuts_off_is_no_inference() -> None:
    assert [w.samples for w in _steady("1100110011").marked()] == [2]
    assert _steady("0000").marked() == []
    assert Recording([]).marked() == []


def test_between_two_times_a_sample_counts_for_its_part() -> None:
    recording = _steady("0110")
    window = recording.window(10.25, 11.25)  # 0.25 s of 2 W, 0.5 s and 0.25 s of 6 W
    assert window.joules == pytest.approx(0.25 * 2 + 0.75 * 6)
    assert window.whole
    assert not recording.window(9.0, 10.5).whole  # before the first sample
    assert not recording.window(11.0, 14.0).whole  # after the last


def test_lost_samples_are_seen() -> None:
    samples = _steady("0111110").samples
    del samples[2:4]
    assert [window.whole for window in Recording(samples * 1).marked()] == [True]
    long = _steady("0" + "1" * 9 + "0").samples
    del long[3:7]
    assert [window.whole for window in Recording(long).marked()] == [False]


def test_monitors_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert isinstance(load("csv:/dev/ttyACM1@921600"), CsvMeter)
    (tmp_path / "lab_meter.py").write_text(
        "class Lab:\n    damaged = 0\n    def __init__(self, where): self.where = where\n"
        "    def open(self): pass\n    def read(self, timeout_s): return []\n"
        "    def close(self): pass\n"
        "class Half:\n    def __init__(self, where): pass\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert getattr(load("lab_meter:Lab:usb:3"), "where", None) == "usb:3"
    monkeypatch.setattr(plug, "_installed", lambda: {"lab": CsvMeter})
    assert isinstance(load("lab:/dev/ttyUSB7"), CsvMeter)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("cvs:/dev/x", 'there is no power monitor "cvs"; did you mean "csv"?'),
        ("csv:", '"" is no port'),
        ("csv:/dev/x@fast", '"/dev/x@fast" is no port'),
        ("no_such_module:Class", "No module named 'no_such_module'"),
        ("pathlib:Nothing:x", "has no attribute 'Nothing'"),
        ("os:getcwd:x", "TypeError: posix.getcwd() takes no arguments"),
        ("pathlib:PurePath:x", "it has no open, read, close"),
    ],
)
def test_other_names_are_refused(given: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(given)
    assert said in caught.value.message
