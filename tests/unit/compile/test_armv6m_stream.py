"""The packed weights of ARMv6-M's kernels, multiplied in numpy as the kernels do."""

import numpy as np
from numpy.typing import NDArray

from tests.support import drawn
from tinyedge.compile.kernels.armv6m import stream
from tinyedge.compile.kernels.lanes import fits

Int64Array = NDArray[np.int64]

_GROUP_BYTES = 12


def unpack(x: Int64Array) -> Int64Array:
    """Three words for each four inputs: see unpack.S."""
    x0, x1, x2, x3 = x.reshape(-1, 4).T
    low, high = x0 + (x2 << 16), x1 + (x3 << 16)
    return np.stack([low, high, (low + high) * 0x00800080 - 0x8000], axis=1)


def product(word: int, columns: Int64Array) -> int:
    """Four products of packed weights: see te_taps in macros.S."""
    low, high = word & 0x00FF00FF, word >> 8 & 0x00FF00FF
    total = int(columns[0]) * low + int(columns[1]) * high - int(columns[2])
    return int(np.array(total & 0xFFFFFFFF, np.uint32).view(np.int32)) >> 16


def sums(words: list[int], groups: int, stage_words: int, x: Int64Array) -> list[int]:
    """The sums of all channels of a stream."""
    columns, found = unpack(x), []
    while words:
        taken, words = words[:groups], words[groups:]
        total = sum(product(word, columns[i]) for i, word in enumerate(taken))
        while words[0] != 0xFFFFFFFF:
            total += product(words[1], columns[words[0] // _GROUP_BYTES])
            words = words[2:]
        words = words[1 + stage_words :]
        found.append(total)
    return found


def test_streams_hold_the_weights_for_any_inputs() -> None:
    exceptions = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        q = drawn.fully_connected(rng, 1, int(rng.integers(1, 50)), 6)
        made = stream.make(q.filter, q.bias, q.input_zero_point, q.requant)
        if made is None:
            continue
        exceptions += made.exceptions
        x = rng.choice([-128, 127, 0, 5], 4 * made.groups).astype(np.int64)
        stage_words = len(made.fit.limbs()) + 2 + 2 * made.fit.signed
        words = made.words(_GROUP_BYTES).tolist()
        filled = np.pad(q.filter.astype(np.int64), [(0, 0), (0, x.size - q.filter.shape[1])])
        assert sums(words, made.groups, stage_words, x) == (filled @ x).tolist()
    assert exceptions > 20


def test_any_four_weights_are_split_into_parts_that_fit() -> None:
    rng = np.random.default_rng(0)
    extreme = [[-128] * 4, [127] * 4, [-128, -128, 127, 127], [-128, 0, -128, 0], [64] * 4]
    drawn_taps = rng.choice([-128, -127, -64, 0, 64, 127], (500, 4)).tolist()
    for taps in (np.array(t, np.int64) for t in [*extreme, *drawn_taps]):
        parts = stream.split(taps)
        assert all(fits(part) for part in parts)
        assert np.array_equal(sum(parts), taps)
        assert len(parts) <= 4


def test_taps_fit_up_to_the_last_input() -> None:
    assert fits(np.array([-128, -127, 0, 0]))
    assert not fits(np.array([-128, -128, 0, 0]))
    assert fits(np.array([127, 128 - 256, 0, 0]))
