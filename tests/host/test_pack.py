"""What a device packs: the bytes of the host's encoders; what comes of it is bounded."""

import random
import struct
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.host.test_compress import FLAGS, SANITIZE
from tests.support.picture_firmware import smooth
from tests.support.tools import CHECKOUT, need
from tinyedge.emit import board_files
from tinyedge.link import bits, mask, packing, parts, payloads
from tinyedge.link import protocol as p
from tinyedge.link.framing import Frame
from tinyedge.link.parts import Parts
from tinyedge.link.protocol import Codec

APP = CHECKOUT / "firmware_templates" / "app"
MAIN = CHECKOUT / "tests" / "host" / "pack_main.c"


@dataclass(frozen=True)
class Packed:
    """``data`` of ``count`` bytes, as PART holds them."""

    codec: Codec
    stride: int
    count: int
    data: bytes


def _packed(codec: Codec, stride: int, data: bytes, most: int) -> Packed:
    if codec == Codec.MASK:
        packed, count = mask.pack(data, stride, most)
    elif codec == Codec.DELTA:
        packed, count = packing.pack_delta(data, 0, stride, most)
    else:
        packed, count = bits.pack(data, bits.STEPS[codec], stride, most)
    return Packed(codec, stride, count, packed)


def _best(data: bytes, most: int) -> Packed:
    """The twin of te_pack_best: of equal ways the first."""
    data = data[: p.PART_BYTES]
    usual = (min(data, key=lambda byte: byte ^ 0x80), min(data))
    ways = [way for way in p.PART_WAYS if way[0] != Codec.BITS16 or len(data) % 2 == 0]
    ways += [(Codec.MASK, byte) for byte in usual]
    found = [_packed(codec, stride, data, most) for codec, stride in ways]
    return min(found, key=lambda way: len(way.data) / way.count if way.count else float("inf"))


def _samples(rng: random.Random) -> list[bytes]:
    """Outputs of layers after a ReLU and without one, frames grey and in colour, sound."""
    relu = bytes(rng.choice((0x80, 0x80, rng.randrange(256))) for _ in range(3000))
    offset = bytes(max(0, int(rng.gauss(0, 30))) for _ in range(1003))
    wave = np.cumsum([rng.randrange(-200, 200) for _ in range(900)]).astype("<i2").tobytes()
    return [
        b"\x80",
        bytes(3000),
        b"\x11" * 130 + b"\x12" * 129 + b"ab",
        rng.randbytes(700),
        relu,
        offset,
        wave,
        smooth(40, 50, 3).tobytes(),
        smooth(100, 101, 1).tobytes(),
        b"".join(bytes([n]) * rng.randint(1, 4) for n in range(250)),
        bytes(range(256)) * 3,
    ]


def _device(program: Path, cases: Sequence[tuple[bytes, int]]) -> Iterator[Packed]:
    told = b"".join(struct.pack("<2I", len(data), most) + data for data, most in cases)
    done = subprocess.run([program], input=told, capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    at = 0
    for _ in cases:
        codec, stride, count, size = struct.unpack_from("<BBII", done.stdout, at)
        yield Packed(Codec(codec), stride, count, done.stdout[at + 10 : at + 10 + size])
        at += 10 + size
    assert at == len(done.stdout)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("gcc")
    folder = tmp_path_factory.mktemp("pack")
    (folder / "te_protocol.h").write_text(board_files.protocol_header())
    argv = ["gcc", *FLAGS, f"-I{folder}", SANITIZE, "-fno-sanitize-recover=all"]
    subprocess.run([*argv, MAIN, APP / "pack.c", "-o", folder / "pack"], check=True)
    return folder / "pack"


def test_the_device_packs_as_the_host_would(program: Path) -> None:
    rng = random.Random(7)
    cases = [(data, most) for data in _samples(rng) for most in (5, 40, 131, 600, 2034)]
    for _ in range(150):
        data = rng.choice(_samples(rng))
        begin = rng.randrange(len(data))
        cases.append((data[begin : begin + rng.randint(1, 400)], rng.randint(2, 150)))
    used = set()
    for (data, most), device in zip(cases, _device(program, cases), strict=True):
        assert device == _best(data, most)
        unpacked = packing.unpack(device.codec, device.data, device.count, device.stride)
        assert unpacked == data[: device.count]
        used.add(device.codec)
    assert used == {Codec.DELTA, Codec.BITS, Codec.BITS16, Codec.MASK}


def test_whatever_comes_is_a_part_or_refused_and_is_bounded() -> None:
    rng = random.Random(8)
    valid = [_best(data, 300) for data in _samples(rng)]
    kept = 0
    for _ in range(4000):
        way = rng.choice(valid)
        data = bytearray(way.data)
        for _ in range(rng.randrange(3)):
            data[rng.randrange(len(data))] = rng.choice((0, 1, 127, 255, rng.randrange(256)))
        count = rng.choice((way.count, way.count + 1, 0, p.PART_BYTES, 1 << 31))
        codec = rng.choice((way.codec, way.codec, rng.randrange(8)))
        head = payloads.PACKED.pack(1, 2, count, codec, rng.choice((way.stride, 0, 255)))
        payload = (head + data)[: rng.choice((None, rng.randrange(40)))]
        found = Parts()
        try:
            found.take(Frame(p.Type.PART, 0, payload))
        except ValueError:
            continue
        assert len(found[1, 2]) == count <= p.PART_BYTES
        kept += 1
    assert 100 < kept < 3500


def test_a_part_that_holds_more_than_the_most_is_refused() -> None:
    def part(count: int) -> Frame:
        packed, _ = packing.pack_delta(bytes(count), 0, 0, 500)
        return Frame(p.Type.PART, 0, payloads.PACKED.pack(1, 0, count, Codec.DELTA, 0) + packed)

    Parts().take(part(p.PART_BYTES))
    with pytest.raises(ValueError, match="8193 bytes"):
        Parts().take(part(p.PART_BYTES + 1))


def test_more_parts_than_any_device_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_MOST", 2)
    found = Parts()
    for number in range(2):
        found.take(Frame(p.Type.LAYER, 0, payloads.LAYER.pack(number, 0)))
    with pytest.raises(ValueError, match="more than 2"):
        found.take(Frame(p.Type.LAYER, 0, payloads.LAYER.pack(3, 0)))
