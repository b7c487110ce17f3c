"""A conversation with one device: typed calls over a transport, each with a deadline.

Every request may be repeated without harm (see protocol), so a call sends its request again
whenever an answer is late, until its deadline; damage in either direction costs time, never a
wrong or a second inference.
"""

from __future__ import annotations

import contextlib
import io
import os
import zlib
from collections.abc import Callable, Sequence
from time import monotonic

from tinyedge.errors import LinkError
from tinyedge.link import auth, complaints, messages, packing, payloads, protocol
from tinyedge.link.arrivals import Arrivals
from tinyedge.link.auth import KeyOf, Seal
from tinyedge.link.burst import Request, burst
from tinyedge.link.deadlines import Deadlines
from tinyedge.link.framing import Frame, encode
from tinyedge.link.layout import Layout
from tinyedge.link.messages import DeviceError, Hello, Inference, Status
from tinyedge.link.parts import STREAMED, Parts
from tinyedge.link.protocol import Code, Type
from tinyedge.link.traffic import Traffic
from tinyedge.link.transport import DeviceGoneError, SerialTransport, Transport

_ATTEMPTS = 3  # of an input that is damaged, and of layers that do not come whole


class Session:
    """A device that has been greeted and is the one expected. Use as a context manager.

    ``url``: socket://HOST:PORT, a serial port or a pseudo terminal; or an open Transport.
    ``on_log`` gets each text that the device sends; ``parts`` what it streams unasked (outputs of
    layers, frames of a sensor). ``packed``: whether inputs, raw frames and these go packed, as they
    do where HELLO names codecs. ``keys``: of devices with the feature "auth", one of
    which it must be; ``random`` then says whether its nonces never come again. Every call raises
    LinkError if the device has gone, is silent until the deadline, or restarts, and if it refuses
    or fails.
    """

    def __init__(
        self,
        url: str | Transport,
        baud: int = 115200,
        expect_sha256: str | None = None,
        on_log: Callable[[str], None] | None = None,
        deadlines: Deadlines | None = None,
        *,
        keys: KeyOf | None = None,
    ) -> None:
        self.deadlines = deadlines or Deadlines()
        self._on_log = on_log or (lambda _: None)
        self._baud = baud
        self._transport = SerialTransport(url, baud) if isinstance(url, str) else url
        self._traffic = Traffic()
        self._arrivals = Arrivals(self._transport, self._traffic)
        self._unasked = 0  # frames that answer nothing that was asked
        # Begin anywhere, so that an answer to an earlier session is not taken for one to this.
        self._sequence = int.from_bytes(os.urandom(2), "little")
        self._inference = 0
        self._greeting = True
        self.parts = Parts()
        self.random = False
        self._told = False  # what the device has been told of ``packed``
        self._seal: Seal | None = None
        try:
            self.hello: Hello = self._greet()
            self._authenticate(keys)
            self._check(self.hello, expect_sha256)
            self.packed = bool(self.hello.codecs)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the port back; the device goes on."""
        self._transport.close()

    @property
    def inference(self) -> int:
        """Number of the last inference."""
        return self._inference

    @property
    def name(self) -> str:
        """Where the device is, for messages."""
        return self._transport.name

    @property
    def damaged(self) -> int:
        """Damaged frames that the host has dropped."""
        return self._arrivals.damaged

    @property
    def traffic(self) -> Traffic:
        """Counters since the session began."""
        self._traffic.damaged = self._arrivals.damaged
        return self._traffic.copy()

    def infer(self, inputs: Sequence[bytes]) -> Inference:
        """Run one inference. ``inputs``: the raw bytes of each input tensor, in order."""
        return self.outputs(self._run(inputs, Type.INVOKE))

    def classify(self, inputs: Sequence[bytes]) -> tuple[int, int]:
        """The same, of firmware with the feature "compress": class and quantized score alone."""
        answer = self._run(inputs, Type.CLASSIFY)
        if len(answer) != payloads.CLASSIFIED.size:
            raise self.nonsense("CLASSIFY")
        best, score = payloads.CLASSIFIED.ints(answer)
        return best, score

    def begin(self) -> int:
        """Count one inference further; returns its number."""
        self._inference = self._inference % 0xFFFF_FFFF + 1
        return self._inference

    def outputs(self, payload: bytes) -> Inference:
        """What INVOKED says, and the rest of the outputs that it has no room for."""
        _, ticks, total = payloads.INVOKED.ints(self._of_this_inference(payload, payloads.INVOKED))
        if total != self.hello.output_bytes:
            raise self.nonsense("INVOKE")
        outputs = payload[payloads.INVOKED.size :]
        while len(outputs) < total:
            outputs += self._read_output(len(outputs), total)
        return Inference(self._split(outputs), ticks)

    def profile(self) -> tuple[int, ...]:
        """Ticks of each layer of the last inference, in the order in which they ran.

        Raises LinkError if the firmware does not observe its layers.
        """
        ticks: list[int] = []
        layers = 1
        while len(ticks) < layers:
            payload = self._profile(len(ticks))
            _, layers, first = payloads.PROFILED.ints(payload)
            found = messages.ticks(payload[payloads.PROFILED.size :])
            if first != len(ticks) or len(ticks) + len(found) > layers or (layers and not found):
                raise self.nonsense("PROFILE")
            ticks += found
        return tuple(ticks)

    def watch(
        self, inputs: Sequence[bytes], sizes: Sequence[int]
    ) -> tuple[Inference, tuple[bytes, ...]]:
        """Run one inference, and return what each layer has written.

        ``sizes``: bytes of each layer's output. The device sends them one by one while it runs, so
        that it need not keep them. Raises LinkError if the firmware does not observe its layers,
        or if some of the bytes never arrive whole.
        """
        self.stream()
        self._observed(Type.WATCH, payloads.WATCH.pack(1))
        try:
            for _ in range(_ATTEMPTS):
                self.parts.clear()
                answer = self.infer(inputs)
                outputs = messages.assembled(self.parts, sizes)
                if outputs is not None:
                    return answer, outputs
        finally:
            self._observed(Type.WATCH, payloads.WATCH.pack(0))
        raise LinkError(
            f"{self.name}: the layers' outputs did not arrive whole in {_ATTEMPTS} attempts",
            "check the wiring, or lower link.baud",
        )

    def stream(self) -> None:
        """Tell a device that has the choice whether what it streams shall go packed."""
        if packing.streams(self.hello) and self._told != self.packed:
            self.call(Type.PACK, 0, payloads.PACK.pack(self.packed))
            self._told = self.packed

    def status(self) -> Status:
        """Memory use and counters."""
        return messages.status(self.call(Type.STATUS, payloads.STATUS.size))

    def halt(self) -> None:
        """Stop the device: an emulated one or the host's ends. The session is over."""
        # A device that ends may take the port with it before its answer has been read.
        with contextlib.suppress(DeviceGoneError):
            self.call(Type.HALT, 0)
        self.close()

    def _greet(self) -> Hello:
        self._transport.write(b"\0")
        try:
            frame = self.exchange([(Type.HELLO, b"")], self.deadlines.connect_s)
        except DeviceError as error:
            raise self.refused(error) from error
        self._greeting = False
        return messages.hello(frame.payload, frame.version)

    def _authenticate(self, keys: KeyOf | None) -> None:
        """Sealed from here on, if there are keys; nobody vouches for what was said so far."""
        self._seal = self._arrivals.seal = auth.begin(self, keys)
        if self._seal is not None:
            self.random = auth.prove(self)
            self.hello = auth.within(self._greet())

    def _check(self, hello: Hello, sha256: str | None) -> None:
        if hello.init_status != 0:
            raise LinkError(
                f"{self.name}: the model did not start on the device: "
                f"{hello.init_error or 'no reason given'} (status {hello.init_status})",
                "build and flash the firmware again",
            )
        if sha256 is not None and hello.sha256 != sha256:
            raise complaints.other_model(self.name, hello, sha256)

    def _run(self, inputs: Sequence[bytes], kind: Type) -> bytes:
        """Write the inputs, run them with a request of ``kind``; returns its answer's payload."""
        sizes = [len(part) for part in inputs]
        wanted = [tensor.bytes for tensor in self.hello.inputs]
        if sizes != wanted:
            raise LinkError(
                f"{self.name}: inputs have {sizes} bytes; {self.hello.model} takes {wanted}",
                "give every input whole, in the model's order",
            )
        self.begin()
        data = b"".join(inputs)
        request = payloads.INVOKE.pack(self._inference, len(data), zlib.crc32(data))
        until = monotonic() + self.deadlines.invoke_s
        some_of = packing.burst if self.packed else burst
        received, refused = 0, 0
        while True:
            some, end = some_of(self.hello, Type.WRITE, self._inference, data, received)
            if end == len(data):
                some.append((kind, request))
            try:
                frame = self.exchange(some, until - monotonic())
            except DeviceError as error:
                refused += error.code != Code.INCOMPLETE
                received = self._resume(error, refused)
            else:
                if frame.type == kind | protocol.ANSWER:
                    return frame.payload
                payload = self._of_this_inference(frame.payload, payloads.WRITTEN)
                received = payloads.WRITTEN.ints(payload)[1]
            if received > len(data):
                raise self.nonsense("WRITE")

    def _resume(self, error: DeviceError, refused: int) -> int:
        """Where to go on writing after a refused INVOKE. Raises LinkError if that won't help."""
        if error.code == Code.INCOMPLETE:
            return error.detail
        if error.code == Code.INPUT_CRC and refused < _ATTEMPTS:
            return 0
        raise self.refused(error) from error

    def _profile(self, first: int) -> bytes:
        frame = self._observed(Type.PROFILE, payloads.PROFILE.pack(self._inference, first))
        return self._of_this_inference(frame.payload, payloads.PROFILED)

    def _observed(self, kind: Type, request: bytes) -> Frame:
        """A request that only firmware knows that observes its layers."""
        try:
            return self.exchange([(kind, request)], self.deadlines.answer_s)
        except DeviceError as error:
            if error.code == Code.TYPE:
                raise LinkError(
                    f"{self.name}: this firmware does not observe its layers",
                    "leave out --port, so that firmware that does is flashed",
                ) from error
            raise self.refused(error) from error

    def _read_output(self, at: int, total: int) -> bytes:
        size = min(total - at, protocol.MAX_ANSWER - payloads.OUTPUT.size)
        request = payloads.READ.pack(self._inference, at, size)
        payload = self.call(Type.READ, payloads.OUTPUT.size + size, request)
        if payloads.OUTPUT.ints(payload) != (self._inference, at):
            raise self.nonsense("READ")
        return payload[payloads.OUTPUT.size :]

    def _split(self, outputs: bytes) -> tuple[bytes, ...]:
        if len(outputs) != self.hello.output_bytes:
            raise self.nonsense("INVOKE")
        stream = io.BytesIO(outputs)
        return tuple(stream.read(tensor.bytes) for tensor in self.hello.outputs)

    def _of_this_inference(self, payload: bytes, layout: Layout) -> bytes:
        if len(payload) < layout.size or layout.ints(payload)[0] != self._inference:
            raise self.nonsense(layout.name)
        return payload

    def call(self, kind: Type, answer_bytes: int, payload: bytes = b"") -> bytes:
        """One request whose answer has exactly ``answer_bytes``."""
        try:
            answer = self.ask(kind, payload)
        except DeviceError as error:
            raise self.refused(error) from error
        if len(answer) != answer_bytes:
            raise self.nonsense(kind.name)
        return answer

    def ask(self, kind: Type, payload: bytes = b"") -> bytes:
        """One request and its answer. Raises DeviceError if that is an ERROR."""
        return self.exchange([(kind, payload)], self.deadlines.answer_s).payload

    def exchange(self, requests: list[Request], limit_s: float) -> Frame:
        """Send requests at once; return the answer to the last. Late: send the last again.

        Repeating the last is enough: its answer says what of the others is missing. Raises
        DeviceError if the answer is an ERROR.
        """
        if limit_s <= 0:
            raise complaints.stuck(self.name, requests[-1][0])
        started = monotonic()
        until = started + limit_s
        frames = [self._numbered(kind, payload) for kind, payload in requests]
        wait = self.deadlines.repeat_s + 20 * self._send(*frames) / self._baud
        while True:
            frame = self._answer(requests[-1][0], min(until, monotonic() + wait))
            if frame is not None:
                self._traffic.round_trips.append(monotonic() - started)
                return frame
            if monotonic() >= until:
                kind = requests[-1][0]
                raise complaints.silent(self.name, kind, limit_s, self._arrivals, self._unasked)
            self._send(frames[-1])
            self._traffic.repeats += 1
            wait = max(wait, min(2 * wait, self.deadlines.repeat_most_s))

    def _send(self, *frames: Frame) -> int:
        """Returns the bytes on the wire. A frame that is sent again is sealed again."""
        data = b"".join(encode(self._seal.seal(f) if self._seal else f) for f in frames)
        self._transport.write(data)
        self._traffic.sent(len(frames), len(data))
        return len(data)

    def _numbered(self, kind: Type, payload: bytes) -> Frame:
        self._sequence = (self._sequence + 1) & 0xFFFF
        return Frame(kind, self._sequence, payload)

    def _answer(self, kind: Type, until: float) -> Frame | None:
        """The answer to the newest request, or None if it has not come by ``until``."""
        for frame in self._arrivals.until(until):
            if frame.version != protocol.PROTOCOL_VERSION:
                raise complaints.other_version(self.name, frame.version)
            if frame.type == Type.READY and self._greeting:
                return None  # it has just started, and has not heard what was sent before
            if frame.type == Type.READY:
                raise LinkError(f"{self.name}: the device has restarted", "check its power supply")
            if frame.type == Type.LOG:
                self._on_log(messages.plain(frame.payload, lines=True))
            elif frame.type in STREAMED:
                self._keep(frame)
            elif frame.type == Type.ERROR:
                self._raise_error(frame)
            elif (frame.type, frame.sequence) == (kind | protocol.ANSWER, self._sequence):
                return frame
            else:
                self._unasked += 1
        return None

    def _keep(self, frame: Frame) -> None:
        try:
            self.parts.take(frame)
        except ValueError as damaged:
            raise self.nonsense(Type(frame.type).name) from damaged

    def _raise_error(self, frame: Frame) -> None:
        """Raise what an ERROR says, if it is about the newest request or a fault."""
        try:
            error = messages.error(frame.payload)
        except ValueError as damaged:
            raise self.nonsense("ERROR") from damaged
        if error.code == Code.FAULT:
            raise complaints.crashed(self.name, error)
        if error.code == Code.VERSION:
            raise complaints.other_version(self.name, error.detail)
        if frame.sequence == self._sequence:
            raise error

    def refused(self, error: DeviceError) -> LinkError:
        """Return what to raise for an ERROR that ends a call."""
        return complaints.refused(self.name, error)

    def nonsense(self, what: str) -> LinkError:
        """Return what to raise for an answer that does not fit ``what`` was asked."""
        return complaints.nonsense(self.name, what)
