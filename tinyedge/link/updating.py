"""Updates of a device that has the feature ``update``: typed calls over a session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tinyedge.errors import LinkError
from tinyedge.link import messages, payloads
from tinyedge.link.protocol import Feature, Type
from tinyedge.link.session import Session

COMPILED = -1
"""Number of the model that is compiled in, where slots have 0 and 1."""
_BLOCK = 16


@dataclass(frozen=True)
class Manifest:
    """What a package says of itself; ``version`` is (major, minor, patch)."""

    version: tuple[int, int, int]
    downgrade: bool
    vectors: int
    content_bytes: int
    accuracy: float
    architecture: bytes
    sha512: bytes
    tflite: bytes
    board: str
    name: str

    def pack(self) -> bytes:
        """The bytes that are signed."""
        major, minor, patch = self.version
        return payloads.MANIFEST.pack(
            payloads.PACKAGE_MAGIC,
            payloads.PACKAGE_FORMAT,
            payloads.PACKAGE_DOWNGRADE * self.downgrade,
            self.vectors,
            major << 32 | minor << 16 | patch,
            self.content_bytes,
            self.accuracy,
            self.architecture,
            self.sha512,
            self.tflite,
            self.board.encode(),
            self.name.encode()[:63],
        )

    @staticmethod
    def unpack(data: bytes) -> Manifest | None:
        """``pack`` undone; None for bytes of another format."""
        fields = dict(zip(_NAMES, payloads.MANIFEST.unpack(data), strict=True))
        if (fields["magic"], fields["format"]) != (payloads.PACKAGE_MAGIC, payloads.PACKAGE_FORMAT):
            return None
        version = _int(fields["version"])
        accuracy = fields["accuracy"]
        assert isinstance(accuracy, float)
        return Manifest(
            version=(version >> 32, version >> 16 & 0xFFFF, version & 0xFFFF),
            downgrade=bool(_int(fields["flags"]) & payloads.PACKAGE_DOWNGRADE),
            vectors=_int(fields["vectors"]),
            content_bytes=_int(fields["content_bytes"]),
            accuracy=accuracy,
            architecture=_bytes(fields["architecture"]),
            sha512=_bytes(fields["sha512"]),
            tflite=_bytes(fields["tflite"]),
            board=_text(fields["board"]),
            name=_text(fields["name"]),
        )


_NAMES = tuple(name for name, _ in payloads.MANIFEST.fields)


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value


def _bytes(value: object) -> bytes:
    assert isinstance(value, bytes)
    return value


def _text(value: object) -> str:
    return messages.plain(_bytes(value).rstrip(b"\0"))


@dataclass(frozen=True)
class State:
    """Which model runs (a slot, or COMPILED), and what comes in."""

    active: int
    previous: int
    trial: bool
    crashes: int
    received: int
    slot_bytes: int
    lasts: bool


class Updating:
    """The calls. Each raises LinkError as those of the session do, with the device's reason."""

    def __init__(self, session: Session) -> None:
        """Raises LinkError if the firmware takes no updates."""
        self._session = session
        if not session.hello.features & Feature.UPDATE:
            raise LinkError(
                f"{session.name}: this firmware takes no updates",
                'build and flash it with "--feature update"',
            )

    def versions(self) -> tuple[State, tuple[Manifest | None, Manifest | None]]:
        """What runs, and what both slots hold (None: nothing whole)."""
        size = payloads.UPDATE_STATE.size
        each = payloads.MANIFEST.size
        payload = self._session.call(Type.VERSIONS, size + 2 * each)
        first, second = payload[size : size + each], payload[size + each :]
        return _state(payload), (Manifest.unpack(first), Manifest.unpack(second))

    def send(
        self,
        manifest: bytes,
        signature: bytes,
        content: bytes,
        hear: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> State:
        """Stream a package into the free slot, from where it stopped; then run it on trial."""
        state = self._call(Type.UPDATE_BEGIN, manifest + signature)
        most = (self._session.hello.max_payload - payloads.UPDATE_DATA.size) // _BLOCK * _BLOCK
        while state.received < len(content):
            at = state.received
            hear(at, len(content))
            request = payloads.UPDATE_DATA.pack(at) + content[at : at + most]
            state = self._call(Type.UPDATE_DATA, request)
            if state.received <= at:
                raise LinkError(
                    f"{self._session.name}: the update makes no progress after {at:,} bytes",
                    "restart the device and update again; what has come is kept",
                )
        hear(len(content), len(content))
        return self._call(Type.UPDATE_APPLY, b"")

    def decide(self, keep: bool) -> State:
        """Keep the model on trial, or run the one before it."""
        running = self.versions()[0].active
        return self._call(Type.UPDATE_DECIDE, payloads.UPDATE_DECIDE.pack(keep, running))

    def _call(self, kind: Type, payload: bytes) -> State:
        return _state(self._session.call(kind, payloads.UPDATE_STATE.size, payload))


def _state(payload: bytes) -> State:
    active, previous, trial, crashes, received, room, lasts = payloads.UPDATE_STATE.ints(payload)
    return State(active, previous, bool(trial), crashes, received, room, bool(lasts))
