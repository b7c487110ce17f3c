"""The authenticated link: published vectors, the device's C, and what is not taken."""

import ctypes
import random
import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import fixture_firmware as fixture
from tests.support.native import WARNINGS
from tests.support.tools import need
from tinyedge.board import load
from tinyedge.emit import authenticating, board_files, features
from tinyedge.link import auth, payloads
from tinyedge.link import protocol as p
from tinyedge.link.auth import TO_DEVICE, TO_HOST, Seal
from tinyedge.link.framing import Frame
from tinyedge.workspace import write_tree

HOST_NONCE = bytes(range(200, 216))
#: of the stubs below: what the device's nonce is made of
TICKS, ENTROPY = 0x0123_4567_89AB, bytes(range(16))
DEVICE_NONCE = bytes.fromhex("192f3adc2c6048895cd38d630d69c9e2")
SESSION_KEY = bytes.fromhex("11b37f975135cea8d24e07cd930fc8291ed9135604e7a5ef122b641b346342fa")
#: AUTH of sequence number 7, then INVOKE of sequence number 8, to the device
SEALED_AUTH = bytes.fromhex("01000000635fd4d3a5ffe7084ccd322d93731830")
SEALED_INVOKE = bytes.fromhex("e760650bb066fddf0a1d816502000000693442fadc7cef43d8a0e949299c975c")
INVOKE = Frame(p.Type.INVOKE, 8, payloads.INVOKE.pack(1, 789, 0x1234_5678))
#: 150 bytes to the host: more than two blocks of the cipher
ANSWER = Frame(p.Type.READ | p.ANSWER, 9, bytes(range(150)))
SEALED_ANSWER_END = bytes.fromhex("01000000b7e4901bc11a36533475f8418441c820")

STUBS = """
#include <string.h>
#include "auth.h"
#include "command.h"
#include "te_port.h"
uint8_t sent[4096], answered[256];
uint32_t sent_bytes, doubt;
void te_frame_put_raw(const void *data, size_t size) {
  memcpy(sent + sent_bytes, data, size);
  sent_bytes += (uint32_t)size;
}
void te_answer(const te_frame *request, const void *payload, size_t size) {
  (void)request;
  memcpy(answered, payload, size);
}
void te_refuse(const te_frame *request, uint32_t code, uint32_t detail, const char *text) {
  (void)request, (void)code, (void)text;
  doubt = detail;
}
uint64_t te_port_ticks(void) { return 0x0123456789abu; }
bool te_port_entropy(uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++) data[i] = (uint8_t)i;
  return true;
}
uint32_t te_get_u32(const uint8_t *from) {
  return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}
void te_set_u32(uint8_t *to, uint32_t value) {
  for (int i = 0; i < 4; i++) to[i] = (uint8_t)(value >> 8 * i);
}
"""


class _Frame(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_uint8),
        ("type", ctypes.c_uint8),
        ("sequence", ctypes.c_uint16),
        ("length", ctypes.c_uint16),
        ("payload", ctypes.POINTER(ctypes.c_uint8)),
    )


class Device:
    """The device's part, in C: ``open`` a request, ``seal`` an answer."""

    def __init__(self, library: Path) -> None:
        self._c = ctypes.CDLL(str(library))
        self._c.te_auth_open.restype = ctypes.c_bool

    def challenge(self, nonce: bytes) -> bytes:
        self._c.te_on_challenge(ctypes.byref(_c_frame(Frame(p.Type.CHALLENGE, 1, nonce))))
        answered = (ctypes.c_uint8 * 256).in_dll(self._c, "answered")
        return bytes(answered)[: payloads.CHALLENGED.size]

    def open(self, frame: Frame) -> bytes | int:
        """The payload, or why it was refused."""
        given = _c_frame(frame)
        if not self._c.te_auth_open(ctypes.byref(given)):
            return ctypes.c_uint32.in_dll(self._c, "doubt").value
        return bytes(given.payload[: given.length])

    def seal(self, frame: Frame, piece: int) -> Frame:
        """Sealed in pieces of so many bytes."""
        header = auth._header(frame, len(frame.payload) + payloads.SEAL.size)
        count = ctypes.c_uint32.in_dll(self._c, "sent_bytes")
        count.value = 0
        self._c.te_auth_seal_begin(header)
        for at in range(0, len(frame.payload), piece):
            some = frame.payload[at : at + piece]
            self._c.te_auth_seal_put(some, ctypes.c_size_t(len(some)))
        self._c.te_auth_seal_end()
        sent = (ctypes.c_uint8 * 4096).in_dll(self._c, "sent")
        return replace(frame, payload=bytes(sent)[: count.value])


