"""The rules' arithmetic, the runner's files, and runs that go on where they were stopped."""

from pathlib import Path
from typing import cast

import numpy as np
import pytest

from tests.support import tiny_model
from tinyedge import board as boards
from tinyedge.emit.mlperf import MlperfView
from tinyedge.errors import ConfigError, LinkError
from tinyedge.link.mlperf import Answer, Client
from tinyedge.mlperf import TASKS, own, suite
from tinyedge.mlperf.run import Kept, accuracy, key, performance
from tinyedge.mlperf.stimuli import LABELS, Stimuli, Stimulus, read

VIEW = MlperfView(model="tiny", input="int8", bytes=4, step=1)
TASK = own("tiny", 0.5)
HOST, EMULATED = boards.load("host"), boards.load("netduinoplus2")


class _Device:
    """Says class N of 3 for an input that begins with N; takes ``each_us`` an inference."""

    def __init__(self, each_us: float = 1e6, fails_after: int = 10**9) -> None:
        self.loaded: list[bytes] = []
        self.asked: list[tuple[int, int]] = []
        self._each_us, self._left = each_us, fails_after

    def load(self, data: bytes) -> None:
        self.loaded.append(data)

    def infer(self, count: int, warmups: int) -> Answer:
        self._left -= 1
        if self._left < 0:
            raise LinkError("gone", "plug it in")
        self.asked.append((count, warmups))
        results = tuple(float(number == self.loaded[-1][0]) for number in range(3))
        return Answer(results, round(count * self._each_us))


def _client(device: _Device) -> Client:
    return cast(Client, device)


def _stimuli(labels: list[int], said: list[int]) -> Stimuli:
    items = (
        Stimulus(str(n), label, 4, 4, data=bytes([answer, 0, 0, 0]))
        for n, (label, answer) in enumerate(zip(labels, said, strict=True))
    )
    return Stimuli("made up", tuple(items))


def test_the_targets_are_the_rules() -> None:
    found = {name: (task.metric, task.target) for name, task in TASKS.items()}
    assert found == {
        "kws01": ("top-1", 0.90),
        "vww01": ("top-1", 0.80),
        "ic01": ("top-1", 0.85),
        "ad01": ("AUC", 0.85),
    }


def test_scores() -> None:
    assert TASK.score([(0.1, 0.9), (0.8, 0.2), (0.5, 0.5)], [1, 1, 0]) == pytest.approx(2 / 3)
    errors, labels = [(1.0,), (2.0,), (2.0,), (3.0,)], [0, 0, 1, 1]
    pairs = [1, 0.5, 1, 1]  # each abnormal one against each normal one
    assert TASKS["ad01"].score(errors, labels) == pytest.approx(np.mean(pairs))


def test_accuracy_is_over_the_stimuli_and_against_the_target(tmp_path: Path) -> None:
    stimuli = _stimuli([0, 1, 2, 2], [0, 1, 2, 0])
    found = accuracy(_client(_Device()), TASK, stimuli, Kept(tmp_path / "s", "k"))
    assert (found.value, found.held, found.stimuli) == (0.75, True, 4)
    strict = own("tiny", 0.8)
    assert not accuracy(_client(_Device()), strict, stimuli, Kept(tmp_path / "s", "k")).held


def test_the_answer_to_a_file_is_the_mean_over_its_windows(tmp_path: Path) -> None:
    data = bytes([1, 0, 0, 0, 1, 0, 0, 0, 2, 0])
    one = Stimulus("a", 1, 4, 2, data=data)
    assert [window[0] for window in one.windows()] == [1, 0, 1, 0]
    device = _Device()
    found = accuracy(_client(device), TASK, Stimuli("", (one,)), Kept(tmp_path / "s", "k"))
    assert (len(device.asked), one.count) == (4, 4)
    assert found.value == 0  # 0 and 1 are even; the first counts


