"""Packed inputs: the device's decoders are the host's twins, whatever bytes come, and never leave
their buffers; inferences are the same as with plain inputs."""

import math
import random
import struct
import subprocess
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import lz4.block
import numpy as np
import pytest

from tests.support import lz4_block
from tests.support import picture_firmware as fixture
from tests.support.picture_firmware import Running
from tests.support.tools import CHECKOUT, need
from tinyedge import board as boards
from tinyedge.device import wire
from tinyedge.emit import board_files
from tinyedge.link import bits, packing, payloads
from tinyedge.link import protocol as p
from tinyedge.link.messages import DeviceError
from tinyedge.link.protocol import Codec
from tinyedge.link.session import Session
from tinyedge.oracle import Oracle
from tinyedge.samples import Samples

HOST = boards.load("host")
APP = CHECKOUT / "firmware_templates" / "app"
MAIN = CHECKOUT / "tests" / "host" / "unpack_main.c"
FLAGS = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", "-O1", f"-I{APP}"]
SANITIZE = "-fsanitize=address,undefined"


@dataclass(frozen=True)
class Case:
    """Packed bytes that follow ``before`` and claim to hold ``count``.

    ``piece``: bytes that are unpacked at once; 0: all, where they follow.
    """

    codec: Codec
    stride: int
    before: bytes
    count: int
    packed: bytes
    piece: int = 0

    @property
    def expected(self) -> bytes | None:
        if self.piece:
            return packing.unpack(self.codec, self.packed, self.count, self.stride)
        if self.codec == Codec.LZ4:
            return lz4_block.unpack(self.packed, self.count, self.before)
        return packing.unpack_delta(self.packed, self.count, self.stride, self.before)