def _c_frame(frame: Frame) -> _Frame:
    payload = (ctypes.c_uint8 * max(1, len(frame.payload)))(*frame.payload)
    return _Frame(frame.version, frame.type, frame.sequence, len(frame.payload), payload)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("gcc")
    folder = tmp_path_factory.mktemp("auth")
    files = board_files.files(load("host"), selected=(features.AUTH,))
    files = {name: text for name, text in files.items() if name.startswith(("include/", "app/"))}
    files |= authenticating.files(fixture.DEVICE, fixture.KEY)
    write_tree(folder, {**files, "stubs.c": STUBS})
    folders = [f"-I{folder / name}" for name in ("include", "app", "auth", "monocypher")]
    sources = [folder / name for name in ("app/auth.c", "monocypher/monocypher.c", "stubs.c")]
    made = folder / "auth.so"
    flags = [*WARNINGS, "-O1", "-shared", "-fPIC", "-fsanitize=undefined"]
    flags += ["-fno-sanitize-recover=all", *folders]
    subprocess.run(["gcc", *flags, *map(str, sources), "-o", str(made)], check=True)
    return made


@pytest.fixture
def device(library: Path, tmp_path: Path) -> Device:
    """One that has just started: a copy of the library has statics of its own."""
    copy = tmp_path / "auth.so"
    copy.write_bytes(library.read_bytes())
    return Device(copy)


def test_hchacha20_has_the_published_vector() -> None:
    # draft-irtf-cfrg-xchacha-03, 2.2.1
    found = auth.hchacha20(bytes(range(32)), bytes.fromhex("000000090000004a0000000031415927"))
    assert found.hex() == "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"


def test_the_device_and_the_host_have_the_golden_vectors(device: Device) -> None:
    nonce = auth.hchacha20(auth.hchacha20(fixture.KEY, b"tinyedge nonces "), ENTROPY)
    nonce = auth.hchacha20(nonce, bytes(16))  # what the pool holds at first
    counted = struct.pack("<IQI", 1, TICKS, 0)
    nonce = auth.hchacha20(nonce, counted)
    assert nonce[:16] == DEVICE_NONCE
    assert auth.session_key(fixture.KEY, HOST_NONCE, DEVICE_NONCE) == SESSION_KEY
    host, other = Seal(SESSION_KEY), Seal(SESSION_KEY, TO_HOST, TO_DEVICE)
    sealed_auth, sealed_invoke = host.seal(Frame(p.Type.AUTH, 7, b"")), host.seal(INVOKE)
    assert (sealed_auth.payload, sealed_invoke.payload) == (SEALED_AUTH, SEALED_INVOKE)
    sealed_answer = other.seal(ANSWER)
    assert sealed_answer.payload.endswith(SEALED_ANSWER_END)

    challenged = device.challenge(HOST_NONCE)
    assert challenged == payloads.CHALLENGED.pack(DEVICE_NONCE, fixture.DEVICE.encode())
    assert device.open(sealed_auth) == b""
    assert device.open(sealed_invoke) == INVOKE.payload
    assert device.seal(ANSWER, 150) == sealed_answer
    for piece in (1, 7, 64, 65):
        sealed = device.seal(ANSWER, piece)
        assert sealed == other.seal(ANSWER)
        assert host.open(sealed) == ANSWER


