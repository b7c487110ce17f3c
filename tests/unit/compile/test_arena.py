"""Placements keep their distances, and are the smallest there are."""

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from tinyedge.compile.arena import Buffer, Placement, Problem, align_up

STEPS = 6


@st.composite
def problems(draw: st.DrawFn, most: int = 5, largest: int = 40) -> Problem:
    buffers = []
    for _ in range(draw(st.integers(1, most))):
        first = draw(st.integers(0, STEPS))
        last = draw(st.integers(first, min(first + 3, STEPS)))
        align = draw(st.sampled_from([1, 1, 4, 16]))
        buffers.append(Buffer(draw(st.integers(1, largest)), first, last, align))
    problem = Problem(buffers)
    for i, a in enumerate(buffers):
        for j, b in enumerate(buffers):
            if i != j and a.last == b.first and draw(st.booleans()):
                problem.allow(j, i, draw(st.integers(0, b.size)))
                problem.allow(i, j, draw(st.integers(0, a.size)))
    return problem


def _check(problem: Problem, placement: Placement) -> None:
    for i, a in enumerate(problem.buffers):
        assert placement.offsets[i] % a.align == 0
        assert 0 <= placement.offsets[i] <= placement.size - a.size
        for j in range(i):
            below, above = problem.distance(i, j), problem.distance(j, i)
            if below is not None and above is not None:
                delta = placement.offsets[j] - placement.offsets[i]
                assert delta >= below or -delta >= above


def _smallest(problem: Problem) -> int:
    """Every order of offsets, each buffer as low as those before it allow."""
    best = sum(align_up(buffer.size, 16) for buffer in problem.buffers)
    for order in permutations(range(len(problem.buffers))):
        offsets: dict[int, int] = {}
        for i in order:
            least = [
                offset + distance
                for j, offset in offsets.items()
                if (distance := problem.distance(j, i)) is not None
            ]
            offsets[i] = align_up(max(least, default=0), problem.buffers[i].align)
        best = min(best, max(offsets[i] + b.size for i, b in enumerate(problem.buffers)))
    return best


@settings(max_examples=60, deadline=None, derandomize=True)
@given(problems())
def test_smallest_of_all_orders(problem: Problem) -> None:
    placement = problem.solve()
    _check(problem, placement)
    assert placement.minimal
    assert placement.size == _smallest(problem)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(problems(most=30, largest=5000))
def test_many_buffers_keep_their_distance(problem: Problem) -> None:
    _check(problem, problem.solve())


def test_buffers_that_never_meet_share() -> None:
    placement = Problem([Buffer(100, 0, 0), Buffer(60, 1, 1), Buffer(80, 2, 2)]).solve()
    assert placement == Placement((0, 0, 0), 100, minimal=True)


def test_in_place_needs_the_lead_alone() -> None:
    problem = Problem([Buffer(100, 0, 1), Buffer(100, 1, 2)])
    problem.allow(1, 0, 8)
    assert problem.solve() == Placement((8, 0), 108, minimal=True)


def test_nothing_to_place() -> None:
    assert Problem([]).solve() == Placement((), 0, minimal=True)
