"""A device in memory, written from the protocol's description alone, on a line that can be bad."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from tinyedge.link import payloads
from tinyedge.link import protocol as p
from tinyedge.link.framing import Decoder, Frame, encode
from tinyedge.link.transport import DeviceGoneError

Damage = Callable[[bytes], bytes]


def clean(data: bytes) -> bytes:
    return data


class FakeDevice:
    """Answers as firmware does. Output: the input reversed. Use as a Transport."""

    name = "fake"

    def __init__(self, sizes: tuple[int, ...] = (784,), sha256: bytes = bytes(32)) -> None:
        self.sizes, self.sha256 = sizes, sha256
        self.to_device: Damage = clean
        self.to_host: Damage = clean
        self.version = p.PROTOCOL_VERSION
        self.silent = self.gone = self.closed = self.flip_input = False
        self.init_status, self.init_error = 0, b""
        self.runs: list[bytes] = []  # the input of each te_model_invoke
        self.requests: list[int] = []  # types, as they arrived undamaged
        self.sends: list[bytes] = []  # extra bytes for the host, before the next answer
        self.layers: list[int] | None = None  # ticks; None: it does not observe them
        self.written: list[bytes] | None = None  # by each layer; None: it does not observe them
        self.watched = False
        self.run_error: tuple[int, bytes] | None = None
        self._decoder, self._out = Decoder(), bytearray()
        self._inference, self._input, self._done = 0, b"", False

    def read(self, timeout_s: float) -> bytes:
        if self.gone:
            raise DeviceGoneError("gone", "plug it in")
        data = b"".join(self.sends) + bytes(self._out)
        self.sends.clear()
        self._out.clear()
        return data

    def write(self, data: bytes) -> None:
        if self.gone:
            raise DeviceGoneError("gone", "plug it in")
        if self.silent:
            return
        for frame in self._decoder.feed(self.to_device(data)):
            self._out += self.to_host(encode(self._answer(frame)))

    def close(self) -> None:
        self.closed = True

    def _answer(self, frame: Frame) -> Frame:
        self.requests.append(frame.type)
        kind, payload = self._handle(frame.type, frame.payload)
        return Frame(kind, frame.sequence, payload, self.version)

    def _handle(self, kind: int, payload: bytes) -> tuple[int, bytes]:
        handler = {
            p.Type.HELLO: self._hello,
            p.Type.WRITE: self._write,
            p.Type.INVOKE: self._invoke,
            p.Type.READ: self._read,
            p.Type.PROFILE: self._profile,
            p.Type.WATCH: self._watch,
            p.Type.STATUS: lambda _: payloads.STATUS.pack(100, 200, len(self.runs), 0, 0),
            p.Type.HALT: lambda _: b"",
        }[p.Type(kind)]
        try:
            return kind | p.ANSWER, handler(payload)
        except Refusal as refusal:
            return p.Type.ERROR, payloads.ERROR.pack(refusal.code, refusal.detail) + refusal.text

    def _hello(self, _: bytes) -> bytes:
        self._inference, self._input, self._done = 0, b"", False
        n = 0 if self.init_status else len(self.sizes)
        body = payloads.HELLO.pack(
            b"9.9.9", b"fake", b"none", b"reverse", self.sha256, b"clock", b"wall", 1000,
            2048, 1024, p.MAX_PAYLOAD, p.WINDOW, self.init_status, 0, n, min(n, 1),
        )  # fmt: skip
        for size in (*self.sizes, sum(self.sizes))[: n + 1 if n else 0]:
            body += payloads.TENSOR.pack(size, 0, 1, struct.pack("<6I", size, *[0] * 5), 0.5, -1)
        return body + self.init_error

    def _write(self, payload: bytes) -> bytes:
        inference, offset = payloads.WRITE.ints(payload)
        if inference != self._inference:
            self._inference, self._input, self._done = inference, b"", False
        if offset == len(self._input) and not self._done:
            self._input += payload[payloads.WRITE.size :]
        return payloads.WRITTEN.pack(inference, len(self._input))

    def _invoke(self, payload: bytes) -> bytes:
        inference, size, crc = payloads.INVOKE.ints(payload)
        if inference != self._inference or len(self._input) != size:
            known = inference == self._inference
            raise Refusal(p.Code.INCOMPLETE, len(self._input) if known else 0)
        if not self._done:
            if self.flip_input or zlib.crc32(self._input) != crc:
                self._input = b""
                raise Refusal(p.Code.INPUT_CRC, 0)
            self.runs.append(self._input)
            if self.watched:
                self._send_layers()
            self._done = True
        if self.run_error:
            raise Refusal(p.Code.MODEL, *self.run_error)
        output = self._input[::-1]
        most = p.MAX_ANSWER - payloads.INVOKED.size
        return payloads.INVOKED.pack(inference, 7_000_000_000, len(output)) + output[:most]

    def _read(self, payload: bytes) -> bytes:
        inference, offset, size = payloads.READ.ints(payload)
        assert inference == self._inference
        assert self._done
        return payloads.OUTPUT.pack(inference, offset) + self._input[::-1][offset : offset + size]

    def _watch(self, payload: bytes) -> bytes:
        if self.written is None:
            raise Refusal(p.Code.TYPE, p.Type.WATCH)
        self.watched = payloads.WATCH.ints(payload) == (1,)
        return b""

    def _send_layers(self) -> None:
        most = p.MAX_ANSWER - payloads.LAYER.size
        for layer, data in enumerate(self.written or ()):
            for at in range(0, len(data), most):
                body = payloads.LAYER.pack(layer, at) + data[at : at + most]
                self._out += self.to_host(encode(Frame(p.Type.LAYER, 0, body)))

    def _profile(self, payload: bytes) -> bytes:
        inference, first = payloads.PROFILE.ints(payload)
        assert inference == self._inference
        if self.layers is None:
            raise Refusal(p.Code.TYPE, p.Type.PROFILE)
        body = payloads.PROFILED.pack(inference, len(self.layers), first)
        some = self.layers[first : first + (p.MAX_ANSWER - len(body)) // payloads.TICKS_BYTES]
        return body + struct.pack(f"<{len(some)}Q", *some)


class Refusal(Exception):  # noqa: N818
    def __init__(self, code: int, detail: int, text: bytes = b"") -> None:
        super().__init__(code, detail)
        self.code, self.detail, self.text = code, detail, text
