"""A device on this computer that runs a model with the ``tflite-micro`` wheel's interpreter.

It speaks the firmware's protocol on a loopback socket, so that host, link and validation can be
used with TensorFlow Lite Micro where no compiler is. Run as
``python -m tinyedge.flash.tflm_host MODEL.tflite``: the URL is the first line on standard output.
TE_LISTEN=fd:N in the environment makes it serve that listening socket instead of one of its own.
With TE_IDLE_S the process ends when nothing has arrived for that many seconds.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tinyedge import __version__
from tinyedge.errors import ModelError
from tinyedge.graph import container
from tinyedge.graph.types import Tensor
from tinyedge.link import payloads
from tinyedge.link import protocol as p
from tinyedge.link.framing import Decoder, Frame, encode
from tinyedge.oracle import Oracle
from tinyedge.workspace import sha256

_NS = 1_000_000_000
_ERR_OP, _ERR_INVOKE = 2, 5  # te_status


class _RefusedError(Exception):
    """Answered with an ERROR frame."""

    def __init__(self, code: int, detail: int, text: str = "") -> None:
        super().__init__(text)
        self.payload = payloads.ERROR.pack(code, detail) + text.encode()


@dataclass
class _Inference:
    """The inference that is being written or has been run; number 0: none."""

    number: int = 0
    data: bytearray = field(default_factory=bytearray)
    done: bool = False
    ticks: int = 0
    outputs: bytes = b""
    error: str = ""


class Device:
    """One model behind the protocol: :meth:`answer` turns a request into its answer."""

    def __init__(self, tflite: bytes, name: str) -> None:
        file = container.read(tflite, name)
        self._name = name
        self._sha256 = bytes.fromhex(sha256(tflite))
        self._inputs = [file.tensors[i] for i in file.inputs]
        self._outputs = [file.tensors[i] for i in file.outputs]
        self._oracle: Oracle | None = None
        self._reason = ""
        try:
            self._oracle = Oracle(tflite, name)
        except ModelError as error:
            self._reason = error.message
        self._inference = _Inference()
        self._count = 0
        self.halted = False
        self._handlers: dict[int, Callable[[bytes], bytes]] = {
            p.Type.HELLO: self._hello,
            p.Type.WRITE: self._write,
            p.Type.INVOKE: self._invoke,
            p.Type.READ: self._read,
            p.Type.STATUS: self._status,
            p.Type.HALT: self._halt,
        }

    def answer(self, request: Frame, damaged: int = 0) -> Frame:
        """Return the one answer to ``request``; ``damaged`` frames came before it."""
        self._damaged = damaged
        try:
            if request.version != p.PROTOCOL_VERSION:
                raise _RefusedError(p.Code.VERSION, p.PROTOCOL_VERSION)
            if request.type not in self._handlers:
                raise _RefusedError(p.Code.TYPE, request.type)
            payload = self._handlers[request.type](request.payload)
        except _RefusedError as refused:
            return Frame(p.Type.ERROR, request.sequence, refused.payload)
        return Frame(request.type | p.ANSWER, request.sequence, payload)

    @property
    def _input_bytes(self) -> int:
        return sum(tensor.bytes for tensor in self._inputs)

    def _hello(self, payload: bytes) -> bytes:
        _exactly(payload, 0)
        self._inference = _Inference()
        arena = self._oracle.arena_used if self._oracle else 0
        fixed = payloads.HELLO.pack(
            __version__.encode(),
            b"host",
            b"tflm",
            self._name.encode()[:63],
            self._sha256,
            b"perf_counter",
            b"wall",
            _NS,
            arena,
            arena,
            p.MAX_PAYLOAD,
            p.WINDOW,
            0 if self._oracle else _ERR_OP,
            0,
            len(self._inputs),
            len(self._outputs),
        )
        tensors = b"".join(map(_tensor, [*self._inputs, *self._outputs]))
        return fixed + tensors + self._reason.encode()

    def _write(self, payload: bytes) -> bytes:
        self._model()
        if not payloads.WRITE.size <= len(payload) <= p.MAX_PAYLOAD:
            raise _RefusedError(p.Code.LENGTH, len(payload))
        number, offset = payloads.WRITE.ints(payload)
        data = payload[payloads.WRITE.size :]
        if number == 0 or offset + len(data) > self._input_bytes:
            raise _RefusedError(p.Code.RANGE, self._input_bytes)
        if number != self._inference.number:
            self._inference = _Inference(number)
        if offset == len(self._inference.data) and not self._inference.done:
            self._inference.data += data
        return payloads.WRITTEN.pack(number, len(self._inference.data))

    def _invoke(self, payload: bytes) -> bytes:
        oracle = self._model()
        _exactly(payload, payloads.INVOKE.size)
        number, size, crc = payloads.INVOKE.ints(payload)
        current = self._inference
        known = number != 0 and number == current.number
        if size != self._input_bytes:
            raise _RefusedError(p.Code.RANGE, self._input_bytes)
        if not known or len(current.data) != size:
            raise _RefusedError(p.Code.INCOMPLETE, len(current.data) if known else 0)
        if not current.done:
            found = zlib.crc32(current.data)
            if found != crc:
                current.data.clear()
                raise _RefusedError(p.Code.INPUT_CRC, found)
            self._run(oracle, current)
        if current.error:
            raise _RefusedError(p.Code.MODEL, _ERR_INVOKE, current.error)
        fixed = payloads.INVOKED.pack(number, current.ticks, len(current.outputs))
        return fixed + current.outputs[: p.MAX_ANSWER - payloads.INVOKED.size]

    def _run(self, oracle: Oracle, current: _Inference) -> None:
        arrays, at = [], 0
        for tensor in self._inputs:
            part = bytes(current.data[at : at + tensor.bytes])
            arrays.append(np.frombuffer(part, tensor.dtype.value).reshape(tensor.shape))
            at += tensor.bytes
        current.done = True
        self._count += 1
        start = time.perf_counter_ns()
        try:
            outputs = oracle.run(arrays)
        except ModelError as error:
            current.error = error.message
            return
        current.ticks = time.perf_counter_ns() - start
        current.outputs = b"".join(output.tobytes() for output in outputs)

    def _read(self, payload: bytes) -> bytes:
        self._model()
        _exactly(payload, payloads.READ.size)
        number, offset, size = payloads.READ.ints(payload)
        current = self._inference
        if not current.done or current.error or number != current.number:
            raise _RefusedError(p.Code.ORDER, current.number)
        most = p.MAX_ANSWER - payloads.OUTPUT.size
        if offset + size > len(current.outputs) or size > most:
            raise _RefusedError(p.Code.RANGE, len(current.outputs))
        return payloads.OUTPUT.pack(number, offset) + current.outputs[offset : offset + size]

    def _status(self, payload: bytes) -> bytes:
        _exactly(payload, 0)
        arena = self._oracle.arena_used if self._oracle else 0
        # An interpreter inside Python has no stack of its own to measure.
        return payloads.STATUS.pack(0, arena, self._count, self._damaged, 0)

    def _halt(self, payload: bytes) -> bytes:
        _exactly(payload, 0)
        self.halted = True
        return b""

    def _model(self) -> Oracle:
        if self._oracle is None:
            raise _RefusedError(p.Code.MODEL, _ERR_OP, self._reason)
        return self._oracle


def serve(listener: socket.socket, device: Device, idle_s: float | None = None) -> None:
    """Answer one peer after the other until the device is halted or idle for ``idle_s``."""
    listener.settimeout(idle_s)
    while not device.halted:
        try:
            peer, _ = listener.accept()
        except TimeoutError:
            return
        with peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer.settimeout(idle_s)
            try:
                _talk(peer, device)
            except TimeoutError:
                return
            except OSError:
                continue  # the peer has gone; the next one may come


def _talk(peer: socket.socket, device: Device) -> None:
    decoder = Decoder()
    while not device.halted and (data := peer.recv(65536)):
        for request in decoder.feed(data):
            peer.sendall(encode(device.answer(request, decoder.damaged)))


def _tensor(tensor: Tensor) -> bytes:
    dims = struct.pack(
        f"<{payloads.MAX_RANK}I", *tensor.shape, *[0] * (payloads.MAX_RANK - len(tensor.shape))
    )
    scale, zero_point = (tensor.q.scale, tensor.q.zero_point) if tensor.quant else (0.0, 0)
    kind = payloads.DTYPES.index(tensor.dtype.value)
    return payloads.TENSOR.pack(tensor.bytes, kind, len(tensor.shape), dims, scale, zero_point)


def _exactly(payload: bytes, size: int) -> None:
    if len(payload) != size:
        raise _RefusedError(p.Code.LENGTH, len(payload))


def _listener(how: str) -> socket.socket:
    if how.startswith("fd:"):
        return socket.socket(fileno=int(how.removeprefix("fd:")))
    return socket.create_server(("127.0.0.1", 0))


def main(arguments: list[str]) -> int:
    """Serve the model that ``arguments`` name until halted. Returns the exit code."""
    path = Path(arguments[0])
    device = Device(path.read_bytes(), path.stem)
    idle = os.environ.get("TE_IDLE_S")
    with _listener(os.environ.get("TE_LISTEN", "")) as listener:
        url = f"socket://127.0.0.1:{listener.getsockname()[1]}\n"
        sys.stdout.write(url)
        sys.stdout.flush()
        serve(listener, device, float(idle) if idle else None)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
