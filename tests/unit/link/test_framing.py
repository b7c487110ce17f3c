"""Frames survive the round trip, and damage is always noticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyedge.link import payloads, protocol
from tinyedge.link.framing import Decoder, Frame, decode, encode

frames = st.builds(
    Frame,
    type=st.integers(0, 255),
    sequence=st.integers(0, 0xFFFF),
    payload=st.binary(max_size=700),
    version=st.integers(0, 255),
)


@given(st.lists(frames, max_size=5), st.integers(1, 900))
def test_frames_come_back_however_the_bytes_are_cut(sent: list[Frame], step: int) -> None:
    wire = b"".join(encode(frame) for frame in sent)
    decoder = Decoder()
    got = [f for at in range(0, len(wire), step) for f in decoder.feed(wire[at : at + step])]
    assert got == sent
    assert decoder.damaged == 0


@given(frames)
def test_a_zero_occurs_only_around_a_frame(frame: Frame) -> None:
    wire = encode(frame)
    assert wire[0] == 0 == wire[-1]
    assert 0 not in wire[1:-1]


@given(st.binary(max_size=300), frames)
def test_the_frame_after_garbage_is_found(garbage: bytes, frame: Frame) -> None:
    decoder = Decoder()
    assert decoder.feed(garbage + encode(frame))[-1:] == [frame]


@given(frames, st.data())
def test_a_flipped_bit_never_passes(frame: Frame, data: st.DataObject) -> None:
    wire = bytearray(encode(frame))
    bit = data.draw(st.integers(8, 8 * len(wire) - 9))
    wire[bit // 8] ^= 1 << bit % 8
    decoder = Decoder()
    assert decoder.feed(bytes(wire)) == []
    assert decoder.damaged >= 1


@given(frames, st.data())
def test_a_lost_byte_never_passes(frame: Frame, data: st.DataObject) -> None:
    wire = bytearray(encode(frame))
    at = data.draw(st.integers(1, len(wire) - 2))
    del wire[at]
    assert Decoder().feed(bytes(wire)) == []


def test_endless_noise_takes_no_memory_and_counts_once() -> None:
    decoder = Decoder()
    for _ in range(100):
        assert decoder.feed(b"\x55" * 1000) == []
    assert len(decoder._pending) < 5000
    assert decoder.feed(encode(Frame(1, 2, b"x"))) == [Frame(1, 2, b"x")]
    assert decoder.damaged == 1


def test_the_wire_format_is_the_documented_one() -> None:
    """Header and CRC-32 by hand: version 2, type 2, sequence 0x0403, 2 bytes."""
    body = bytes([2, 2, 3, 4, 2, 0, 0xAA, 0xBB])
    crc = 0xFFFF_FFFF
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    crc ^= 0xFFFF_FFFF
    end = crc.to_bytes(4, "little")
    assert 0 not in end
    wire = encode(Frame(2, 0x0403, b"\xaa\xbb"))
    assert wire == b"\0" + bytes([6, 2, 2, 3, 4, 2, 7, 0xAA, 0xBB]) + end + b"\0"


@given(st.binary(max_size=40))
def test_decoding_anything_raises_nothing(noise: bytes) -> None:
    assert decode(noise) is None  # a CRC-32 that fits by chance would be news


def test_layouts_fit_their_frames() -> None:
    largest = payloads.HELLO.size + protocol.MAX_TENSORS * payloads.TENSOR.size
    assert largest <= protocol.MAX_ANSWER
    assert protocol.MAX_PAYLOAD < protocol.WINDOW
    for layout in payloads.LAYOUTS:
        assert sum(size for _, _, size in layout.offsets()) == layout.size


def test_short_payloads_are_refused() -> None:
    with pytest.raises(ValueError, match="written: 3 bytes"):
        payloads.WRITTEN.ints(b"abc")