def test_what_was_answered_is_not_asked_again(tmp_path: Path) -> None:
    stimuli = _stimuli([n % 3 for n in range(40)], [n % 3 for n in range(40)])
    with pytest.raises(LinkError):
        accuracy(_client(_Device(fails_after=20)), TASK, stimuli, Kept(tmp_path / "s", "k"))
    device = _Device()
    found = accuracy(_client(device), TASK, stimuli, Kept(tmp_path / "s", "k"))
    assert (len(device.asked), found.value) == (20, 1.0)
    other = _Device()
    accuracy(_client(other), TASK, stimuli, Kept(tmp_path / "s", "another firmware"))
    assert len(other.asked) == 40


def test_other_stimuli_have_another_key(tmp_path: Path) -> None:
    a, b = _stimuli([0], [0]), _stimuli([0], [1])
    assert key("elf", a, 10) != key("elf", b, 10)
    (tmp_path / "s").write_text("not json")
    assert Kept(tmp_path / "s", "k").state.answers == []


def test_a_run_takes_what_the_rules_ask_where_the_clock_tells_time(tmp_path: Path) -> None:
    device = _Device(each_us=1000)
    found = performance(_client(device), HOST, TASK, _stimuli([0], [0]), Kept(tmp_path / "s", "k"))
    assert device.asked[0] == (20, 5)
    assert device.asked[1:] == [(10500, 5)] * 5
    assert (found.inferences, found.long_enough, found.instructions) == (10500, True, None)
    assert found.per_second == pytest.approx(1000)


def test_runs_of_instructions_are_told_as_such(tmp_path: Path) -> None:
    device = _Device(each_us=1000)
    kept = Kept(tmp_path / "s", "k")
    found = performance(_client(device), EMULATED, TASK, _stimuli([0], [0]), kept)
    assert device.asked == [(20, 5)] * 5
    assert (found.per_second, found.long_enough) == (None, None)
    assert EMULATED.flash.icount_shift is not None
    assert found.instructions == pytest.approx(1e6 / 2**EMULATED.flash.icount_shift)
    again = _Device()
    assert performance(_client(again), EMULATED, TASK, _stimuli([0], [0]), kept) == found
    assert again.asked == []


def _folder(folder: Path, labels: str, size: int = 4) -> Path:
    (folder / "a.bin").write_bytes(bytes(size))
    (folder / LABELS).write_text(labels)
    return folder


@pytest.mark.parametrize("line", ["a.bin,3,2", "a.bin, 3, 2 \n\n", "a.bin,3,2,4,4"])
def test_the_runners_lines_are_read(tmp_path: Path, line: str) -> None:
    (one,) = read(_folder(tmp_path, line), TASK, VIEW, 3).items
    assert (one.label, one.windows()) == (2, [bytes(4)])


@pytest.mark.parametrize(
    ("line", "size", "said"),
    [
        ("", 4, "lists no file"),
        ("a.bin", 4, ":1: not a stimulus: a.bin"),
        ("a.bin,3,x", 4, ":1: not a stimulus"),
        ("a.bin,3,3", 4, ":1: there is no class 3"),
        ("b.bin,3,0", 4, ":1: there is no file"),
        ("../a.bin,3,0", 4, ":1: there is no file"),
        ("a.bin,3,0", 5, "a.bin has 5 bytes"),
        ("a.bin,3,0,8,4", 8, ":1: windows of 8 bytes"),
        ("a.bin,3,0,4,0", 8, ":1: windows of 4 bytes, every 0"),
        ("a.bin,3,0,4,4", 3, "a.bin has 3 bytes"),
    ],
)
def test_what_is_wrong_with_them_is_said(tmp_path: Path, line: str, size: int, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(_folder(tmp_path, line, size), TASK, VIEW, 3)
    assert said in caught.value.message


def test_a_folder_without_labels_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"{LABELS}: No such file"):
        read(tmp_path, TASK, VIEW, 3)


def test_a_folder_without_benchmarks_has_none(tmp_path: Path) -> None:
    tiny_model.write(tmp_path / "x.tflite")
    (tmp_path / "damaged.tflite").write_bytes(b"nothing")
    assert suite(tmp_path) == ([], list(TASKS))
