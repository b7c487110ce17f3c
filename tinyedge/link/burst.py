"""Requests that are sent at once: as many as the device's receive buffer holds."""

from __future__ import annotations

from tinyedge.link import payloads
from tinyedge.link.framing import Frame, encode
from tinyedge.link.messages import Hello
from tinyedge.link.protocol import Type

Request = tuple[Type, bytes]
"""A frame's type and payload."""

_LAYOUTS = {Type.WRITE: payloads.WRITE, Type.PIXELS: payloads.PIXELS, Type.SHOW: payloads.SHOW}


def encoded_bytes(hello: Hello, kind: int, payload: bytes) -> int:
    """What a request takes of the device's receive buffer."""
    if hello.seal_bytes:  # encrypted bytes may be any: the most that they take
        payload = b"\xff" * (len(payload) + hello.seal_bytes)
    return len(encode(Frame(kind, 0xFFFF, payload)))


def burst(
    hello: Hello, kind: Type, inference: int, data: bytes, at: int
) -> tuple[list[Request], int]:
    """Requests of ``kind`` with the bytes of ``data`` from ``at`` on, and where they end.

    There is room left for an INVOKE behind them.
    """
    layout = _LAYOUTS[kind]
    room = hello.window - encoded_bytes(hello, Type.INVOKE, bytes(payloads.INVOKE.size))
    most = hello.max_payload - layout.size
    requests: list[Request] = []
    while at < len(data):
        chunk = data[at : at + most]
        payload = layout.pack(inference, at) + chunk
        room -= encoded_bytes(hello, kind, payload)
        if requests and room < 0:
            break
        requests.append((kind, payload))
        at += len(chunk)
    return requests, at
