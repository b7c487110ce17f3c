"""Inputs and raw frames packed for the link, in the way that takes the fewest bytes.

LZ4 blocks, differences in runs, or differences in as many bits as they take (see bits). The
unpackers of differences are twins of firmware_templates/app/unpack.c, which must accept and give
the same.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Set
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge.link import bits, mask, payloads, protocol
from tinyedge.link.burst import Request, encoded_bytes
from tinyedge.link.messages import Hello
from tinyedge.link.protocol import Codec, Type

STRIDES = (1, 2, 3, 4)
"""Distances that differences are tried with: an element's or a pixel's bytes."""

EVERY = frozenset(protocol.UNPACKED)
ALONE = frozenset({Codec.DELTA, Codec.BITS, Codec.BITS16})
"""Codecs of pieces that refer to nothing before them."""

_JUDGED_BYTES = 8192  # that a way to pack is chosen by
_FRAME_BYTES = 8192  # of a frame that one request holds: a device is not busy with it for long
_WINDOW = 65_535  # how far back LZ4 reaches
_RUN, _LONGEST_RUN = 128, 129


_PACKED = {
    Type.WRITE: Type.PACKED,
    Type.PIXELS: Type.PACKED_PIXELS,
    Type.SHOW: Type.PACKED_SHOW,
}


def burst(
    hello: Hello, kind: Type, inference: int, data: bytes, at: int
) -> tuple[list[Request], int]:
    """Packed requests with the bytes of ``data`` from ``at`` on, and where they end.

    As many as the device's receive buffer holds with an INVOKE behind them; bytes that do not get
    smaller go as ``kind``: WRITE for inputs, PIXELS or SHOW for a raw frame.
    """
    target = _Target(hello, inference, kind)

    def of_inputs(at: int) -> tuple[Request, int]:
        begin, end = _input_of(hello, at)
        return target.piece(data[begin:end], at - begin, begin, hello.codecs)

    def of_frame(at: int) -> tuple[Request, int]:
        return target.piece(data[at : at + _FRAME_BYTES], 0, at, hello.codecs & ALONE)

    if kind == Type.WRITE:
        return _burst(hello, of_inputs, at, len(data))
    return _burst(hello, of_frame, at, min(len(data), at + 2 * _FRAME_BYTES))


def streams(hello: Hello) -> bool:
    """Whether a device that takes raw frames takes them packed, and sends PART: one with BITS."""
    return Codec.BITS in hello.codecs


def _burst(
    hello: Hello, piece: Callable[[int], tuple[Request, int]], at: int, end: int
) -> tuple[list[Request], int]:
    room = hello.window - encoded_bytes(hello, Type.INVOKE, bytes(payloads.INVOKE.size))
    requests: list[Request] = []
    while at < end:
        request, count = piece(at)
        room -= encoded_bytes(hello, *request)
        if requests and room < 0:
            break
        requests.append(request)
        at += count
    return requests, at


def _input_of(hello: Hello, at: int) -> tuple[int, int]:
    """Where the input that byte ``at`` is in begins and ends."""
    begin = 0
    for tensor in hello.inputs:
        if at < begin + tensor.bytes:
            return begin, begin + tensor.bytes
        begin += tensor.bytes
    raise AssertionError(at)


@dataclass(frozen=True)
class _Target:
    """What bytes go to: packed requests, or those of type ``plain`` where these are no larger."""

    hello: Hello
    inference: int
    plain: Type

    def piece(self, data: bytes, at: int, begin: int, codecs: Set[Codec]) -> tuple[Request, int]:
        """The request with as many bytes of ``data`` from ``at`` on as fit a frame.

        ``begin``: the offset of ``data`` in what the requests address.
        """
        most = self.hello.max_payload - payloads.PACKED.size
        plain = min(len(data) - at, most + payloads.PACKED.size - payloads.WRITE.size)
        codec, stride = choose(data, at, codecs)
        packed, count = _pack(codec, data, at, stride, most)
        if count < plain or len(packed) + payloads.PACKED.size >= count + payloads.WRITE.size:
            header = payloads.WRITE.pack(self.inference, begin + at)
            return (self.plain, header + data[at : at + plain]), plain
        header = payloads.PACKED.pack(self.inference, begin + at, count, codec, stride)
        return (_PACKED[self.plain], header + packed), count


def _pack(codec: Codec, data: bytes, at: int, stride: int, most: int) -> tuple[bytes, int]:
    """At most ``most`` bytes, and how many of ``data`` from ``at`` on they hold."""
    if codec == Codec.LZ4:
        return pack_lz4(data, at, most)
    if codec == Codec.DELTA:
        return pack_delta(data, at, stride, most)
    step = bits.STEPS[codec]
    return bits.pack(data[at : at + most * bits.GROUP * step], step, stride, most)


def choose(data: bytes, at: int, codecs: Set[Codec] = EVERY) -> tuple[Codec, int]:
    """Which of ``codecs``, with which stride, the next bytes from ``at`` on become the fewest with.

    ``codecs`` is not empty: those that the device unpacks.
    """
    sizes: dict[tuple[Codec, int], int] = {}
    data = data[: at + _JUDGED_BYTES]
    if Codec.LZ4 in codecs:
        sizes[Codec.LZ4, 0] = len(_block(data, at, len(data) - at))
    for stride in STRIDES if Codec.DELTA in codecs else ():
        sizes[Codec.DELTA, stride] = _delta_size(_differences(data, at, stride))
    for codec, step in bits.STEPS.items():
        if codec in codecs and (len(data) - at) % step == 0:
            for stride in STRIDES[step - 1 :: step]:
                sizes[codec, stride] = bits.size(data[at:], step, stride)
    return min(sizes, key=lambda option: sizes[option])


def pack_lz4(data: bytes, at: int, most: int) -> tuple[bytes, int]:
    """An LZ4 block of at most ``most`` bytes, and how many bytes from ``at`` on it holds.

    It refers to what of ``data`` comes before them.
    """
    left = len(data) - at
    packed = _block(data, at, left)
    if len(packed) <= most:
        return packed, left
    best, fits, over = b"", 0, left
    while over - fits > 1:
        count = (fits + over) // 2
        packed = _block(data, at, count)
        if len(packed) <= most:
            best, fits = packed, count
        else:
            over = count
    return best, fits


def _block(data: bytes, at: int, count: int) -> bytes:
    block: bytes = _lz4().compress(
        data[at : at + count],
        mode="high_compression",
        store_size=False,
        dict=data[max(0, at - _WINDOW) : at],
    )
    return block


def pack_delta(data: bytes, at: int, stride: int, most: int) -> tuple[bytes, int]:
    """Differences to the byte ``stride`` before (0: to 0), in runs of equal ones and of others.

    At most ``most`` bytes, and how many bytes of ``data`` from ``at`` on they hold.
    """
    differences = _differences(data, at, stride).tobytes()
    out, here = bytearray(), 0
    while here < len(differences) and most - len(out) > 1:
        length = _run(differences, here)
        if length > 2:
            out += bytes([length + _RUN - 2, differences[here]])
        else:
            length = _others(differences, here, min(_RUN, most - len(out) - 1))
            out += bytes([length - 1]) + differences[here : here + length]
        here += length
    return bytes(out), here


def _differences(data: bytes, at: int, stride: int) -> NDArray[np.uint8]:
    every = np.frombuffer(bytes(stride) + data, np.uint8)
    made: NDArray[np.uint8] = (every[stride:] - every[: len(data)])[at:] if stride else every[at:]
    return made


def _run(differences: bytes, at: int) -> int:
    """How many equal ones there are from ``at`` on, as far as a run may hold them."""
    end = min(len(differences), at + _LONGEST_RUN)
    here = at + 1
    while here < end and differences[here] == differences[at]:
        here += 1
    return here - at


def _others(differences: bytes, at: int, most: int) -> int:
    """How many there are from ``at`` on, of at most ``most``, up to a run that is worth one."""
    end = min(len(differences), at + most)
    here = at
    while here < end and (length := _run(differences, here)) <= 2:
        here += length
    return min(here, end) - at


def _delta_size(differences: NDArray[np.uint8]) -> int:
    """About so many bytes pack_delta makes of them."""
    ends = np.flatnonzero(np.append(differences[1:] != differences[:-1], True))
    runs = np.diff(ends, prepend=-1)
    long = runs > 2
    literals = int(runs[~long].sum())
    return literals + literals // _RUN + int((3 * -(-runs[long] // _LONGEST_RUN)).sum())


def unpack(codec: Codec, packed: bytes, count: int, stride: int) -> bytes | None:
    """``count`` bytes of a piece that refers to nothing before it; None for damaged ones."""
    if codec == Codec.MASK:
        return mask.unpack(packed, count, stride)
    if codec not in ALONE or stride > protocol.MOST_STRIDE:
        return None
    if codec == Codec.DELTA:
        return unpack_delta(packed, count, stride)
    return bits.unpack(packed, count, bits.STEPS[codec], stride)


def unpack_delta(packed: bytes, count: int, stride: int, before: bytes = b"") -> bytes | None:
    """``count`` bytes that follow ``before``; None for damaged ones."""
    out, at, end = bytearray(before), 0, len(before) + count
    try:
        while len(out) < end:
            control = packed[at]
            run = control >= _RUN
            length = control - _RUN + 2 if run else control + 1
            some = packed[at + 1 : at + 2] * length if run else packed[at + 1 : at + 1 + length]
            at += 2 if run else 1 + length
            if length > end - len(out) or len(some) < length:
                return None
            for difference in some:
                last = out[-stride] if 0 < stride <= len(out) else 0
                out.append((last + difference) & 0xFF)
    except IndexError:
        return None
    return bytes(out[len(before) :]) if at == len(packed) else None


@cache
def _lz4() -> Any:
    return importlib.import_module("lz4.block")  # not every session packs