def test_the_same_nonce_is_answered_alike_until_it_is_used(device: Device) -> None:
    first = device.challenge(HOST_NONCE)
    assert device.challenge(HOST_NONCE) == first
    assert isinstance(device.open(Frame(p.Type.AUTH, 7, SEALED_AUTH)), bytes)
    assert device.challenge(HOST_NONCE) != first
    assert device.open(Frame(p.Type.AUTH, 7, SEALED_AUTH)) == p.Doubt.FORGED


def test_what_was_changed_or_taken_before_is_not_taken(device: Device) -> None:
    rng = random.Random(4)
    assert device.open(replace(INVOKE, payload=SEALED_INVOKE)) == p.Doubt.SESSION
    assert device.open(Frame(p.Type.STATUS, 7, b"")) == p.Doubt.SESSION
    device.challenge(HOST_NONCE)
    assert device.open(Frame(p.Type.AUTH, 8, SEALED_AUTH)) == p.Doubt.FORGED
    assert device.open(Frame(p.Type.AUTH, 7, SEALED_AUTH)) == b""
    invoke = replace(INVOKE, payload=SEALED_INVOKE)
    for at in range(8 * len(SEALED_INVOKE)):
        changed = bytearray(SEALED_INVOKE)
        changed[at // 8] ^= 1 << at % 8
        assert device.open(replace(invoke, payload=bytes(changed))) in set(p.Doubt), at
    for wrong in (
        replace(invoke, type=p.Type.READ),
        replace(invoke, sequence=9),
        replace(invoke, payload=SEALED_INVOKE[:-1]),
        replace(invoke, payload=SEALED_INVOKE[1:]),
        replace(invoke, payload=b"\0" + SEALED_INVOKE),
        replace(invoke, payload=rng.randbytes(19)),
        replace(invoke, payload=rng.randbytes(512)),
    ):
        assert device.open(wrong) in set(p.Doubt)
    assert device.open(invoke) == INVOKE.payload
    assert device.open(invoke) == p.Doubt.REPLAYED


def test_a_frame_that_was_overtaken_is_not_taken(device: Device) -> None:
    host = Seal(SESSION_KEY)
    device.challenge(HOST_NONCE)
    device.open(host.seal(Frame(p.Type.AUTH, 7, b"")))
    first, second = host.seal(INVOKE), host.seal(INVOKE)
    assert device.open(second) == INVOKE.payload
    assert device.open(first) == p.Doubt.REPLAYED


def test_the_host_takes_nothing_that_was_changed_or_taken_before() -> None:
    device, host = Seal(SESSION_KEY, TO_HOST, TO_DEVICE), Seal(SESSION_KEY)
    sealed = device.seal(ANSWER)
    for at in range(0, 8 * len(sealed.payload), 3):
        changed = bytearray(sealed.payload)
        changed[at // 8] ^= 1 << at % 8
        assert host.heard(replace(sealed, payload=bytes(changed))) is None
    assert host.heard(ANSWER) is None
    assert host.heard(host.seal(ANSWER)) is None  # its own, sent back
    assert host.heard(sealed) == ANSWER
    assert host.heard(sealed) is None


def test_what_is_not_sealed_can_only_end_a_session() -> None:
    def error(code: int, detail: int) -> Frame:
        return Frame(p.Type.ERROR, 1, payloads.ERROR.pack(code, detail))

    host, device = Seal(SESSION_KEY), Seal(SESSION_KEY, TO_HOST, TO_DEVICE)
    fault, forged = error(p.Code.FAULT, 0), error(p.Code.AUTH, p.Doubt.FORGED)
    assert host.heard(forged) == forged  # the answer to AUTH: another key
    host.open(device.seal(ANSWER))
    assert host.heard(forged) is None
    assert host.heard(fault) == fault
    assert host.heard(error(p.Code.AUTH, p.Doubt.SESSION)) is not None
    assert host.heard(Frame(p.Type.READY, 0, b"")) is not None
    for ignored in (error(p.Code.RANGE, 5), Frame(p.Type.LOG, 0, b"hello"), Frame(0xC2, 1, b"")):
        assert host.heard(ignored) is None
