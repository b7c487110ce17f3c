"""A study that stops anywhere ends with the trials that it would have had without stopping."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

if "CI" not in os.environ:
    pytest.importorskip("optuna", reason='the Python package optuna: "make setup" installs it')

from tinyedge.errors import ConfigError
from tinyedge.fitting.estimate import Needs
from tinyedge.tuning import study, worker
from tinyedge.tuning.study import Drawn
from tinyedge.tuning.trial import Outcome

TRIALS = 14  # more than are drawn at random
Trials = list[tuple[float, str, tuple[float, ...] | None]]


def _draw(trial: study.Trial) -> Drawn:
    return {"x": trial.suggest_float("x", 0.0, 1.0)}


def _outcome(drawn: Drawn, folder: int) -> Outcome:
    x = drawn["x"]
    needs = Needs(macs=1, flash=int(1000 * x), arena=10, ram=100, latency=1000 * x)
    return Outcome(needs, "RAM") if x > 0.9 else Outcome(needs, "", accuracy=x * (1 - x))


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'study.sqlite'}"


def _open(folder: Path, seed: int = 1) -> study.Study:
    return study.open_study(_url(folder), "s", "key", seed)


def _trials(opened: study.Study) -> Trials:
    found = [kept for kept in study.kept(opened) if kept.state != "running"]
    return [(kept.drawn["x"], kept.state, kept.values) for kept in found]


def _run(opened: study.Study, trials: int, judge: study.Judge = _outcome) -> Trials:
    while study.run(opened, trials, judge, _draw):
        pass
    return _trials(opened)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Trials:
    """A study that nothing stopped."""
    return _run(_open(tmp_path_factory.mktemp("whole")), TRIALS)


def test_a_seed_says_what_is_drawn(tmp_path: Path, whole: Trials) -> None:
    assert len(whole) == TRIALS
    assert len({x for x, _, _ in whole}) == TRIALS
    assert {state for _, state, _ in whole} == {"complete", "pruned"}
    other = _run(_open(tmp_path, seed=2), 2)
    assert [x for x, _, _ in other] != [x for x, _, _ in whole[:2]]


def test_runs_one_after_the_other_make_the_same_trials(tmp_path: Path, whole: Trials) -> None:
    for trials in (3, 9, TRIALS):
        found = _run(_open(tmp_path), trials)
        assert found == whole[:trials]


def test_a_trial_that_was_stopped_is_begun_again(tmp_path: Path, whole: Trials) -> None:
    folders = []

    def stopped(drawn: Drawn, folder: int) -> Outcome:
        folders.append(folder)
        if len(folders) == 5:
            raise KeyboardInterrupt
        return _outcome(drawn, folder)

    with pytest.raises(KeyboardInterrupt):
        _run(_open(tmp_path), TRIALS, stopped)
    assert _run(_open(tmp_path), TRIALS, stopped) == whole
    assert folders == [0, 1, 2, 3, 4, 4, *range(6, TRIALS + 1)]  # in the folder that it had


def _hang(folder: Path) -> None:
    def judge(drawn: Drawn, number: int) -> Outcome:
        if number == 10:
            (folder / "hangs").touch()
            time.sleep(600)
        return _outcome(drawn, number)

    _run(_open(folder), TRIALS, judge)


def test_a_worker_that_was_killed_leaves_nothing_running(tmp_path: Path, whole: Trials) -> None:
    child = multiprocessing.get_context("spawn").Process(target=_hang, args=(tmp_path,))
    child.start()
    try:
        deadline = time.monotonic() + 240
        while not (tmp_path / "hangs").exists():
            assert time.monotonic() < deadline
            assert child.is_alive()
            time.sleep(0.05)
        opened = _open(tmp_path)
        study.revive(opened)  # it is alive: its trial stays
        assert [kept.state for kept in study.kept(opened)].count("running") == 1
        assert not study.run(opened, 11, _outcome, _draw)
    finally:
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        child.join()
    assert _run(_open(tmp_path), TRIALS) == whole
    assert not [kept for kept in study.kept(_open(tmp_path)) if kept.state == "running"]


def _work(folder: Path) -> None:
    _run(_open(folder), 6)


def test_workers_that_begin_at_once_share_a_study(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    children = [spawn.Process(target=_work, args=(tmp_path,)) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0]
    found = _trials(_open(tmp_path))
    assert 6 <= len(found) <= 7  # both may begin the last
    assert len({x for x, _, _ in found}) == len(found)


def test_a_study_of_something_else_is_not_gone_on_with(tmp_path: Path) -> None:
    _run(_open(tmp_path), 1)
    with pytest.raises(ConfigError, match="of another recipe, board or version"):
        study.open_study(_url(tmp_path), "s", "other key", 1)
    study.open_study(_url(tmp_path), "second", "other key", 1)


@pytest.mark.parametrize("url", ["nothing", "sqlite:////no/such/folder/x.sqlite", "what://a/b"])
def test_a_storage_that_cannot_be_used_is_an_error(url: str) -> None:
    with pytest.raises(ConfigError, match="--storage"):
        study.open_study(url, "s", "key", 1)


def test_a_password_is_not_shown() -> None:
    assert study.shown("postgresql://me:secret@host/db") == "postgresql://me:***@host/db"


def test_only_workers_of_this_machine_are_known_to_be_gone() -> None:
    mine = worker.identity()
    machine, pid, _ = mine.rsplit(" ", 2)
    assert not worker.is_gone(mine)
    assert worker.is_gone(f"{machine} {pid} 1")  # another process has the number now
    assert not worker.is_gone(f"elsewhere 1234 {pid} 1")