def _samples(rng: random.Random) -> list[bytes]:
    """Bytes as inputs have them: blank, noisy, slopes, pixels of several channels, repeats."""
    slope = bytes((i // 7) % 256 for i in range(900))
    colour = bytes((40 + i // 60, 90, 200 - i // 30)[i % 3] for i in range(1200))
    return [
        b"",
        b"\x80",
        bytes(1500),
        rng.randbytes(400),
        slope,
        colour,
        bytes(rng.choice((0, 0, 0, 0, 9)) for _ in range(1000)),
        rng.randbytes(60) * 20,
        bytes(rng.randrange(4) for _ in range(700)),
        _sound(rng, 500),
    ]


def _sound(rng: random.Random, count: int) -> bytes:
    """Samples of 16 bits, near the one before, and now and then at an end of their range."""
    values = [int(3000 * math.sin(i / 9)) + rng.randrange(-60, 60) for i in range(count)]
    values[count // 2 :: 50] = [rng.choice((-32768, 32767))] * len(values[count // 2 :: 50])
    return np.array(values, "<i2").tobytes()


def _packed(data: bytes, at: int, rng: random.Random) -> list[Case]:
    most = rng.choice((8, 60, 500, 5000))
    found = [(Codec.LZ4, 0, packing.pack_lz4(data, at, most))]
    found += [(Codec.DELTA, s, packing.pack_delta(data, at, s, most)) for s in packing.STRIDES]
    cases = [
        Case(codec, stride, data[:at], count, packed) for codec, stride, (packed, count) in found
    ]
    return cases + _packed_alone(data[at:], most, rng)


def _packed_alone(data: bytes, most: int, rng: random.Random) -> list[Case]:
    whole = data[: len(data) // 2 * 2]
    found = [(Codec.DELTA, s, packing.pack_delta(data, 0, s, most)) for s in (0, 1, 2, 3, 4)]
    found += [(Codec.BITS, s, bits.pack(data, 1, s, most)) for s in (0, 1, 2, 3, 4)]
    found += [(Codec.BITS16, s, bits.pack(whole, 2, s, most)) for s in (0, 2, 4)]
    return [
        Case(codec, stride, b"", count, packed, rng.choice((2, 3, 16, 255)))
        for codec, stride, (packed, count) in found
    ]


def _mutated(case: Case, rng: random.Random) -> Case:
    packed = bytearray(case.packed)
    for _ in range(rng.randint(1, 3)):
        at = rng.randint(0, len(packed))
        kind = rng.randrange(4)
        if kind == 0 or at == len(packed):
            packed[at:at] = rng.randbytes(rng.randint(1, 3))
        elif kind == 1:
            packed[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            packed[at] = rng.choice((0, 15, 0xF0, 0xFF, 127, 128))
        else:
            del packed[at : at + rng.randint(1, 4)]
    count = max(0, case.count + rng.choice((0, 0, 0, -1, 1, 50)))
    before = case.before[rng.choice((0, 0, len(case.before) // 2)) :]
    stride = rng.choice((case.stride, 0, 1, 255))
    return Case(case.codec, stride, before, count, bytes(packed), case.piece)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("gcc")
    path = tmp_path_factory.mktemp("unpack") / "unpack"
    (path.parent / "te_protocol.h").write_text(board_files.protocol_header())
    argv = [
        "gcc",
        *FLAGS,
        f"-I{path.parent}",
        SANITIZE,
        "-fno-sanitize-recover=all",
        MAIN,
        APP / "unpack.c",
        "-o",
        path,
    ]
    subprocess.run(argv, check=True)
    return path


def _ask(program: Path, cases: Sequence[Case]) -> Iterator[bytes | None]:
    told = b"".join(
        bytes([case.codec, case.stride, case.piece])
        + struct.pack("<3I", len(case.before), case.count, len(case.packed))
        + case.before
        + case.packed
        for case in cases
    )
    done = subprocess.run([program], input=told, capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    at = 0
    for case in cases:
        good = done.stdout[at]
        yield done.stdout[at + 1 : at + 1 + case.count] if good else None
        at += 1 + case.count * good
    assert at == len(done.stdout)


def test_what_is_packed_is_unpacked_by_both(program: Path) -> None:
    rng = random.Random(1)
    cases, data_of = [], []
    for data in _samples(rng):
        for at in {0, len(data) // 3, max(0, len(data) - 5)}:
            for case in _packed(data, at, rng):
                cases.append(case)
                data_of.append(data[at : at + case.count])
    for case, data, device in zip(cases, data_of, _ask(program, cases), strict=True):
        assert case.expected == data
        assert device == data
        if case.codec == Codec.LZ4 and case.packed:
            theirs = lz4.block.decompress(
                case.packed, uncompressed_size=case.count, dict=case.before
            )
            assert theirs == data


def test_damaged_bytes_are_judged_alike_and_stay_in_their_buffers(program: Path) -> None:
    rng = random.Random(2)
    valid = [case for data in _samples(rng) for case in _packed(data, len(data) // 2, rng)]
    cases = [_mutated(rng.choice(valid), rng) for _ in range(6000)]
    cases += [
        Case(rng.choice((Codec.LZ4, Codec.DELTA)), rng.randrange(9),
             rng.randbytes(rng.randrange(9)), rng.randrange(40), rng.randbytes(rng.randrange(30)))
        for _ in range(2000)
    ]  # fmt: skip
    cases += [
        Case(rng.choice(p.UNPACKED), rng.randrange(6), b"", rng.randrange(40),
             bytes(rng.choice((0, 1, 2, rng.randrange(256))) for _ in range(rng.randrange(12))), 16)
        for _ in range(2000)
    ]  # fmt: skip
    outcomes = [case.expected for case in cases]
    for case, expected, device in zip(cases, outcomes, _ask(program, cases), strict=True):
        assert device == expected, case
    good = sum(outcome is not None for outcome in outcomes)
    assert 100 < good < len(cases) - 1000


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    need("make", "gcc")
    folder = tmp_path_factory.mktemp("compress")
    with fixture.running(folder, HOST, ["compress"], ("address", "undefined")) as running:
        yield running


def _inputs() -> list[bytes]:
    rng = random.Random(3)
    size = fixture.SIZE[0] * fixture.SIZE[1] * fixture.CHANNELS
    return [
        bytes(size),
        rng.randbytes(size),
        bytes((100, 50, 20)[i % 3] for i in range(size)),
        rng.randbytes(9) * (size // 9),
    ]


def check(url: str) -> list[tuple[int, int]]:
    """Answers equal the reference's; returns bytes sent plain and packed for each input."""
    oracle, sent = Oracle(fixture.model()), []
    with Session(url) as session:
        for data in _inputs():
            shape = (1, *fixture.SIZE, fixture.CHANNELS)
            (expected,) = oracle.run([np.frombuffer(data, np.int8).reshape(shape)])
            counts = []
            for packed in (False, True):
                session.packed = packed
                before = session.traffic
                assert session.infer([data]).outputs == (expected.tobytes(),)
                counts.append(session.traffic.since(before).bytes_sent)
            best = int(expected.argmax())
            assert session.classify([data]) == (best, int(expected.reshape(-1)[best]))
            sent.append((counts[0], counts[1]))
    return sent


def test_inferences_are_the_same_with_fewer_bytes(device: Running) -> None:
    blank, noise, flat, repeats = check(device.url)
    assert blank[1] < blank[0] / 2
    assert flat[1] < flat[0] / 2
    assert repeats[1] < repeats[0]
    assert noise[1] == noise[0]  # what does not get smaller goes as it is


def test_what_goes_packed_is_what_hello_says(device: Running) -> None:
    blank, *_, repeats = _inputs()
    with Session(device.url) as session:
        assert session.hello.codecs == frozenset(p.UNPACKED)
        assert session.packed
        for codecs in (packing.EVERY, *(frozenset({codec}) for codec in p.UNPACKED)):
            hello = replace(session.hello, codecs=codecs)
            for data in (blank, repeats):
                requests, _ = packing.burst(hello, p.Type.WRITE, 1, data, 0)
                used = {
                    payloads.PACKED.ints(body)[3]
                    for kind, body in requests
                    if kind == p.Type.PACKED
                }
                assert used <= codecs
                assert used or len(codecs) == 1
            session.hello = hello
            expected = session.infer([repeats]).outputs
            session.packed = False
            assert session.infer([repeats]).outputs == expected
            session.packed = True


def test_what_the_ways_cost_is_counted(device: Running) -> None:
    shape = (1, *fixture.SIZE, fixture.CHANNELS)
    blank = Samples("blank", (np.zeros((3, *shape), np.int8),))
    with Session(device.url) as session:
        found = wire.measure(session, blank, None)
        timed = wire.measure(session, blank, 1.0)
    plain, packed, short = found.modes
    assert packed.bytes_sent < plain.bytes_sent / 2
    assert short.bytes_received < packed.bytes_received
    total = plain.bytes_sent + plain.bytes_received
    assert plain.samples_per_second == pytest.approx(11_520 / total, abs=0.01)
    assert not found.inference_included
    assert timed.inference_included
    assert timed.modes[0].samples_per_second < 1


def test_what_does_not_fit_is_refused(device: Running) -> None:
    total = fixture.SIZE[0] * fixture.SIZE[1] * fixture.CHANNELS
    packed, _ = packing.pack_lz4(bytes(total), 0, 500)

    def refused(payload: bytes) -> tuple[int, int]:
        with pytest.raises(DeviceError) as caught:
            session.exchange([(p.Type.PACKED, payload)], 5.0)
        return caught.value.code, caught.value.detail

    with Session(device.url) as session:
        assert refused(payloads.PACKED.pack(0, 0, total, 1, 0) + packed) == (p.Code.RANGE, total)
        assert refused(payloads.PACKED.pack(1, 1, total, 1, 0) + packed) == (p.Code.RANGE, total)
        assert refused(payloads.PACKED.pack(1, 0, 1 << 31, 1, 0) + packed) == (p.Code.RANGE, total)
        assert refused(payloads.PACKED.pack(1, 0, total, 9, 0) + packed) == (p.Code.PACKED, 0)
        assert refused(payloads.PACKED.pack(1, 0, total, 1, 0) + packed[:-1]) == (p.Code.PACKED, 0)
        whole = payloads.PACKED.pack(1, 0, total, 1, 0) + packed
        for _ in range(2):  # the second time it changes nothing
            answer = session.call(p.Type.PACKED, payloads.WRITTEN.size, whole)
            assert payloads.WRITTEN.ints(answer) == (1, total)
        invoke = payloads.INVOKE.pack(1, total, zlib.crc32(bytes(total)))
        assert len(session.call(p.Type.CLASSIFY, payloads.CLASSIFIED.size, invoke)) == 6
