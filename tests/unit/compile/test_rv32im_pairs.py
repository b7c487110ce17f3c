"""The packed weights of RISC-V's convolutions, multiplied in numpy as the kernel does."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tests.support import drawn
from tinyedge.compile.kernels.rv32im.pairs import PairedConv
from tinyedge.compile.plan import Constant

Int64Array = NDArray[np.int64]

_TAP_BYTES = 12


def word(value: int) -> int:
    """As a register holds it."""
    return (value + (1 << 31)) % (1 << 32) - (1 << 31)


def flush(whole: int, second: int, part: int) -> tuple[int, int]:
    """See te_pair_flush in conv_pairs.S; ``part`` without its rounding."""
    return word(whole + part), word(second + (word(part + 0x8000) >> 16))


def channel(
    head: Int64Array, weights: Int64Array, exceptions: list[int], x: Int64Array
) -> tuple[int, int]:
    """A channel's sums for two pixels, x [taps, 2]."""
    columns = [int(first) + (int(second) << 16) for first, second in x]
    whole, second = int(head[0]), int(head[1])
    for at in range(0, len(columns), 4):
        products = [int(weights[i]) * columns[i] for i in range(at, at + 4)]
        # its words begin with the rounding, which the initial sum takes back
        whole, second = flush(whole, second, sum(products))
        whole = word(whole + 0x8000)
    for exception in exceptions:
        weight = (exception & 0xFFFF ^ 0x8000) - 0x8000
        product = weight * columns[(exception >> 16) // _TAP_BYTES]
        whole, second = flush(whole, second, product)
    return word(whole - (second << 16)), second


def split(stream: Int64Array) -> tuple[list[int], Int64Array]:
    """Exceptions up to the word that ends them, and the rest."""
    count = int(np.flatnonzero(stream == 0)[0])
    return stream[:count].tolist(), stream[count + 1 :]


def sums(layer: PairedConv, x: Int64Array) -> Int64Array:
    """The sums of all channels, [channels, 2]."""
    found = next(value for name, value in layer.fields() if name == "stream")
    assert isinstance(found, Constant)
    stream = found.data.astype(np.uint32).view(np.int32).astype(np.int64)
    stage = layer.requant.words().shape[1]
    outputs = []
    for _ in range(0, layer.params.filter.shape[0], 2):
        heads, stream = stream[:4].reshape(2, 2), stream[4:]
        packed, stream = stream[: layer.taps // 2], stream[layer.taps // 2 :]
        weights = packed.astype(np.int32).view(np.int8).reshape(-1, 2).T.astype(np.int64)
        lists: list[list[int]] = []
        for _ in range(2):
            exceptions, stream = split(stream)
            lists.append(exceptions)
        stream = stream[2 * stage :]
        outputs += [channel(heads[i], weights[i], lists[i], x) for i in range(2)]
    assert stream.size == 0
    return np.array(outputs)


def test_streams_hold_the_weights_for_any_inputs() -> None:
    exceptions = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        q = drawn.conv2d(rng, (1, 1, int(rng.integers(1, 50))), 6, (1, 1))
        if seed % 4 == 0:
            extremes = rng.choice([-128, 127], q.filter.shape).astype(np.int8)
            q = replace(q, filter=extremes)
        layer = PairedConv.plan(q)
        if layer is None:
            continue
        exceptions += sum(len(found) for found in layer.exceptions)
        x = rng.choice([-128, 127, 0, 5], (layer.taps, 2)).astype(np.int64)
        x[rng.integers(layer.taps) :] = -128
        filters = q.filter.reshape(6, -1).astype(np.int64)
        filled = np.pad(filters, [(0, 0), (0, layer.taps - filters.shape[1])])
        expected = filled @ x + layer.requant.stage.signed_initial[:, None]
        assert np.array_equal(sums(layer, x), expected)
    assert exceptions > 20
