"""The search for the largest network: as good as trying all of them, with few tries."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from tinyedge.fitting import largest
from tinyedge.fitting.candidate import Candidate
from tinyedge.fitting.largest import Space

Fits = Callable[[Candidate], bool]
WIDTHS = tuple(n / 8 for n in range(1, 25))
DEPTHS, SIZES = (3, 2, 1), ((28, 28), (21, 21), (14, 14))
SPACE = Space(WIDTHS, DEPTHS, SIZES)


def _macs(candidate: Candidate) -> int:
    assert candidate.width is not None
    assert candidate.depth is not None
    assert candidate.size is not None
    return int(64 * candidate.width**2 * candidate.depth * candidate.size[0] * candidate.size[1])


def _ram(candidate: Candidate) -> float:
    assert candidate.width is not None
    assert candidate.size is not None
    return candidate.width * candidate.size[0] * candidate.size[1] * 8


def _quiet(_done: int, _total: int, _text: str) -> None:
    pass


def _limited(
    most_macs: int, most_ram: float
) -> tuple[Callable[[Candidate], bool], list[Candidate]]:
    tried: list[Candidate] = []

    def fits(candidate: Candidate) -> bool:
        tried.append(candidate)
        return _macs(candidate) <= most_macs and _ram(candidate) <= most_ram

    return fits, tried


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 3_000_000), st.floats(0, 20_000))
def test_nothing_that_fits_is_larger(most_macs: int, most_ram: float) -> None:
    fits, tried = _limited(most_macs, most_ram)
    best = largest.search(SPACE, fits, _macs, _quiet)
    count = len(tried)
    every = [candidate for row in SPACE.rows for candidate in row if fits(candidate)]
    assert (best is None) == (not every)
    if best is not None:
        assert _macs(best) == max(map(_macs, every))
    assert count <= 9 * 6  # of 216


def test_a_row_that_cannot_win_is_left_after_one_try() -> None:
    fits, tried = _limited(1_000_000, 1e9)
    best = largest.search(SPACE, fits, _macs, _quiet)
    assert best is not None
    others = [c for c in tried if (c.depth, c.size) != (best.depth, best.size)]
    assert len(others) <= 8 * 2 + 5


def test_axes_that_do_not_vary_stay_none() -> None:
    space = Space((None,), (None,), (None,))
    assert largest.search(space, lambda _: True, lambda _: 1, _quiet) == Candidate()


def test_progress_ends_with_all_rows() -> None:
    heard: list[tuple[int, int, str]] = []
    fits, _ = _limited(10**9, 1e9)
    largest.search(SPACE, fits, _macs, lambda *told: heard.append(told))
    assert heard[0] == (0, 9, "depth 3, input 28 x 28")
    assert heard[-1][:2] == (9, 9)
