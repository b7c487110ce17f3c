"""What was found is found again, also after a write that was cut short."""

from pathlib import Path

from tinyedge.fitting.estimate import Figures
from tinyedge.fitting.history import History


def _never() -> Figures:
    raise AssertionError("it is known already")


def _history(path: Path) -> History[Figures]:
    return History(path, Figures)


def test_a_value_is_found_once(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "fit.jsonl"
    wanted = Figures(parameters=3, macs=4, refused="why")
    assert _history(path).of("a", lambda: wanted) == wanted
    again = _history(path)
    assert again.of("a", _never) == wanted
    assert again.of("a", _never) == wanted


def test_a_torn_line_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "fit.jsonl"
    history = _history(path)
    first, second, third = (Figures(parameters=n, macs=n) for n in (1, 2, 3))
    history.of("a", lambda: first)
    history.of("b", lambda: second)
    path.write_bytes(path.read_bytes()[:-9])
    after = _history(path)
    assert after.of("a", _never) == first
    assert after.of("b", lambda: third) == third
    assert _history(path).of("b", _never) == third
